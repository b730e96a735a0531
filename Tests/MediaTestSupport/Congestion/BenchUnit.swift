/// How a figure is written.
package enum BenchUnit: Sendable {
    case percent, milliseconds, seconds, kilobits, ratio, count
}
