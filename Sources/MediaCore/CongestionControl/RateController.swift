/// Raises the rate while the link's queue does not grow, and lowers it when it does.
///
/// Source: draft-ietf-rmcat-gcc-02, section 5.5; the figures are those of libwebrtc's aimd_rate_control.
struct RateController: Sendable {
    /// What remains of the throughput when the queue grows, less some bit/s for it to drain.
    static let decrease = 0.85
    static let drain = 5_000.0
    /// How much it rises in a second while nothing is known of the link.
    static let multiplicativeIncrease = 0.08
    static let leastMultiplicativeStep = 1_000.0
    /// What a link's queue takes to be seen, beside the round trip, when the rate rises by a packet at a time.
    static let responseTime = 0.1
    static let leastAdditiveIncrease = 4_000.0
    /// Never further above throughput.
    static let mostOverThroughput = 1.5
    static let slackOverThroughput = 10_000.0

    private enum State { case hold, increase, decrease }

    /// In bit/s.
    private(set) var bitrate: Double
    /// What the link was seen to carry.
    private(set) var capacity = LinkCapacity()
    /// When it was lowered last.
    private(set) var lastDecrease: MediaInstant?
    private var state = State.hold
    private var lastChange: MediaInstant?
    private let bounds: ClosedRange<Double>

    /// Creates one that begins with a rate within bounds, in bit/s.
    init(start: Double, bounds: ClosedRange<Double>) {
        self.bounds = bounds
        bitrate = min(max(start, bounds.lowerBound), bounds.upperBound)
    }

    /// Takes what a probe found.
    mutating func set(_ bitrate: Double, at instant: MediaInstant) {
        self.bitrate = clamp(bitrate)
        lastChange = instant
    }

    /// Whether it may be lowered again.
    func mayDecrease(throughput: Double?, roundTrip: MediaDuration, at instant: MediaInstant) -> Bool {
        guard let lastDecrease else { return true }
        let wait = roundTrip.clamped(to: .milliseconds(10)...(.milliseconds(200)))
        guard instant - lastDecrease < wait else { return true }
        return throughput.map { $0 < bitrate / 2 } ?? false
    }

    /// Goes on after feedback.
    mutating func update(_ usage: LinkUsage, throughput: Double?, roundTrip: MediaDuration, at instant: MediaInstant) {
        switch usage {
        case .over:
            if mayDecrease(throughput: throughput, roundTrip: roundTrip, at: instant) {
                lower(throughput: throughput, at: instant)
            }
            return
        case .under: state = .hold
        case .normal:
            if state != .increase {
                lastChange = instant
                state = .increase
            }
        }
        if state == .increase { raise(throughput: throughput, roundTrip: roundTrip, at: instant) }
    }

    private mutating func raise(throughput: Double?, roundTrip: MediaDuration, at instant: MediaInstant) {
        if let throughput, throughput > capacity.upperBound { capacity.reset() }
        let limit = throughput.map { $0 * Self.mostOverThroughput + Self.slackOverThroughput } ?? bounds.upperBound
        let elapsed = min(max((instant - (lastChange ?? instant)).inSeconds, 0), 1)
        lastChange = instant
        guard bitrate < limit else { return }
        let step =
            capacity.bitrate == nil
            ? max(bitrate * Self.multiplicativeIncrease * elapsed, Self.leastMultiplicativeStep)
            : additiveIncrease(roundTrip) * elapsed
        bitrate = clamp(min(bitrate + step, limit))
    }

    /// In bit/s in each second: a packet in each time that the link takes to respond.
    private func additiveIncrease(_ roundTrip: MediaDuration) -> Double {
        let frame = bitrate / 8 / 30
        let packets = max((frame / 1_200).rounded(.up), 1)
        let response = 2 * (max(roundTrip.inSeconds, 0) + Self.responseTime)
        return max(frame / packets * 8 / response, Self.leastAdditiveIncrease)
    }

    private mutating func lower(throughput: Double?, at instant: MediaInstant) {
        var lowered = bitrate / 2
        if let throughput {
            lowered = throughput * Self.decrease
            if lowered > Self.drain { lowered -= Self.drain }
            if lowered > bitrate, let capacity = capacity.bitrate { lowered = capacity * Self.decrease }
            if throughput < capacity.lowerBound { capacity.reset() }
            capacity.noteOveruse(throughput)
        }
        bitrate = clamp(min(lowered, bitrate))
        (lastChange, lastDecrease) = (instant, instant)
        state = .decrease
    }

    private func clamp(_ bitrate: Double) -> Double {
        bitrate.isFinite ? min(max(bitrate, bounds.lowerBound), bounds.upperBound) : self.bitrate
    }
}
