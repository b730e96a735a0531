public import MediaCore

/// One direction of a network link, as a pure decision: what becomes of each datagram.
public struct SimulatedLink: Sendable {
    /// How a link behaves.
    public struct Behaviour: Sendable {
        /// The share of datagrams lost at random, 0 to 1.
        public var loss = 0.0
        /// Gilbert-Elliott bursts: chance to fall into the bad state per datagram, and to leave it. Everything is lost in
        /// the bad state.
        public var burst: (enter: Double, leave: Double)?
        /// Propagation delay.
        public var delay = MediaDuration.milliseconds(10)
        /// Up to this much more, uniformly; without reordering the datagrams queue behind one another.
        public var jitter = MediaDuration.zero
        /// Whether jitter may let one datagram overtake another.
        public var reorders = false
        /// The share of datagrams that arrive twice, 0 to 1.
        public var duplication = 0.0
        /// Bits per second, 0 for no limit; with a queue of so many bytes, beyond which datagrams are lost.
        public var rate: Int64 = 0
        /// The queue's size in bytes.
        public var queueByteCount = 64 * 1024

        /// A link of 10 ms that loses nothing.
        public init() {}
    }

    /// How the link behaves from now on.
    public var behaviour: Behaviour
    /// How many datagrams were lost.
    public private(set) var lost = 0
    private var random: MediaRandom
    private var isBad = false
    private var freeAt = MediaInstant(nanoseconds: .min)
    private var lastArrival = MediaInstant(nanoseconds: .min)

    /// Creates a link whose decisions follow from the seed.
    public init(_ behaviour: Behaviour, seed: UInt64) {
        self.behaviour = behaviour
        random = .seeded(seed)
    }

    /// When the copies of a datagram arrive: none when it is lost.
    public mutating func send(byteCount: Int, at instant: MediaInstant) -> [MediaInstant] {
        if let burst = behaviour.burst {
            isBad = isBad ? !chance(burst.leave) : chance(burst.enter)
        }
        guard !isBad, !chance(behaviour.loss) else {
            lost += 1
            return []
        }
        var departure = instant
        if behaviour.rate > 0 {
            let start = max(freeAt, instant)
            let queued = (start - instant).nanoseconds * behaviour.rate / 8_000_000_000
            guard queued <= Int64(behaviour.queueByteCount) else {
                lost += 1
                return []
            }
            departure = start + MediaDuration(nanoseconds: Int64(byteCount) * 8_000_000_000 / behaviour.rate)
            freeAt = departure
        }
        let copies = chance(behaviour.duplication) ? 2 : 1
        return (0..<copies).map { _ in
            var arrival = departure + behaviour.delay
            if behaviour.jitter > .zero {
                arrival =
                    arrival
                    + MediaDuration(
                        nanoseconds: Int64.random(in: 0...behaviour.jitter.nanoseconds, using: &random))
            }
            if !behaviour.reorders { arrival = max(arrival, lastArrival) }
            lastArrival = max(lastArrival, arrival)
            return arrival
        }
    }

    private mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }
}
