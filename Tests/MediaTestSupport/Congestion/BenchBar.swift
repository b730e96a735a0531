/// What a figure has to be.
package enum BenchBar: Sendable {
    case atLeast(Double)
    case atMost(Double)
    case within(ClosedRange<Double>)
    /// It is only reported.
    case none
}
