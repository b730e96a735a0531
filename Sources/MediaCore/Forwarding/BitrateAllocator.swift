/// Decides what each video of one watcher gets of what the link carries.
///
/// A step down is taken at once when the link does not carry what is sent, or within half a second when it is little too
/// much. A step up has to be affordable with a margin for a while, which doubles each time that a step down follows, and
/// halves again when none does for long; a second is enough where there is twice the room.
struct BitrateAllocator: Sendable {
    /// What a step up must leave free of the estimate.
    static let risingMargin = 1.15
    /// The same while steps up have to be taken back again and again: the estimate wavers by more.
    static let waveringMargin = 1.3
    /// Where the estimate is so many times all that is wanted, a step up need not hold for longer than `briefHold`.
    static let ample: Int64 = 2
    /// The same for the least step of a video that gets nothing, and how long it waits behind a step down.
    static let startingMargin = 1.05
    static let startingHold = MediaDuration.seconds(2)
    static let briefHold = MediaDuration.seconds(1)
    /// How long a step up has to be affordable: at first, once there has been a step down, and at most.
    static let holds = (first: briefHold, second: MediaDuration.seconds(15), longest: MediaDuration.seconds(64))
    /// The hold halves after so many times itself without a step down.
    static let recovery: Int64 = 4
    /// What a step down keeps to, of the estimate.
    static let fallingShare = 0.92
    /// What had to be given up comes back at once when that was a dip: so deep, over so soon, and the first for so long.
    static let dip = (depth: 0.6, length: MediaDuration.seconds(5), distance: MediaDuration.seconds(15))
    /// How much each decision counts for what is usual: about five seconds' worth do.
    static let usualShare = 0.05
    /// An estimate that has grown by so much since the last step down is of another link: what was learned is void.
    static let growth = 2.5
    /// What is a little more than the estimate may stay for a while: the estimate wavers, and so do pictures.
    static let tolerance = (share: 1.15, time: MediaDuration.milliseconds(400))
    /// Packets that wait for the pacer for so long say that it is too much.
    static let longestDelay = MediaDuration.milliseconds(400)
    /// How often it is asked at least while all is well, and while too much is sent.
    static let interval = (calm: MediaDuration.milliseconds(200), over: MediaDuration.milliseconds(50))

    /// How long a step up has to be affordable at present.
    private(set) var hold = Self.holds.first
    /// What all cost that it gave, in bit/s on the wire, and what they would cost at their best.
    private(set) var allocated: Int64 = 0
    private(set) var wanted: Int64 = 0
    /// What the link must carry for the next step up; nil when all have what they want.
    private(set) var nextStep: Int64?
    /// When it is to be asked again, unless something else changes.
    private(set) var nextLook = MediaInstant(nanoseconds: .min)
    private var lows = RecentMinimum()
    private var latest = RecentMinimum()
    /// The estimate as it usually was of late.
    private var usual = 0.0
    private var overSince: MediaInstant?
    private var lastFall: MediaInstant?
    /// Since when the hold has stood.
    private var quietSince: MediaInstant?
    private var lastRise: MediaInstant?
    /// The estimate at the last step down, until it has grown much.
    private var estimateAtFall: Int64?
    /// What all cost before the first step down for long, and the hold.
    private var dip: (bitrate: Int64, hold: MediaDuration)?
    /// Whether a step up was taken since the last step down.
    private var hasRisen = false

    /// Whether an estimate, in bit/s, calls for another decision.
    func isDue(estimate: Int64, at instant: MediaInstant) -> Bool {
        instant >= nextLook || overSince == nil && estimate < allocated
    }

    /// Another wish is no flapping.
    mutating func wishesChanged() {
        (hold, lastFall, lastRise) = (Self.holds.first, nil, nil)
        (lows, latest) = (RecentMinimum(), RecentMinimum())
        nextLook = MediaInstant(nanoseconds: .min)
    }

