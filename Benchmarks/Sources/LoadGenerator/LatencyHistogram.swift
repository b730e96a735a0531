/// Counts of one-way latencies in steps of 10 µs up to ten seconds.
struct LatencyHistogram {
    private static let step: Int64 = 10_000
    private var counts = [UInt32](repeating: 0, count: 1_000_001)
    private(set) var count = 0
    private(set) var maximum: Int64 = 0

    mutating func record(_ nanoseconds: Int64) {
        let index = max(0, min(nanoseconds / Self.step, Int64(counts.count - 1)))
        counts[Int(index)] += 1
        count += 1
        if nanoseconds > maximum { maximum = nanoseconds }
    }

    /// The latency in milliseconds that `share` of all stay at or below; 0 without any.
    func milliseconds(at share: Double) -> Double {
        var rest = Int((Double(count) * share).rounded(.up))
        guard rest > 0 else { return 0 }
        for (index, number) in counts.enumerated() {
            rest -= Int(number)
            if rest <= 0 { return Double((Int64(index) + 1) * Self.step) / 1e6 }
        }
        return Double(maximum) / 1e6
    }
}
