package import MediaCore

/// A link that several flows share: its rate, its queue, and what it loses.
///
/// When a packet comes, its departure is computed at once, because later packets change nothing about it.
package struct BottleneckLink: Sendable {
    /// How large the queue is: its bytes, or how long they take at the present rate.
    package enum Queue: Sendable {
        case bytes(Int)
        case time(MediaDuration)
    }

    /// Loss in bursts: a state that loses nothing, and one that loses much. Source: Gilbert 1960, Elliott 1963.
    package struct GilbertElliott: Sendable {
        /// The chance of each packet to fall into the bad state, and to leave it.
        package var enter: Double
        package var leave: Double
        /// The chance to be lost in the bad state.
        package var loss = 1.0

        package init(enter: Double, leave: Double, loss: Double = 1) {
            self.enter = enter
            self.leave = leave
            self.loss = loss
        }

        /// The share that is lost in the long run.
        package var meanLoss: Double { loss * enter / (enter + leave) }
    }

    /// A token bucket: what finds too few tokens is lost, nothing waits.
    package struct Policer: Sendable {
        /// In bit/s.
        package var rate: Int64
        package var burstByteCount: Int

        package init(rate: Int64, burstByteCount: Int) {
            self.rate = rate
            self.burstByteCount = burstByteCount
        }
    }

    /// How a link behaves.
    package struct Behaviour: Sendable {
        /// In bit/s.
        package var rate: Steps<Int64>
        package var queue = Queue.time(.milliseconds(300))
        /// The share of packets lost at random.
        package var loss: Steps<Double> = Steps(0)
        package var bursts: GilbertElliott?
        package var policer: Policer?
        /// Packets are handed on in groups, one in each interval, as Wi-Fi does that aggregates them.
        package var aggregation = MediaDuration.zero

        package init(rate: Steps<Int64>) {
            self.rate = rate
        }

        /// What passes at an instant, in bit/s.
        package func capacity(at instant: MediaInstant) -> Int64 {
            min(rate.value(at: instant), policer?.rate ?? .max)
        }
    }

    /// How fast packets of one group follow each other.
    private static let groupRate: Int64 = 50_000_000

    package let behaviour: Behaviour
    /// How many packets were lost for want of room, to the policer, and at random.
    package private(set) var tailDrops = 0
    package private(set) var policed = 0
    package private(set) var randomLosses = 0

    private var random: MediaRandom
    private var freeAt = MediaInstant(nanoseconds: 0)
    /// What is in the queue: when each leaves; from `first` on.
    private var queued: [(departure: MediaInstant, byteCount: Int)] = []
    private var first = 0
    private var queuedByteCount = 0
    private var isBad = false
    private var tokens = 0.0
    private var tokensAt = MediaInstant(nanoseconds: 0)
    private var lastHandover = MediaInstant(nanoseconds: 0)

    package init(_ behaviour: Behaviour, seed: UInt64) {
        self.behaviour = behaviour
        random = .seeded(seed)
        tokens = Double(behaviour.policer?.burstByteCount ?? 0)
    }

    /// How long what comes now would wait.
    package func queueDelay(at instant: MediaInstant) -> MediaDuration { max(freeAt - instant, .zero) }

    /// When a packet leaves, and how long it waited before its own transmission began; nil when it is lost. Instants
    /// never go back.
    package mutating func send(byteCount: Int, at instant: MediaInstant) -> (
        departure: MediaInstant, waited: MediaDuration
    )? {
        guard passesPolicer(byteCount, at: instant) else {
            policed += 1
            return nil
        }
        while first < queued.count, queued[first].departure <= instant {
            queuedByteCount -= queued[first].byteCount
            first += 1
        }
        if first > 256, first > queued.count / 2 {
            queued.removeSubrange(..<first)
            first = 0
        }
        let limit: Int
        switch behaviour.queue {
        case .bytes(let count): limit = count
        case .time(let time): limit = Int(Double(behaviour.rate.value(at: instant)) * time.inSeconds / 8)
        }
        // What is being transmitted needs no room.
        guard first == queued.count || queuedByteCount + byteCount <= max(limit, byteCount) else {
            tailDrops += 1
            return nil
        }
        let start = max(freeAt, instant)
        let end = transmission(of: byteCount, from: start)
        freeAt = end
        queued.append((end, byteCount))
        queuedByteCount += byteCount
        // It took its time on the air all the same.
        guard !isLostAtRandom(at: instant) else {
            randomLosses += 1
            return nil
        }
        return (handover(end, byteCount), start - instant)
    }

    private func transmission(of byteCount: Int, from start: MediaInstant) -> MediaInstant {
        var (at, bits) = (start, Double(byteCount * 8))
        for (place, step) in behaviour.rate.steps.enumerated() {
            let next = place + 1 < behaviour.rate.steps.count ? behaviour.rate.steps[place + 1].seconds : .infinity
            guard next * 1e9 > Double(at.nanoseconds) else { continue }
            let needed = bits / Double(step.value) * 1e9
            let left = next * 1e9 - Double(at.nanoseconds)
            if needed <= left { return at + MediaDuration(nanoseconds: Int64(needed)) }
            bits -= left / 1e9 * Double(step.value)
            at = MediaInstant(nanoseconds: Int64(next * 1e9))
        }
        return at
    }

    private mutating func handover(_ end: MediaInstant, _ byteCount: Int) -> MediaInstant {
        let interval = behaviour.aggregation.nanoseconds
        guard interval > 0 else { return end }
        let boundary = MediaInstant(nanoseconds: (end.nanoseconds + interval - 1) / interval * interval)
        let own = MediaDuration(nanoseconds: Int64(byteCount) * 8_000_000_000 / Self.groupRate)
        lastHandover = max(boundary, lastHandover) + own
        return lastHandover
    }

    private mutating func passesPolicer(_ byteCount: Int, at instant: MediaInstant) -> Bool {
        guard let policer = behaviour.policer else { return true }
        tokens += (instant - tokensAt).inSeconds * Double(policer.rate) / 8
        tokens = min(tokens, Double(policer.burstByteCount))
        tokensAt = instant
        guard tokens >= Double(byteCount) else { return false }
        tokens -= Double(byteCount)
        return true
    }

    private mutating func isLostAtRandom(at instant: MediaInstant) -> Bool {
        if let bursts = behaviour.bursts {
            isBad = isBad ? !chance(bursts.leave) : chance(bursts.enter)
            if isBad, chance(bursts.loss) { return true }
        }
        return chance(behaviour.loss.value(at: instant))
    }

    private mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }
}