    /// Decides what each video of a plan gets.
    ///
    /// - Parameters:
    ///   - estimate: what the link is believed to carry for these videos and what the plan has reserved, in bit/s.
    ///   - delay: how long packets wait for the pacer.
    mutating func allocate(
        _ plan: inout AllocationPlan, estimate: Int64, delay: MediaDuration = .zero, at instant: MediaInstant
    ) {
        lows.note(estimate, at: instant, over: hold)
        latest.note(estimate, at: instant, over: Self.briefHold)
        usual += (Double(estimate) - usual) * (usual == 0 ? 1 : Self.usualShare)
        let held = plan.heldBitrate
        let isOver = held > estimate || delay > Self.longestDelay
        overSince = isOver ? overSince ?? instant : nil
        let isTolerable = Double(held) <= Double(estimate) * Self.tolerance.share && delay <= Self.longestDelay
        let mayStay = overSince.map { isTolerable && instant - $0 < Self.tolerance.time } ?? true
        forgive(at: instant)
        plan.grant(
            within: AllocationPlan.Limits(
                trading: mayStay ? held : 0,
                staying: mayStay ? max(held, estimate) : Int64(Double(estimate) * Self.fallingShare),
                starting: isCalm(for: Self.startingHold, at: instant)
                    ? Self.share(latest.minimum, Self.startingMargin) : 0,
                rising: isOver ? 0 : risingLimit(wanted: plan.wantedBitrate, at: instant)))
        remember(plan, held: held, estimate: estimate, isForced: !mayStay, at: instant)
        nextLook = instant + (isOver ? Self.interval.over : Self.interval.calm)
    }

    private static func share(_ bitrate: Int64?, _ margin: Double) -> Int64 { Int64(Double(bitrate ?? 0) / margin) }

    /// Whether there has been no step down for so long.
    private func isCalm(for duration: MediaDuration, at instant: MediaInstant) -> Bool {
        lastFall.map { instant - $0 >= duration } ?? true
    }

    /// What a step up must leave free of the estimate at present.
    private var margin: Double { hold > Self.holds.second ? Self.waveringMargin : Self.risingMargin }

    /// The most that all may cost behind a step up, in bit/s.
    private func risingLimit(wanted: Int64, at instant: MediaInstant) -> Int64 {
        guard isCalm(for: Self.briefHold, at: instant) else { return 0 }
        if let latest = latest.minimum, latest / Self.ample >= wanted { return latest }
        // Steps that are close to each other are taken together.
        guard lastRise.map({ instant - $0 >= hold }) ?? true else { return 0 }
        if let before = dip?.bitrate, !isCalm(for: Self.dip.length, at: instant) {
            // All at once or nothing: what is left of it comes by the other ways.
            let limit = Self.share(latest.minimum, Self.startingMargin)
            return limit >= before ? limit : 0
        }
        return isCalm(for: hold, at: instant) ? Self.share(lows.minimum, margin) : 0
    }

    /// Halves the hold when nothing had to be taken back for long.
    private mutating func forgive(at instant: MediaInstant) {
        if let latest = latest.minimum, let estimateAtFall, Double(latest) > Double(estimateAtFall) * Self.growth {
            (hold, self.estimateAtFall) = (Self.holds.first, nil)
        }
        guard hold > Self.holds.first, let since = quietSince, instant - since >= hold * Self.recovery else { return }
        hold = max(MediaDuration(nanoseconds: hold.nanoseconds / 2), Self.holds.first)
        quietSince = instant
    }

    private mutating func remember(
        _ plan: AllocationPlan, held: Int64, estimate: Int64, isForced: Bool, at instant: MediaInstant
    ) {
        allocated = plan.grantedBitrate
        wanted = plan.wantedBitrate
        nextStep = plan.bitrateOfNextStep.map { bitrate in
            // One that has to wait comes sooner when the link turns out to be another.
            let other = isCalm(for: hold, at: instant) ? 0 : Double(estimateAtFall ?? 0) * Self.growth
            let enough = max(Double(bitrate), min(other, Double(wanted)))
            return Int64((enough * margin).rounded(.up))
        }
        if isForced, plan.tracks.contains(where: { $0.granted < $0.held }) {
            let isFirst = lastFall.map { instant - $0 >= Self.dip.distance } ?? true
            let isDeep = Double(estimate) < usual * Self.dip.depth
            if isFirst { dip = isDeep ? (held, hold) : nil } else if hasRisen { dip = nil }
            if hasRisen { hold = min(max(hold * 2, Self.holds.second), Self.holds.longest) }
            (lastFall, quietSince, hasRisen, overSince) = (instant, instant, false, nil)
            estimateAtFall = estimate
        }
        if plan.tracks.contains(where: { $0.held > 0 && $0.granted > $0.held }) {
            (lastRise, hasRisen) = (instant, true)
            // It was no more than that.
            if let dip, !isCalm(for: Self.dip.length, at: instant) { hold = dip.hold }
            dip = nil
        }
    }
}
