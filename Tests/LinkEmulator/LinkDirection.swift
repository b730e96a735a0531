/// One direction of the link: decides, from a seed and the packet's number alone, what becomes of each packet.
///
/// A packet takes a fixed number of draws, so the fate of packet n depends neither on the others nor on which other
/// impairments are switched on.
struct LinkDirection {
    enum Verdict: Equatable {
        /// Arrives at this instant, and once more if duplicated.
        case deliver(at: UInt64, again: Bool)
        case lost
        /// The bottleneck's queue was full.
        case overflow
    }

    let settings: LinkSettings
    private var random: SplitMix64
    /// When the bottleneck has sent all that was admitted.
    private var bottleneckFree: UInt64 = 0
    /// The latest arrival so far of packets that keep their order.
    private var lastArrival: UInt64 = 0

    init(settings: LinkSettings, seed: UInt64) {
        self.settings = settings
        random = SplitMix64(state: seed)
    }

    /// Decides about the next packet, `size` bytes long, that enters the link at `now` (nanoseconds, never decreasing).
    mutating func admit(size: Int, at now: UInt64) -> Verdict {
        let lossDraw = random.nextUnit()
        let jitterDraw = random.nextUnit()
        let reorderingDraw = random.nextUnit()
        let duplicationDraw = random.nextUnit()

        // The bottleneck comes first: what is lost behind it has taken its share of the rate.
        var departure = now
        if let bitrate = settings.bitrate {
            let start = max(now, bottleneckFree)
            if start - now > settings.queue { return .overflow }
            departure = start + UInt64(size) * 8 * 1_000_000_000 / max(bitrate, 1)
            bottleneckFree = departure
        }
        if lossDraw < settings.loss { return .lost }

        var arrival = departure + settings.delay + UInt64(jitterDraw * Double(settings.jitter))
        if reorderingDraw < settings.reordering {
            arrival += settings.holdBack
        } else {
            arrival = max(arrival, lastArrival)
            lastArrival = arrival
        }
        return .deliver(at: arrival, again: duplicationDraw < settings.duplication)
    }
}
