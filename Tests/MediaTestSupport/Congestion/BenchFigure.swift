/// A figure that is asked of the runs of a case, and the bar it has to clear.
package struct BenchFigure<Run>: Sendable {
    package typealias Bar = BenchBar
    package typealias Unit = BenchUnit

    package let name: String
    package let unit: Unit
    package let bar: Bar
    package let value: @Sendable (Run) -> Double

    package init(
        _ name: String, _ unit: Unit, _ bar: Bar, _ value: @escaping @Sendable (Run) -> Double
    ) {
        self.name = name
        self.unit = unit
        self.bar = bar
        self.value = value
    }

    /// The figure of several runs: the worst of them; without a bar the mean.
    package func figure(of runs: [Run]) -> Double {
        let values = runs.map(value)
        switch bar {
        case .atLeast: return values.min() ?? 0
        case .atMost: return values.max() ?? .infinity
        case .within(let range):
            let middle = (range.lowerBound + range.upperBound) / 2
            return values.max { abs($0 - middle) < abs($1 - middle) } ?? 0
        case .none: return values.reduce(0, +) / Double(max(values.count, 1))
        }
    }

    /// Whether a figure clears the bar.
    package func isMet(by figure: Double) -> Bool {
        switch bar {
        case .atLeast(let least): figure >= least
        case .atMost(let most): figure <= most
        case .within(let range): range.contains(figure)
        case .none: true
        }
    }

    package var isReported: Bool {
        if case .none = bar { return true }
        return false
    }

    package var barText: String {
        switch bar {
        case .atLeast(let least): ">= \(text(least))"
        case .atMost(let most): "<= \(text(most))"
        case .within(let range): "\(text(range.lowerBound)) to \(text(range.upperBound))"
        case .none: "(report)"
        }
    }

    package func text(_ figure: Double) -> String {
        guard figure.isFinite else { return "never" }
        switch unit {
        case .percent: return Self.decimal(figure * 100, 1) + " %"
        case .milliseconds: return Self.decimal(figure * 1000, 0) + " ms"
        case .seconds: return Self.decimal(figure, 1) + " s"
        case .kilobits: return Self.decimal(figure / 1000, 0) + " kbit/s"
        case .ratio: return Self.decimal(figure, 2)
        case .count: return Self.decimal(figure, 0)
        }
    }

    /// A number with so many decimals.
    static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int64(scale))
        guard places > 0 else { return "\(sign)\(whole)" }
        let digits = "\(rest)"
        return "\(sign)\(whole)." + String(repeating: "0", count: places - digits.count) + digits
    }
}
