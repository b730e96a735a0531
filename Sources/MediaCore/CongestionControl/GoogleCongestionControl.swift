/// Google congestion control, sender side: the least of what delays, losses and the receiver's own estimate allow.
///
/// The article <doc:CongestionControl> tells how it works, each figure, and each deviation from libwebrtc.
public struct GoogleCongestionControl: BandwidthEstimator {
    /// What is paced over the target before the first feedback, and afterwards.
    static let firstPacing = 2.5
    static let pacing = 1.1
    /// But no more than the link was seen to carry, or this share of the target.
    static let leastPacing = 1.02
    /// The round trip while none is known.
    static let defaultRoundTrip = MediaDuration.milliseconds(200)
    /// The receiver's own estimate is followed upwards for so long.
    static let trustTime = MediaDuration.seconds(2)
    /// A probe lowers the estimate no further than to this share of what arrives.
    static let probedShare = 0.85
    /// Throughput is counted over the time of so many packets, within bounds in seconds.
    static let throughputPackets = 20.0
    static let throughputWindows = 0.5...1.2
    /// A target that has fallen below this share of what it was is not probed for a while.
    static let fallShare = 0.99
    static let fallTime = MediaDuration.seconds(2)
    /// When nothing has arrived for so long, nothing is known of throughput.
    static let throughputTimeout = MediaDuration.seconds(1)

    /// What to send at present.
    public private(set) var rates: SendRates
    /// When `advance` must be called at the latest: when feedback is missing that should have come.
    public var nextDeadline: MediaInstant? { backoff.deadline }

    private let limits: BitrateLimits
    private let bounds: ClosedRange<Double>
    private var delay: DelayBasedEstimator
    private var losses = LossBasedEstimator()
    private var reported: ClassicLossEstimator
    private var throughput = AcknowledgedBitrate()
    private var departed = SentBitrate()
    private var probes = ProbeBitrate()
    private var probing: ProbeController
    private var region = ApplicationLimitedRegion()
    private var backoff = RoundTripBackoff()
    private var roundTrip = Self.defaultRoundTrip
    private var hasRoundTrip = false
    private var hasTransportFeedback = false
    private var receiverEstimate = Double.infinity
    private var begun: MediaInstant?
    private var lastArrival: MediaInstant?
    private var lastFall: MediaInstant?
    private var target: Double

    /// Creates an estimator that begins with `limits.start`. Limits that contradict themselves are bent until they
    /// don't.
    public init(limits: BitrateLimits) {
        let maximum = min(max(limits.maximum, 5_000), 1_000_000_000)
        let minimum = min(max(limits.minimum, 5_000), maximum)
        let start = min(max(limits.start, minimum), maximum)
        self.limits = BitrateLimits(minimum: minimum, start: start, maximum: maximum)
        bounds = Double(minimum)...Double(maximum)
        target = Double(start)
        delay = DelayBasedEstimator(start: target, bounds: bounds)
        reported = ClassicLossEstimator(start: target, bounds: bounds)
        probing = ProbeController(maximum: Double(maximum))
        rates = SendRates(target: start, pacing: Int64(target * Self.firstPacing))
    }

    /// The sender begins to send, or goes on over another path of which nothing is known.
    public mutating func begin(at instant: MediaInstant) {
        let (useful, next) = (probing.useful, probing.next)
        self = GoogleCongestionControl(limits: limits)
        begun = instant
        probing.setUseful(useful, next: next, isLimited: false, restraint: .all, at: instant)
        probing.begin(start: target, at: instant)
    }

    /// So many bytes left since it was last told, on the wire.
    public mutating func sent(byteCount: Int, at instant: MediaInstant) {
        if begun == nil { begin(at: instant) }
        region.sent(byteCount: byteCount, estimate: target, at: instant)
        departed.add(byteCount: byteCount, estimate: target, at: instant)
        backoff.sent(at: instant)
    }

    /// Transport-wide feedback: packets by ascending number.
    public mutating func receive(_ reports: [PacketReport], at instant: MediaInstant) {
        guard !reports.isEmpty else { return }
        if begun == nil { begin(at: instant) }
        hasTransportFeedback = true
        delay.begin(at: instant)
        var probe: ProbeBitrate.Outcome?
        var newest: MediaInstant?
        var isOrdered = true
        var lost = 0
        var last = MediaInstant(nanoseconds: .min)
        for report in reports {
            losses.add(report)
            guard let arrival = report.arrival else {
                lost += 1
                continue
            }
            newest = max(newest ?? report.departure, report.departure)
            if report.probe != nil { delay.noteProbe(at: instant) }
            if let result = probes.add(report, arrival: arrival) { probe = result }
            isOrdered = isOrdered && arrival >= last
            last = arrival
        }
        if isOrdered {
            for report in reports { arrived(report, at: instant) }
        } else {
            let ordered = reports.sorted { ($0.arrival?.nanoseconds ?? .min) < ($1.arrival?.nanoseconds ?? .min) }
            for report in ordered { arrived(report, at: instant) }
        }
        delay.addLosses(lost: lost, of: reports.count)
        if newest != nil { lastArrival = instant }
        backoff.received(roundTrip: newest.map { noteRoundTrip(instant - $0) }, at: instant)
        conclude(probe, at: instant)
    }

