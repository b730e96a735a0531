/// One direction of the link: decides, from a seed and the packet's number alone, what becomes of each packet.
///
/// A packet takes a fixed number of draws, so the fate of packet n depends neither on the others nor on which other
/// impairments are switched on.
struct LinkDirection {
    enum Verdict: Equatable {
        /// Arrives at this instant, and once more if duplicated, after it has waited at the bottleneck for so long.
        case deliver(at: UInt64, waited: UInt64, again: Bool)
        case lost
        /// The bottleneck's queue was full.
        case overflow
    }

    private var schedule: LinkSchedule
    private var random: SplitMix64
    /// What waited for the bottleneck at that instant, in bits.
    private var backlog = 0.0
    private var backlogInstant: UInt64 = 0
    /// The latest arrival so far of packets that keep their order.
    private var lastArrival: UInt64 = 0
    private var isInBurst = false

    init(schedule: LinkSchedule, seed: UInt64) {
        self.schedule = schedule
        random = SplitMix64(state: seed)
    }

    /// Starts the schedule; until then its first settings hold.
    mutating func start(at now: UInt64) { schedule.start(at: now) }

    /// The bottleneck at `now`, in bit/s.
    func bitrate(at now: UInt64) -> UInt64? { schedule.settings(at: now).bitrate }

    /// Decides about the next packet, `size` bytes long, that enters the link at `now` (nanoseconds, never decreasing).
    mutating func admit(size: Int, at now: UInt64) -> Verdict {
        let lossDraw = random.nextUnit()
        let jitterDraw = random.nextUnit()
        let reorderingDraw = random.nextUnit()
        let duplicationDraw = random.nextUnit()
        let changeDraw = random.nextUnit()
        let burstDraw = random.nextUnit()

        let settings = schedule.settings(at: now)
        if let burst = settings.burst {
            if changeDraw < (isInBurst ? burst.leave : burst.enter) { isInBurst.toggle() }
        } else {
            isInBurst = false
        }

        // The bottleneck comes first: what is lost behind it has taken its share of the rate.
        backlog = max(0, backlog - schedule.bits(from: backlogInstant, to: now))
        backlogInstant = now
        schedule.advance(to: now)
        if let bitrate = settings.bitrate {
            let limit =
                switch settings.queue {
                case .time(let time): Double(time) * Double(bitrate) / 1e9
                case .bytes(let bytes): Double(bytes) * 8
                }
            if backlog > limit { return .overflow }
        }
        let waited = schedule.instant(afterSending: backlog, from: now) - now
        backlog += Double(size * 8)
        let departure = schedule.instant(afterSending: backlog, from: now)
        if lossDraw < settings.loss { return .lost }
        if let burst = settings.burst, isInBurst, burstDraw < burst.loss { return .lost }

        var arrival = departure + settings.delay + UInt64(jitterDraw * Double(settings.jitter))
        if reorderingDraw < settings.reordering {
            arrival += settings.holdBack
        } else {
            arrival = max(arrival, lastArrival)
            lastArrival = arrival
        }
        return .deliver(at: arrival, waited: waited, again: duplicationDraw < settings.duplication)
    }
}
