/// What a peer's transport-wide feedback has said of what left for it.
struct ReportedDepartures {
    /// How many messages there were.
    private(set) var messages: UInt64 = 0
    /// Departures that arrived, and the bytes of their datagrams.
    private(set) var packetsAcknowledged: UInt64 = 0
    private(set) var bytesAcknowledged: UInt64 = 0
    /// Departures that were reported lost and have not been acknowledged since.
    private(set) var packetsLost: UInt64 = 0
    /// From the departure of the newest packet acknowledged to the message that said so: the round trip, and how long
    /// the peer kept the news to itself.
    private(set) var acknowledgementTime: MediaDuration?

    /// Takes a message about departures up to number `newest`; whether it says that any were lost.
    ///
    /// Each departure is counted once, however often it is reported. Numbers that are not in the history, because they
    /// left too long ago or never, count nothing.
    mutating func take(
        _ feedback: TransportFeedbackReader, of departures: borrowing DepartureHistory, newest: UInt16,
        at instant: MediaInstant
    ) -> Bool {
        messages &+= 1
        let base = feedback.baseSequenceNumber
        var receptions = feedback
        var expected = 0
        var reportsLosses = false
        var last: UnsafeMutablePointer<DepartureHistory.Entry>?
        while let reception = receptions.next() {
            let offset = Int(reception.offset)
            if offset > expected {
                reportsLosses = true
                lose(base, expected..<offset, of: departures, newest: newest)
            }
            expected = offset + 1
            last = departures.unsafeEntry(base &+ reception.offset)
            guard let entry = last, entry.pointee.fate != .acknowledged else {
                last = nil
                continue
            }
            if entry.pointee.fate == .lost { packetsLost &-= 1 }
            entry.pointee.fate = .acknowledged
            packetsAcknowledged &+= 1
            bytesAcknowledged &+= UInt64(entry.pointee.byteCount)
        }
        if Int(feedback.statusCount) > expected {
            reportsLosses = true
            lose(base, expected..<Int(feedback.statusCount), of: departures, newest: newest)
        }
        // When even the last was known, the message came for the sake of an older one.
        if let last { acknowledgementTime = last.pointee.age(at: instant) }
        return reportsLosses
    }

    /// Counts the departures reported lost, by offsets from a number. Offsets beyond the history are not looked up, so
    /// that a message costs no more than the history is long.
    private mutating func lose(
        _ base: UInt16, _ offsets: Range<Int>, of departures: borrowing DepartureHistory, newest: UInt16
    ) {
        let behind = offsets.lowerBound + Int(newest &- base &- UInt16(truncatingIfNeeded: offsets.lowerBound))
        let start = max(offsets.lowerBound, behind - DepartureHistory.capacity + 1)
        let end = min(offsets.upperBound, behind + 1)
        guard start < end else { return }
        for offset in start..<end {
            guard let entry = departures.unsafeEntry(base &+ UInt16(truncatingIfNeeded: offset)),
                entry.pointee.fate == .unknown
            else { continue }
            entry.pointee.fate = .lost
            packetsLost &+= 1
        }
    }
}