    private mutating func arrived(_ report: PacketReport, at instant: MediaInstant) {
        guard let arrival = report.arrival else { return }
        throughput.add(byteCount: report.byteCount, arrival: arrival)
        delay.add(departure: report.departure, arrival: arrival, at: instant)
    }

    /// Puts together what all say.
    private mutating func conclude(_ probe: ProbeBitrate.Outcome?, at instant: MediaInstant) {
        let seconds = min(
            max(Self.throughputPackets * 9_600 / target, Self.throughputWindows.lowerBound),
            Self.throughputWindows.upperBound)
        let isKnown = lastArrival.map { instant - $0 < Self.throughputTimeout } ?? false
        let acknowledged = isKnown ? throughput.bitrate(over: MediaDuration(seconds: seconds)) : nil
        var probed = probe?.bitrate
        if let bitrate = probed, let acknowledged {
            probed = max(bitrate, min(delay.bitrate, acknowledged * Self.probedShare))
        }
        delay.update(
            throughput: acknowledged, probe: probed, isQuiet: departed.isQuiet(at: instant), roundTrip: roundTrip,
            at: instant)
        losses.update(
            LossBasedEstimator.Circumstances(
                throughput: probed.map { max($0, acknowledged ?? 0) } ?? acknowledged, delayBased: delay.bitrate,
                bounds: bounds,
                isApplicationLimited: region.since != nil))
        if let probe { probing.receive(probe, at: instant) }
        setTarget(at: instant)
        probing.update(
            estimate: target, restraint: restraint(at: instant), region: region, roundTrip: roundTrip, at: instant)
    }

    private func restraint(at instant: MediaInstant) -> ProbeController.Restraint {
        if delay.usage == .over || backoff.isActive { return .all }
        switch losses.state {
        case .delayBased: return .none
        case .increasing, .increasingWithPadding: return .losses
        // Who sends little is held to what that little proves: only a probe tells that the link carries more.
        case .decreasing: return lastFall.map { instant - $0 < Self.fallTime } ?? false ? .all : .losses
        }
    }

    /// The receiver's own estimate, in bit/s: the target stays below. Without transport-wide feedback the target
    /// follows it upwards too for the first two seconds.
    public mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant) {
        receiverEstimate = Double(max(bitrate, 0))
        if !hasTransportFeedback, isStarting(at: instant), reported.isLossless { reported.trust(receiverEstimate) }
        setTarget(at: instant)
    }

    /// News of a receiver report; counts only while there is no transport-wide feedback.
    public mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant) {
        guard !hasTransportFeedback else { return }
        reported.receive(
            lost: packetsLost, of: packetsExpected, roundTrip: roundTrip,
            mayRise: isTried && reported.bitrate <= receiverEstimate, at: instant)
        setTarget(at: instant)
    }

    /// Whether what is sent tries the link, or has to: without feedback on each packet there are no probes, so that only the
    /// next step up itself can tell whether it is carried.
    private var isTried: Bool { region.since == nil || reported.bitrate < probing.next ?? 0 }

    /// A round trip by receiver reports.
    public mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant) {
        _ = noteRoundTrip(roundTrip)
    }

    /// Slows down when feedback is missing.
    public mutating func advance(to instant: MediaInstant) {
        guard backoff.isDue(at: instant) else { return }
        delay.lower(to: target * RoundTripBackoff.factor, at: instant)
        setTarget(at: instant)
    }

    /// The next cluster to send; nil when there is none.
    public mutating func takeProbe() -> ProbeCluster? {
        guard let cluster = probing.take() else { return nil }
        probes.expect(cluster)
        return cluster
    }

    /// The most that could be sent, in bit/s on the wire: nothing is probed above twice of it. What the `next` step up needs
    /// is probed for every few seconds.
    public mutating func setUsefulBitrate(_ bitrate: Int64?, next: Int64?, at instant: MediaInstant) {
        probing.setUseful(
            bitrate.map { Double(max($0, 0)) }, next: next.map { Double(max($0, 0)) }, isLimited: region.since != nil,
            restraint: restraint(at: instant), at: instant)
    }

    private func isStarting(at instant: MediaInstant) -> Bool {
        begun.map { instant - $0 < Self.trustTime } ?? true
    }

    private mutating func noteRoundTrip(_ sample: MediaDuration) -> MediaDuration {
        let sample = sample.clamped(to: .zero...(.seconds(60)))
        let change = (sample - roundTrip).nanoseconds / 8
        roundTrip = hasRoundTrip ? roundTrip + MediaDuration(nanoseconds: change) : sample
        hasRoundTrip = true
        return roundTrip
    }

    private mutating func setTarget(at instant: MediaInstant) {
        var allowed = hasTransportFeedback ? min(delay.bitrate, losses.limit ?? .infinity) : reported.bitrate
        allowed = min(allowed, receiverEstimate)
        if allowed < target * Self.fallShare { lastFall = instant }
        target = min(max(allowed, bounds.lowerBound), bounds.upperBound)
        var pace = target * (receiverEstimate.isFinite ? Self.pacing : Self.firstPacing)
        if hasTransportFeedback {
            pace = delay.control.isDrained || delay.control.isCompeting ? target * Self.pacing : target
            if let capacity = delay.control.capacity.bitrate {
                pace = min(pace, max(capacity, target * Self.leastPacing))
            }
        }
        rates = SendRates(
            target: Int64(target), pacing: Int64(pace),
            padding: losses.state == .increasingWithPadding ? Int64(target) : 0)
    }
}
