/// The rate that delays allow: groups of packets, the line through their delays, its judgement and the rate's control.
struct DelayBasedEstimator: Sendable {
    /// Without packets for so long the delays of old are forgotten.
    static let streamTimeout = MediaDuration.seconds(2)

    /// A queue shorter than this, in milliseconds, or than a packet takes, is no overuse whatever its trend.
    static let shortQueue = 12.0
    /// One that is longer than this, or than two packets take, and does not drain, is, whatever its trend.
    static let longQueue = 30.0
    /// Both hold for this bitrate and go with the inverse of its root, within bounds.
    static let referenceBitrate = 1_000_000.0
    static let patiences = 0.6...1.5
    /// Losses beyond the first share while the queue is longer than this, in milliseconds, are those of a queue that
    /// is full. The share is smoothed: a feedback counts for so much.
    static let congestedLoss = 0.01
    static let congestedQueue = 6.0
    static let lossWeight = 0.25

    /// So long after a probe the trend is that of the probe's own queue, and only a long queue counts.
    static let probeTime = MediaDuration.milliseconds(300)

    /// In bit/s.
    var bitrate: Double { control.bitrate }
    /// What the last groups say.
    private(set) var usage = LinkUsage.normal

    private(set) var control: RateController
    private var groups = PacketGroups()
    private var line = TrendlineEstimator()
    private var detector = OveruseDetector()
    private var queue = QueueDelay()
    private var lossShare = 0.0
    private var lastReport: MediaInstant?
    private var lastProbe: MediaInstant?
    private var isProbed = false

    init(start: Double, bounds: ClosedRange<Double>) {
        control = RateController(start: start, bounds: bounds)
    }

    /// Prepares for the packets of one feedback.
    mutating func begin(at instant: MediaInstant) {
        if let lastReport, instant - lastReport > Self.streamTimeout {
            groups = PacketGroups()
            line.reset()
            detector = OveruseDetector()
        }
        lastReport = instant
    }

    /// Notes a packet that arrived, by its arrival.
    mutating func add(departure: MediaInstant, arrival: MediaInstant, at instant: MediaInstant) {
        queue.add(departure: departure, arrival: arrival)
        guard let spacing = groups.add(departure: departure, arrival: arrival, at: instant) else { return }
        line.add(spacing)
        detector.update(line, distance: spacing.departure, at: spacing.instant)
    }

    /// Notes that packets of a probe were among those that arrived.
    mutating func noteProbe(at instant: MediaInstant) { lastProbe = instant }

    /// Notes what one feedback says of losses.
    mutating func addLosses(lost: Int, of count: Int) {
        lossShare += Self.lossWeight * (Double(lost) / Double(max(count, 1)) - lossShare)
    }

    /// Goes on after the packets of one feedback.
    ///
    /// - Parameters:
    ///   - throughput: In bit/s; nil while unknown.
    ///   - probe: What a probe found, in bit/s.
    ///   - isQuiet: Whether little was sent of late.
    mutating func update(
        throughput: Double?, probe: Double?, isQuiet: Bool,
        roundTrip: MediaDuration,
        at instant: MediaInstant
    ) {
        queue.update(at: instant)
        isProbed = lastProbe.map { instant - $0 < Self.probeTime } ?? false
        usage = judgement
        if usage != .over, let probe {
            control.set(probe, at: instant)
            return
        }
        control.update(
            RateController.Circumstances(
                usage: usage, queueDelay: queue.milliseconds ?? 0, isLong: isLong, isOverflowing: isOverflowing,
                throughput: throughput,
                isQuiet: isQuiet, roundTrip: roundTrip), at: instant)
    }

    /// What the trend says, unless the queue's length says otherwise.
    private var judgement: LinkUsage {
        guard let delay = queue.milliseconds else { return detector.usage }
        let short = max(Self.shortQueue * patience, control.packetTime)
        if queue.isFalling, delay > short { return .under }
        if isOverflowing { return .over }
        switch detector.usage {
        case .over: return delay < short || isProbed && !isLong ? .normal : .over
        case .normal: return isLong ? .over : .normal
        case .under: return .under
        }
    }

    /// Whether packets are lost because the queue is full.
    private var isOverflowing: Bool {
        lossShare > Self.congestedLoss && (queue.milliseconds ?? 0) >= Self.congestedQueue
    }

    private var isLong: Bool { (queue.milliseconds ?? 0) >= max(Self.longQueue * patience, 2 * control.packetTime) }

    /// Flows that share a link see one queue. The faster of them give way earlier, so that the others catch up.
    private var patience: Double {
        let factor = root(of: Self.referenceBitrate / control.bitrate)
        return min(max(factor, Self.patiences.lowerBound), Self.patiences.upperBound)
    }

    /// Slows down for another reason.
    mutating func lower(to bitrate: Double, at instant: MediaInstant) {
        control.set(min(bitrate, control.bitrate), at: instant)
    }
}
