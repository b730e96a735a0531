/// Raises the rate while the link's queue does not grow, and lowers it when it does.
///
/// Source: draft-ietf-rmcat-gcc-02, section 5.5, and libwebrtc's aimd_rate_control; the article tells what differs.
struct RateController: Sendable {
    /// What remains of the throughput when the queue grows: as much as lets the queue drain in so many milliseconds,
    /// within bounds.
    static let drainTime = 400.0
    static let decreases = 0.88...0.95
    /// No more than this remains when packets are lost because the queue is full.
    static let overflowDecrease = 0.9
    /// Throughput of a short while is noisy: it counts as no less than this share of the rate ...
    static let noise = 0.97
    /// ... unless the queue is long and it is below this one: then the flow sends more than arrives.
    static let ownShare = 0.7
    /// How long it takes, beside a round trip, until a decrease shows: the encoder's time and the feedback's.
    static let response = MediaDuration.milliseconds(150)
    static let decreaseIntervals = MediaDuration.milliseconds(150)...MediaDuration.milliseconds(800)
    /// A queue is drained when shorter than this, in milliseconds, or than so many packets take.
    static let drained = 20.0
    static let drainedPackets = 1.5
    /// Longer than this, in milliseconds, no packet is thought to take: a low rate is not that of the link.
    static let longestPacketTime = 35.0
    /// So many decreases are given to a queue that does not drain, and one more in so many seconds; one in each of so
    /// many while it is drained.
    static let decreaseBudget = 4.0
    static let budgetRefill = 3.0
    static let drainedRefill = 1.0
    /// It is taken for other flows' as well when it stands for so many seconds.
    static let longestStanding = 3.0
    /// By which share it rises in a second while nothing is known of the link, and by how much at least at a time.
    static let multiplicativeIncrease = 0.08
    static let leastMultiplicativeStep = 1_000.0
    /// Near what the link was seen to carry it rises by a packet in each so many seconds, or by this share a second,
    /// and by no more than that one.
    static let packetInterval = 0.3
    static let competingInterval = 0.45
    static let mostCompetingShare = 0.12
    static let leastAdditiveShare = 0.01
    static let mostAdditiveShare = 0.08
    /// Never further above throughput.
    static let mostOverThroughput = 1.5
    static let slackOverThroughput = 10_000.0
    /// Of full packets on the wire, in bits.
    private static let packetBits = 9_600.0

    /// In bit/s.
    private(set) var bitrate: Double
    /// What the link was seen to carry.
    private(set) var capacity = LinkCapacity()
    /// Whether the queue is about as short as it gets.
    private(set) var isDrained = true
    /// Whether the queue is taken for that of other flows: lowering the rate did not drain it.
    var isCompeting: Bool { !isDrained && (budget < 1 || standing > Self.longestStanding) }
    /// How long a packet takes at this rate, in milliseconds.
    var packetTime: Double { min(Self.packetBits * 1000 / bitrate, Self.longestPacketTime) }

    /// How many decreases are left.
    private var budget = Self.decreaseBudget
    /// Seconds that the queue has neither been drained nor become shorter.
    private var standing = 0.0
    private var isRising = false
    private var lastUpdate: MediaInstant?
    private var lastChange: MediaInstant?
    private var lastDecrease: MediaInstant?
    private let bounds: ClosedRange<Double>

    /// What feedback says.
    struct Circumstances {
        var usage: LinkUsage
        /// In milliseconds.
        var queueDelay: Double
        /// Whether it is longer than any trend would excuse.
        var isLong: Bool
        /// Whether packets are lost because it is full.
        var isOverflowing: Bool
        /// In bit/s; nil while unknown.
        var throughput: Double?
        /// Whether little was sent of late.
        var isQuiet: Bool
        var roundTrip: MediaDuration
    }

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

