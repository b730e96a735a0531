/// What a peer's transport-wide feedback has said of what left for it.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
package struct ReportedDepartures {
    /// How many messages there were.
    private(set) var messages: UInt64 = 0
    /// Messages that did not come, by the others' count; those that came more than once; those whose times can't be.
    private(set) var messagesMissed: UInt64 = 0
    private(set) var messagesRepeated: UInt64 = 0
    private(set) var messagesImplausible: UInt64 = 0
    /// Departures that arrived, and the bytes of their datagrams.
    private(set) var packetsAcknowledged: UInt64 = 0
    private(set) var bytesAcknowledged: UInt64 = 0
    /// Departures that were reported lost and have not been acknowledged since.
    private(set) var packetsLost: UInt64 = 0
    /// Departures that were reported lost and acknowledged since.
    private(set) var packetsRecovered: UInt64 = 0
    /// Arrivals that were reported of what never left, or left too long ago.
    private(set) var packetsUnknown: UInt64 = 0
    /// From the departure of the newest packet acknowledged to the message that said so: the round trip, and how long
    /// the peer kept the news to itself.
    private(set) var acknowledgementTime: MediaDuration?

    private var clock = ReceiverClock()
    /// The newest message's count, and which of the 64 up to it have come.
    private var newestCount: UInt8?
    private var countsSeen: UInt64 = 0
    /// The newest departure when the last message came.
    private var newestReported: Int64 = 0
    /// How many departures that are said to be lost may still be looked up.
    private var lookups = DepartureHistory.initialCapacity
    private var reordering = ReorderingWindow()
    /// The newest departure that arrived.
    private var newestArrived: (number: Int64, departure: MediaInstant)?
    /// What is missing has numbers behind the one, up to the other.
    private var judged = Int64.min
    private var lastMissing = Int64.min

    /// No two packets of one message arrive further apart, in units of its deltas: ten seconds.
    private static let longestSpan: Int64 = 40_000

    package init() {}

    /// Takes a message about departures up to number `newest`; whether any turn out to be lost.
    ///
    /// Appends what it says of departures to `reports`, by ascending number: each is reported lost once at most, and as
    /// arrived once at most. Where packets overtake each other, those that are missing are given time before they are
    /// reported lost. Numbers that are not in the history, because they left too long ago or never, are ignored. When
    /// the message's times can't be true, it counts, but nothing is reported.
    ///
    /// - Parameter overhead: What each datagram has on the wire besides its bytes: IP and UDP headers.
    package mutating func take(
        _ feedback: TransportFeedbackReader, of departures: inout DepartureHistory, newest: Int64, overhead: Int,
        at instant: MediaInstant, into reports: inout [PacketReport]
    ) -> Bool {
        messages &+= 1
        departures.expectReports()
        count(feedback.feedbackCount)
        // A few for each departure, as receivers speak again of what they spoke of; and a few for each message.
        let gained = min(max(newest &- newestReported, 0), Int64(departures.capacity))
        lookups = min(lookups + 8 * Int(gained) + 64, departures.capacity)
        newestReported = max(newestReported, newest)

        var message = Message(feedback, newest: newest, overhead: overhead, at: instant, reportsBefore: reports.count)
        var receptions = feedback
        var expected = 0
        let lostBefore = packetsLost &+ packetsRecovered
        let newestBefore = newestArrived?.departure
        reordering.advance(to: instant)
        var last: UnsafeMutablePointer<DepartureHistory.Entry>?
        while let reception = receptions.next() {
            let offset = Int(reception.offset)
            if offset > expected { miss(expected..<offset, of: departures, message, into: &reports) }
            expected = offset + 1
            message.elapsed += Int64(reception.delta)
            last = offset <= message.newestOffset ? departures.unsafeEntry(message.number(at: offset)) : nil
            guard let entry = last else {
                packetsUnknown &+= 1
                continue
            }
            guard entry.pointee.fate != .acknowledged else {
                last = nil
                continue
            }
            let fate = entry.pointee.fate
            if fate == .lost {
                packetsLost &-= 1
                packetsRecovered &+= 1
            }
            let departure = entry.pointee.departure(asOf: instant)
            if fate != .unknown, let newestBefore { reordering.note(newestBefore - departure, at: instant) }
            if newestArrived.map({ $0.number < message.first + Int64(offset) }) ?? true {
                newestArrived = (message.first + Int64(offset), departure)
            }
            entry.pointee.fate = .acknowledged
            packetsAcknowledged &+= 1
            bytesAcknowledged &+= UInt64(entry.pointee.byteCount)
            guard message.isPlausible else { continue }
            guard let arrival = arrival(&message) else {
                messagesImplausible &+= 1
                message.isPlausible = false
                reports.removeLast(reports.count - message.reportsBefore)
                continue
            }
            reports.append(message.report(entry.pointee, at: offset, arrival: arrival, wasLost: fate == .lost))
        }
        if Int(feedback.statusCount) > expected {
            miss(expected..<Int(feedback.statusCount), of: departures, message, into: &reports)
        }
        if judged < lastMissing, message.isPlausible { giveUp(of: departures, message, into: &reports) }
        // When even the last was known, the message came for the sake of an older one.
        if let last { acknowledgementTime = last.pointee.age(at: instant) }
        return packetsLost &+ packetsRecovered != lostBefore
    }

    /// What is known of one message while it is read.
    private struct Message {
        let base: UInt16
        let referenceTime: UInt32
        /// The base's extended number, and the offset of the newest departure from it. What is ahead of that has not
        /// left; so no message reaches around, and numbers ascend.
        let first: Int64
        let newestOffset: Int
        let overhead: Int
        let instant: MediaInstant
        let reportsBefore: Int
        /// The reference time, extended once something depends on it.
        var reference: Int64?
        /// From the reference time to the reception at hand, in units of deltas.
        var elapsed: Int64 = 0
        var isPlausible = true

        init(
            _ feedback: TransportFeedbackReader, newest: Int64, overhead: Int, at instant: MediaInstant,
            reportsBefore: Int
        ) {
            base = feedback.baseSequenceNumber
            referenceTime = feedback.referenceTime
            newestOffset = Int(UInt16(truncatingIfNeeded: newest) &- base)
            first = newest &- Int64(newestOffset)
            self.overhead = overhead
            self.instant = instant
            self.reportsBefore = reportsBefore
        }

        func number(at offset: Int) -> UInt16 { base &+ UInt16(truncatingIfNeeded: offset) }

        @inline(__always)
        func report(
            _ entry: DepartureHistory.Entry, at offset: Int, arrival: MediaInstant?, wasLost: Bool = false
        ) -> PacketReport {
            PacketReport(
                sequenceNumber: first &+ Int64(offset), byteCount: entry.byteCount + overhead,
                departure: entry.departure(asOf: instant), arrival: arrival, probe: entry.probe,
                wasReportedLost: wasLost)
        }
    }

    /// When the reception at hand arrived, by the receiver's clock; nil when that can't be.
    @inline(__always)
    private mutating func arrival(_ message: inout Message) -> MediaInstant? {
        if message.reference == nil {
            message.reference = clock.extended(message.referenceTime, at: message.instant)
        }
        guard let reference = message.reference, abs(message.elapsed) <= Self.longestSpan else { return nil }
        let start = MediaInstant(nanoseconds: reference &* ReceiverClock.unit.nanoseconds)
        return start + TransportFeedback.tick * message.elapsed
    }

    /// Notes departures that have not arrived, by offsets from a message's base. Offsets beyond the history are not looked
    /// up, nor more than there are lookups left, so that messages cost no more than what left allows.
    private mutating func miss(
        _ offsets: Range<Int>, of departures: borrowing DepartureHistory, _ message: Message,
        into reports: inout [PacketReport]
    ) {
        let start = max(offsets.lowerBound, message.newestOffset - departures.capacity + 1)
        let end = min(offsets.upperBound, message.newestOffset + 1, start + lookups)
        guard start < end else { return }
        lookups -= end - start
        for offset in start..<end {
            guard let entry = departures.unsafeEntry(message.number(at: offset)), entry.pointee.fate == .unknown
            else { continue }
            guard reordering.length == .zero else {
                entry.pointee.fate = .missing
                let number = message.first + Int64(offset)
                judged = judged < lastMissing ? min(judged, number - 1) : number - 1
                lastMissing = max(lastMissing, number)
                continue
            }
            entry.pointee.fate = .lost
            packetsLost &+= 1
            guard message.isPlausible else { continue }
            reports.append(message.report(entry.pointee, at: offset, arrival: nil))
        }
    }

    /// Takes what is missing for lost once something arrived that left so much later that it can't have been overtaken.
    private mutating func giveUp(
        of departures: borrowing DepartureHistory, _ message: Message, into reports: inout [PacketReport]
    ) {
        guard let newestArrived else { return }
        let latest = newestArrived.departure - reordering.length
        let count = reports.count
        judged = max(judged, newestArrived.number - Int64(departures.capacity))
        while judged < min(newestArrived.number, lastMissing), lookups > 0 {
            lookups -= 1
            if let entry = departures.unsafeEntry(UInt16(truncatingIfNeeded: judged + 1)) {
                guard entry.pointee.departure(asOf: message.instant) <= latest else { break }
                if entry.pointee.fate == .missing {
                    entry.pointee.fate = .lost
                    packetsLost &+= 1
                    reports.append(message.report(entry.pointee, at: Int(judged + 1 - message.first), arrival: nil))
                }
            }
            judged += 1
        }
        guard count > message.reportsBefore, count < reports.count,
            reports[count].sequenceNumber < reports[count - 1].sequenceNumber
        else { return }
        reports[message.reportsBefore...].sort { $0.sequenceNumber < $1.sequenceNumber }
    }

    /// Notes a message's count. Those that come twice say nothing new, but are read: not every receiver counts.
    private mutating func count(_ count: UInt8) {
        guard let newest = newestCount else {
            newestCount = count
            countsSeen = 1
            return
        }
        let step = Int(Int8(bitPattern: count &- newest))
        if step > 0 {
            messagesMissed &+= UInt64(step - 1)
            newestCount = count
            countsSeen = countsSeen << step | 1
        } else if step > -64 {
            if countsSeen >> -step & 1 != 0 {
                messagesRepeated &+= 1
            } else {
                countsSeen |= 1 << -step
                // None was missed before the first.
                if messagesMissed > 0 { messagesMissed -= 1 }
            }
        }
    }
}
