/// Decides what each video of one watcher gets of what the link carries.
///
/// A step down is taken at once when the link does not carry what is sent, or within half a second when it is little too
/// much. A step up has to be affordable with a margin for a while, which doubles each time that it had to be taken back
/// soon.
struct BitrateAllocator: Sendable {
    /// What a step up must leave free of the estimate.
    static let risingMargin = 1.15
    /// The same for the least step of a video that gets nothing, and how long it has to be affordable.
    static let startingMargin = 1.05
    static let startingHold = MediaDuration.seconds(1)
    /// How long a step up has to be affordable: at least, and at most.
    static let holds: ClosedRange<MediaDuration> = .seconds(1)...(.seconds(64))
    /// A step down this soon after a step up takes that back; or sooner than twice the hold.
    static let failure = MediaDuration.seconds(8)
    /// What is a little more than the estimate may stay for a while: the estimate wavers, and so do pictures.
    static let tolerance = (share: 1.15, time: MediaDuration.milliseconds(500))
    /// Packets that wait for the pacer for so long say that it is too much.
    static let longestDelay = MediaDuration.milliseconds(400)
    /// How often it is asked at least while all is well, and while too much is sent.
    static let interval = (calm: MediaDuration.milliseconds(200), over: MediaDuration.milliseconds(50))

    /// How long a step up has to be affordable at present.
    private(set) var hold = Self.holds.lowerBound
    /// What all cost that it gave, in bit/s on the wire, and what they would cost at their best.
    private(set) var allocated: Int64 = 0
    private(set) var wanted: Int64 = 0
    /// What the link must carry for the next step up; nil when all have what they want.
    private(set) var nextStep: Int64?
    /// When it is to be asked again, unless something else changes.
    private(set) var nextLook = MediaInstant(nanoseconds: .min)
    private var lows = RecentMinimum()
    private var latest = RecentMinimum()
    private var overSince: MediaInstant?
    private var lastRise: MediaInstant?
    private var lastFall: MediaInstant?

    /// Whether an estimate, in bit/s, calls for another decision.
    func isDue(estimate: Int64, at instant: MediaInstant) -> Bool {
        instant >= nextLook || overSince == nil && estimate < allocated
    }

    /// Another wish is no flapping.
    mutating func wishesChanged() {
        (hold, lastFall) = (Self.holds.lowerBound, nil)
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
        latest.note(estimate, at: instant, over: Self.startingHold)
        let held = plan.heldBitrate
        let isOver = held > estimate || delay > Self.longestDelay
        overSince = isOver ? overSince ?? instant : nil
        let isTolerable = Double(held) <= Double(estimate) * Self.tolerance.share && delay <= Self.longestDelay
        let mayStay = overSince.map { isTolerable && instant - $0 < Self.tolerance.time } ?? true
        let isCalm = !isOver && lastFall.map { instant - $0 >= hold } ?? true
        plan.grant(
            within: AllocationPlan.Limits(
                staying: mayStay ? max(held, estimate) : estimate,
                starting: Self.share(latest.minimum ?? estimate, Self.startingMargin),
                rising: isCalm ? Self.share(lows.minimum ?? estimate, Self.risingMargin) : 0))
        remember(plan, isForced: !mayStay, at: instant)
        nextLook = instant + (isOver ? Self.interval.over : Self.interval.calm)
    }

    private static func share(_ bitrate: Int64, _ margin: Double) -> Int64 { Int64(Double(bitrate) / margin) }

    private mutating func remember(_ plan: AllocationPlan, isForced: Bool, at instant: MediaInstant) {
        allocated = plan.grantedBitrate
        wanted = plan.wantedBitrate
        nextStep = plan.bitrateOfNextStep.map { Int64((Double($0) * Self.risingMargin).rounded(.up)) }
        if isForced, plan.tracks.contains(where: { $0.granted < $0.held }) {
            func isRecent(_ other: MediaInstant?) -> Bool {
                other.map { instant - $0 < max(Self.failure, hold * 2) } ?? false
            }
            if isRecent(lastRise) {
                hold = min(hold * 2, Self.holds.upperBound)
            } else if !isRecent(lastFall) {
                hold = Self.holds.lowerBound
            }
            (lastFall, lastRise, overSince) = (instant, nil, nil)
        }
        if plan.tracks.contains(where: { $0.held > 0 && $0.granted > $0.held }) { lastRise = instant }
    }
}