    /// Goes on after feedback.
    mutating func update(_ circumstances: Circumstances, at instant: MediaInstant) {
        noteQueue(circumstances, at: instant)
        switch circumstances.usage {
        case .over:
            if mayDecrease(circumstances, at: instant) {
                lower(circumstances, at: instant)
                return
            }
            if !isCompeting { return }
        case .under:
            isRising = false
            return
        case .normal: break
        }
        guard isDrained || isCompeting || capacity.bitrate == nil else {
            isRising = false
            return
        }
        if !isRising { lastChange = instant }
        isRising = true
        raise(throughput: circumstances.throughput, at: instant)
    }

    private mutating func noteQueue(_ circumstances: Circumstances, at instant: MediaInstant) {
        let elapsed = min(max((instant - (lastUpdate ?? instant)).inSeconds, 0), 10)
        lastUpdate = instant
        isDrained = circumstances.queueDelay < max(Self.drained, Self.drainedPackets * packetTime)
        if isDrained { standing = 0 } else if circumstances.usage != .under { standing += elapsed }
        let refill = isDrained ? Self.drainedRefill : Self.budgetRefill
        budget = min(budget + elapsed / refill, Self.decreaseBudget)
    }

    private func mayDecrease(_ circumstances: Circumstances, at instant: MediaInstant) -> Bool {
        guard let lastDecrease else { return circumstances.throughput != nil }
        let throughput = circumstances.throughput ?? 0
        guard budget >= 1 || throughput < bitrate * Self.ownShare else { return false }
        let interval = (circumstances.roundTrip + Self.response).clamped(to: Self.decreaseIntervals)
        return instant - lastDecrease >= interval || circumstances.throughput != nil && throughput < bitrate / 2
    }

    private func isOwn(_ circumstances: Circumstances, _ throughput: Double) -> Bool {
        circumstances.isLong && throughput < bitrate * Self.ownShare && !circumstances.isQuiet
    }

    private mutating func lower(_ circumstances: Circumstances, at instant: MediaInstant) {
        var lowered = bitrate / 2
        if let throughput = circumstances.throughput {
            let share = min(
                max(1 - circumstances.queueDelay / Self.drainTime, Self.decreases.lowerBound),
                circumstances.isOverflowing ? Self.overflowDecrease : Self.decreases.upperBound)
            let isOwn = isOwn(circumstances, throughput)
            if !isOwn { budget = max(budget - 1, 0) }
            lowered = (isOwn ? throughput : max(throughput, bitrate * Self.noise)) * share
            if isOwn || throughput > bitrate * Self.ownShare {
                if throughput < capacity.lowerBound { capacity.reset() }
                capacity.noteOveruse(throughput)
            }
        }
        bitrate = clamp(min(lowered, bitrate))
        (lastChange, lastDecrease) = (instant, instant)
        isRising = false
    }

    private mutating func raise(throughput: Double?, at instant: MediaInstant) {
        if let throughput, throughput > capacity.upperBound { capacity.reset() }
        let limit = throughput.map { $0 * Self.mostOverThroughput + Self.slackOverThroughput } ?? bounds.upperBound
        let elapsed = min(max((instant - (lastChange ?? instant)).inSeconds, 0), 1)
        lastChange = instant
        guard bitrate < limit else { return }
        let step =
            capacity.bitrate == nil
            ? max(bitrate * Self.multiplicativeIncrease * elapsed, Self.leastMultiplicativeStep)
            : additiveIncrease * elapsed
        bitrate = clamp(min(bitrate + step, limit))
    }

    /// In bit/s in each second.
    private var additiveIncrease: Double {
        if isCompeting { return min(Self.packetBits / Self.competingInterval, bitrate * Self.mostCompetingShare) }
        let step = max(Self.packetBits / Self.packetInterval, bitrate * Self.leastAdditiveShare)
        return min(step, bitrate * Self.mostAdditiveShare)
    }

    private func clamp(_ bitrate: Double) -> Double {
        bitrate.isFinite ? min(max(bitrate, bounds.lowerBound), bounds.upperBound) : self.bitrate
    }
}
