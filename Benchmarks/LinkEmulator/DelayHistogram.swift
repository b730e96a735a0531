/// How often each delay came, in steps of 0.1 ms.
struct DelayHistogram {
    /// A delay of more than a minute counts as one of a minute.
    private static let limit = 600_000

    private var counts: [UInt32] = []
    private var total = 0

    mutating func add(nanoseconds: UInt64) {
        let bin = Int(min(nanoseconds / 100_000, UInt64(Self.limit)))
        if bin >= counts.count { counts += repeatElement(0, count: bin + 1 - counts.count) }
        counts[bin] &+= 1
        total += 1
    }

    mutating func removeAll() {
        counts.removeAll(keepingCapacity: true)
        total = 0
    }

    /// Nil when there was none.
    var summary: LinkReport.QueueDelay? {
        guard total > 0 else { return nil }
        return LinkReport.QueueDelay(p50: quantile(0.5), p95: quantile(0.95), max: Double(counts.count - 1) / 10)
    }

    /// In milliseconds.
    private func quantile(_ share: Double) -> Double {
        var left = Int((Double(total) * share).rounded(.up))
        for (bin, count) in counts.enumerated() {
            left -= Int(count)
            if left <= 0 { return Double(bin) / 10 }
        }
        return 0
    }
}
