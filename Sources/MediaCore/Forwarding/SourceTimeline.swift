/// A consumer's timestamps across changes of source: time goes on as the publisher's clock does, never backward.
struct SourceTimeline {
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
    ///   - previous: the old source's clock, if it is still there, and what was added to its timestamps.
    ///   - newest: the highest timestamp sent, and when.
    ///   - leastStep: how many ticks it goes forward at least.
    mutating func offset(
        of packet: StoredPacket, clock: SourceClock, previous: (clock: SourceClock, offset: UInt32)?,
        newest: (timestamp: UInt32, departure: MediaInstant), leastStep: Int64 = 1
    ) -> UInt32 {
        let elapsed = (packet.arrival - newest.departure).nanoseconds / 1000 * Int64(clockRate) / 1_000_000
        var ideal = elapsed
        if let reported = clock.report, let previous, let old = previous.clock.report {
            let difference = SourceClock.ticks(reported.ntpTime - old.ntpTime, clockRate)
            let offset = old.timestamp &+ previous.offset &- excess &+ difference &- reported.timestamp
            let told = Int64(Int32(bitPattern: packet.timestamp &+ offset &- newest.timestamp))
            // A second more or less than what has passed is no delay any more.
            if abs(told - elapsed) <= Int64(clockRate) { ideal = told }
        }
        let step = max(ideal, leastStep)
        excess = UInt32(truncatingIfNeeded: step - ideal)
        return newest.timestamp &+ UInt32(truncatingIfNeeded: step) &- packet.timestamp
    }
}
