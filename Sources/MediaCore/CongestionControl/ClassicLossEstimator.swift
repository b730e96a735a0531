/// The rate that receiver reports allow, for receivers without transport-wide feedback.
///
/// Source: draft-ietf-rmcat-gcc-02, section 6; libwebrtc's send_side_bandwidth_estimation.
struct ClassicLossEstimator: Sendable {
    /// Below the first share of packets lost the rate rises, above the second it falls.
    static let lowLoss = 0.02
    static let highLoss = 0.1
    /// It rises to this share of the least of the last second, and so many bit/s.
    static let increase = 1.08
    static let increaseStep = 1_000.0
    static let history = MediaDuration.seconds(1)
    /// Beside a round trip, the time between two decreases.
    static let decreaseInterval = MediaDuration.milliseconds(300)
    /// A decision needs so many packets.
    static let fewestPackets: Int64 = 20

    /// In bit/s.
    private(set) var bitrate: Double
    private let bounds: ClosedRange<Double>
    private var lost: Int64 = 0
    private var expected: Int64 = 0
    private var loss = 0.0
    private var lastDecrease: MediaInstant?
    private var lastIncrease: MediaInstant?

    /// Creates one that begins with a rate within bounds, in bit/s.
    init(start: Double, bounds: ClosedRange<Double>) {
        self.bounds = bounds
        bitrate = start
    }

    /// Takes the receiver's own estimate, while that is to be trusted.
    mutating func trust(_ bitrate: Double) { self.bitrate = clamp(max(self.bitrate, bitrate)) }

    /// Whether no loss was seen so far.
    var isLossless: Bool { loss == 0 && lost == 0 }

    /// Judges a report.
    ///
    /// - Parameter mayRise: Whether enough is sent for a report without loss to mean anything.
    mutating func receive(
        lost newlyLost: Int64, of newlyExpected: Int64, roundTrip: MediaDuration, mayRise: Bool,
        at instant: MediaInstant
    ) {
        lost = min(max(lost + min(max(newlyLost, -1_000_000), 1_000_000), 0), 1_000_000)
        expected = min(expected + min(max(newlyExpected, 0), 1_000_000), 1_000_000)
        guard expected >= Self.fewestPackets else { return }
        loss = min(Double(lost) / Double(expected), 1)
        (lost, expected) = (0, 0)
        if loss <= Self.lowLoss {
            guard mayRise, lastIncrease.map({ instant - $0 >= Self.history }) ?? true else { return }
            lastIncrease = instant
            bitrate = clamp(bitrate * Self.increase + Self.increaseStep)
        } else if loss > Self.highLoss {
            let wait = Self.decreaseInterval + max(roundTrip, .zero)
            guard lastDecrease.map({ instant - $0 >= wait }) ?? true else { return }
            (lastDecrease, lastIncrease) = (instant, instant)
            bitrate = clamp(bitrate * (1 - loss / 2))
        }
    }

    private func clamp(_ bitrate: Double) -> Double {
        bitrate.isFinite ? min(max(bitrate, bounds.lowerBound), bounds.upperBound) : self.bitrate
    }
}
