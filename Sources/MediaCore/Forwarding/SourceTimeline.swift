/// A consumer's timestamps across changes of source: time goes on as the publisher's clock does, never backward.
struct SourceTimeline {
    /// The source before, and what was added to its timestamps.
    enum Previous {
        case same(offset: UInt32)
        case other(SourceClock, offset: UInt32)
    }

    private let clockRate: UInt32
    /// What was added beyond what the clocks say, so that time went forward. It is not carried on to the next source.
    private(set) var excess: UInt32 = 0

    init(clockRate: UInt32) {
        self.clockRate = clockRate
    }

    /// What to add to the timestamps of a new source, so that those of `packet` continue what was sent.
    ///
    /// The sender reports of both sources tell how their timestamps relate; without them, or when what they tell can't
    /// be, it is the time between the arrival of the packet and when the newest one left.
    ///
    /// - Parameters:
    ///   - clock: the new source's.
    ///   - previous: nil when the old source is not there any more.
    ///   - newest: the highest timestamp sent, and when.
    ///   - leastStep: how many ticks it goes forward at least.
    mutating func offset(
        of packet: StoredPacket, clock: SourceClock, previous: Previous?,
        newest: (timestamp: UInt32, departure: MediaInstant), leastStep: Int64 = 1
    ) -> UInt32 {
        let elapsed = (packet.arrival - newest.departure).nanoseconds / 1000 * Int64(clockRate) / 1_000_000
        var ideal = elapsed
        if let offset = told(clock, previous) {
            let told = Int64(Int32(bitPattern: packet.timestamp &+ offset &- newest.timestamp))
            // A second more or less than what has passed is no delay any more.
            if abs(told - elapsed) <= Int64(clockRate) { ideal = told }
        }
        let step = max(ideal, leastStep)
        excess = UInt32(truncatingIfNeeded: step - ideal)
        return newest.timestamp &+ UInt32(truncatingIfNeeded: step) &- packet.timestamp
    }

    /// What is to be added by what is known of both sources.
    private func told(_ clock: SourceClock, _ previous: Previous?) -> UInt32? {
        switch previous {
        case .same(let offset)?: return offset &- excess
        case .other(let old, let offset)?:
            guard let reported = clock.report, let before = old.report else { return nil }
            let difference = SourceClock.ticks(reported.ntpTime - before.ntpTime, clockRate)
            return before.timestamp &+ offset &- excess &+ difference &- reported.timestamp
        case nil: return nil
        }
    }
}
