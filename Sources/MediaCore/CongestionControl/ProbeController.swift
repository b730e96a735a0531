/// Decides when to probe, and how high.
///
/// Source: libwebrtc's probe_controller.
struct ProbeController: Sendable {
    /// The first cluster, over the start rate, and how it is sent.
    static let firstFactor = 3.0
    static let firstDuration = MediaDuration.milliseconds(60)
    static let firstInterval = MediaDuration.milliseconds(5)
    /// While a result is above this share of the rate probed, the next cluster goes to so much of the result.
    static let furtherShare = 0.7
    static let furtherFactor = 2.0
    /// How long a result is waited for.
    static let patience = MediaDuration.seconds(1)
    /// So long the first cluster is repeated, and nobody asks what is useful: publishers have just begun.
    static let beginning = MediaDuration.seconds(10)
    /// In an application-limited region: how often, and how high over the estimate.
    static let applicationLimitedInterval = MediaDuration.seconds(3)
    static let applicationLimitedFactor = 2.0
    /// Nor when the estimate is above this share of what is useful.
    static let enough = 1.2
    /// A fall of the estimate below this share of what it was is tried once, at so much of what it was, after and within
    /// a time, while the application limits; and not more often than this.
    static let dropShare = 0.66
    static let recoveryShare = 0.85
    static let recoveryTime = MediaDuration.seconds(5)
    static let recoveryDelay = MediaDuration.seconds(1)
    /// What the next step up needs is tried so far above that, when the estimate is below; again after twice as long each
    /// time that it did not help, within bounds.
    static let stepFactor = 1.1
    static let stepIntervals: ClosedRange<MediaDuration> = .seconds(2)...(.seconds(5))
    /// Another step is one that differs by more than this.
    static let stepShares = 0.9...1.25
    /// What is useful has risen when it is so much of what it was: what pictures take wavers all the time.
    static let usefulGrowth = 1.25
    /// Never above so much of what is useful.
    static let usefulFactor = 2.0
    /// Nor above so much of the estimate, while losses limit it less and less.
    static let lossLimitedFactor = 1.5

    /// What stands in the way of probing.
    enum Restraint { case none, losses, all }

    private enum State { case idle, waiting(since: MediaInstant, further: Double), complete }

    /// In bit/s; nil while unknown.
    private(set) var useful: Double?
    /// The least that was useful since it was last probed for, or known to be carried.
    private var usefulBefore: Double?
    /// What more has to be carried for it to be of use, in bit/s; nil while nothing is known to be.
    private(set) var next: Double?
    private var stepInterval = Self.stepIntervals.lowerBound
    private let maximum: Double
    private var state = State.idle
    private var queue: [ProbeCluster] = []
    private var lastID: ProbeCluster.ID = 0
    private var lastProbe: MediaInstant?
    private var estimate = 0.0
    private var largeDrop: (instant: MediaInstant, from: Double)?
    private var lastRecovery: MediaInstant?
    private var begun = MediaInstant(nanoseconds: 0)
    private var hasResult = false

    /// Creates one that never probes above `maximum` bit/s.
    init(maximum: Double) { self.maximum = maximum }

    /// Probes a link of which nothing is known.
    mutating func begin(start: Double, at instant: MediaInstant) {
        queue.removeAll(keepingCapacity: true)
        (estimate, largeDrop, lastRecovery) = (start, nil, nil)
        (state, begun, hasResult) = (.complete, instant, false)
        probeFirst(at: instant)
    }

    private mutating func probeFirst(at instant: MediaInstant) {
        probe(
            [Self.firstFactor * estimate], goesOn: true, duration: Self.firstDuration, interval: Self.firstInterval,
            at: instant)
    }

    /// The next cluster to send.
    mutating func take() -> ProbeCluster? { queue.isEmpty ? nil : queue.removeFirst() }

    /// Takes what a cluster found.
    mutating func receive(_ result: ProbeBitrate.Outcome, at instant: MediaInstant) {
        hasResult = true
        guard case .waiting(_, let further) = state, result.bitrate > further else { return }
        probe([result.bitrate * Self.furtherFactor], goesOn: true, at: instant)
    }

