/// What the link carried when its queue grew, with its spread.
///
/// Source: libwebrtc's link_capacity_estimator.
struct LinkCapacity: Sendable {
    /// How much a sample counts.
    static let weight = 0.05
    /// The bounds of the variance, over the estimate, in kbit/s.
    static let variances = 0.4...2.5
    /// So many standard deviations are within the bounds.
    static let deviations = 3.0

    /// In bit/s; nil while nothing is known.
    var bitrate: Double? { kilobits.map { $0 * 1000 } }
    /// Throughput above this, in bit/s, is that of another link.
    var upperBound: Double { kilobits.map { ($0 + spread($0)) * 1000 } ?? .infinity }
    /// And below this.
    var lowerBound: Double { kilobits.map { max(0, $0 - spread($0)) * 1000 } ?? 0 }

    private var kilobits: Double?
    private var variance = Self.variances.lowerBound

    /// Notes the throughput, in bit/s, at which the queue grew.
    mutating func noteOveruse(_ bitrate: Double) {
        let sample = bitrate / 1000
        let estimate = kilobits.map { $0 + Self.weight * (sample - $0) } ?? sample
        let error = estimate - sample
        variance += Self.weight * (error * error / max(estimate, 1) - variance)
        variance = min(max(variance, Self.variances.lowerBound), Self.variances.upperBound)
        kilobits = estimate
    }

    /// Forgets.
    mutating func reset() { kilobits = nil }

    private func spread(_ kilobits: Double) -> Double { Self.deviations * root(of: variance * kilobits) }
}
