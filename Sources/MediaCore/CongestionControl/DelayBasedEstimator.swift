/// The rate that delays allow: groups of packets, the line through their delays, its judgement and the rate's control.
struct DelayBasedEstimator: Sendable {
    /// Without packets for so long the delays of old are forgotten.
    static let streamTimeout = MediaDuration.seconds(2)

    /// In bit/s.
    var bitrate: Double { control.bitrate }
    /// What the last groups say.
    var usage: LinkUsage { detector.usage }

    private(set) var control: RateController
    private var groups = PacketGroups()
    private var line = TrendlineEstimator()
    private var detector = OveruseDetector()
    private var lastReport: MediaInstant?

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
        guard let spacing = groups.add(departure: departure, arrival: arrival, at: instant) else { return }
        line.add(spacing)
        detector.update(line, distance: spacing.departure, at: spacing.instant)
    }

    /// Goes on after the packets of one feedback.
    mutating func update(
        throughput: Double?, probe: Double?, roundTrip: MediaDuration, at instant: MediaInstant
    ) {
        if usage != .over, let probe {
            control.set(probe, at: instant)
        } else {
            control.update(usage, throughput: throughput, roundTrip: roundTrip, at: instant)
        }
    }

    /// Slows down for another reason.
    mutating func lower(to bitrate: Double, at instant: MediaInstant) {
        control.set(min(bitrate, control.bitrate), at: instant)
    }
}