    /// Goes on after feedback.
    mutating func update(
        estimate: Double, restraint: Restraint, region: ApplicationLimitedRegion, roundTrip: MediaDuration,
        at instant: MediaInstant
    ) {
        if estimate < Self.dropShare * self.estimate { largeDrop = (instant, self.estimate) }
        self.estimate = estimate
        if case .waiting(let since, _) = state, instant - since > Self.patience + roundTrip * 2 {
            state = .complete
            // What nobody answered for is asked again, while all is new.
            if restraint == .none, !hasResult, instant - begun < Self.beginning {
                probeFirst(at: instant)
            }
        }
        guard case .complete = state, restraint != .all else { return }
        let cap = restraint == .losses ? estimate * Self.lossLimitedFactor : .infinity
        if let region = region.since, instant - (lastProbe ?? region) >= Self.applicationLimitedInterval,
            region <= instant, estimate < usefulNow(at: instant) * Self.enough
        {
            probe([min(estimate * Self.applicationLimitedFactor, cap)], goesOn: true, at: instant)
            return
        }
        if let next, next > estimate, instant - (lastProbe ?? begun) >= stepInterval {
            stepInterval = min(stepInterval * 2, Self.stepIntervals.upperBound)
            probe(
                [min(next * Self.stepFactor, estimate * Self.applicationLimitedFactor, cap)],
                goesOn: next > estimate * Self.applicationLimitedFactor, at: instant)
            return
        }
        recover(region, cap, at: instant)
    }

    private mutating func recover(_ region: ApplicationLimitedRegion, _ cap: Double, at instant: MediaInstant) {
        guard let drop = largeDrop else { return }
        guard instant - drop.instant < Self.recoveryTime else {
            largeDrop = nil
            return
        }
        guard region.since != nil, instant - drop.instant > Self.recoveryDelay,
            lastRecovery.map({ instant - $0 > Self.recoveryTime }) ?? true
        else { return }
        let suggested = drop.from * Self.recoveryShare
        guard suggested * 0.95 > estimate else { return }
        (lastRecovery, largeDrop) = (instant, nil)
        probe([min(suggested, cap)], goesOn: false, at: instant)
    }

    /// Learns what could be sent; probes for it when it rose and the link was not tried.
    mutating func setUseful(
        _ bitrate: Double?, next: Double?, isLimited: Bool, restraint: Restraint, at instant: MediaInstant
    ) {
        let isSameStep = Self.stepShares.contains((next ?? 0) / max(self.next ?? 0, 1))
        if !isSameStep { stepInterval = Self.stepIntervals.lowerBound }
        self.next = next
        useful = bitrate
        guard let bitrate, let before = usefulBefore, bitrate > before * Self.usefulGrowth, bitrate > estimate else {
            usefulBefore = bitrate.map { $0 > estimate ? min($0, usefulBefore ?? $0) : $0 }
            return
        }
        guard isLimited, restraint == .none, case .complete = state else { return }
        usefulBefore = bitrate
        let cap = 2 * estimate
        probe(bitrate >= cap ? [cap] : [bitrate, min(2 * bitrate, cap)], goesOn: false, at: instant)
    }

    private func usefulNow(at instant: MediaInstant) -> Double {
        instant - begun < Self.beginning ? .infinity : useful ?? .infinity
    }

    private mutating func probe(
        _ bitrates: [Double], goesOn: Bool, duration: MediaDuration = .milliseconds(15),
        interval: MediaDuration = .milliseconds(2), at instant: MediaInstant
    ) {
        let most = min(maximum, usefulNow(at: instant) * Self.usefulFactor)
        guard most > estimate else {
            state = .complete
            return
        }
        var (last, isMost) = (0.0, false)
        for bitrate in bitrates where !isMost {
            last = min(bitrate, most)
            isMost = bitrate >= most
            lastID = lastID >= 31 ? 1 : lastID + 1
            queue.append(
                ProbeCluster(id: lastID, bitrate: Int64(last), duration: duration, minimumInterval: interval))
        }
        lastProbe = instant
        state = goesOn && !isMost ? .waiting(since: instant, further: last * Self.furtherShare) : .complete
    }
}
