@testable import MediaCore

/// The history of one transport, and what feedback says of it. Departures of 1,000 + i bytes leave one each millisecond
/// unless told otherwise.
struct ReportedSender: ~Copyable {
    var departures = DepartureHistory()
    var reported = ReportedDepartures()
    /// The newest departure's number.
    private(set) var sent: Int64
    var now = MediaInstant(nanoseconds: 5_000_000_000)
    /// What the last message said.
    private(set) var reports: [PacketReport] = []
    /// The count of the next message.
    var feedbackCount: UInt8 = 0

    var newest: UInt16 { UInt16(truncatingIfNeeded: sent) }

    init(before first: Int64) {
        sent = first - 1
    }

    mutating func send(_ count: Int, probe: ProbeCluster.ID? = nil, every interval: MediaDuration = .milliseconds(1)) {
        for position in 0..<count {
            now = now + interval
            send(byteCount: 1_000 + position, probe: probe)
        }
    }

    mutating func send(byteCount: Int, probe: ProbeCluster.ID? = nil) {
        sent += 1
        departures.remember(
            DepartureHistory.Entry(
                number: newest, byteCount: byteCount, consumer: SlotID(index: 0, generation: 1), sequenceNumber: 0,
                probe: probe, at: now))
    }

    /// Hears of so many numbers from `base` on that all but `lost` arrived, a while later: each 1 ms after the one before,
    /// the first 1 ms after the reference time, which is now unless told otherwise.
    mutating func hear(
        from base: UInt16, _ count: Int, lost: Set<Int> = [], after delay: MediaDuration = .zero,
        reference: Int64? = nil, delta: Int16 = 4
    ) throws -> Bool {
        now = now + delay
        let reference = reference ?? now.nanoseconds / 64_000_000
        let feedback = TransportFeedback(
            sender: 1, media: 2, baseSequenceNumber: base, statusCount: UInt16(count),
            referenceTime: UInt32(truncatingIfNeeded: reference) & 0xFF_FFFF, feedbackCount: feedbackCount,
            receptions: (0..<count).filter { !lost.contains($0) }.map { .init(offset: UInt16($0), delta: delta) })
        feedbackCount &+= 1
        return try hear(RTCPVectors.bytes(.transportFeedback(feedback)))
    }

    /// Hears one message.
    mutating func hear(_ message: [UInt8]) throws -> Bool {
        let packet = try RTCPPacket(message.span.bytes, at: 0)
        let reader = try TransportFeedbackReader(packet.body)
        reports.removeAll(keepingCapacity: true)
        return reported.take(reader, of: &departures, newest: sent, overhead: 28, at: now, into: &reports)
    }

    /// How many departures its history knows.
    var remembered: Int {
        var count = 0
        for number in UInt16.min...UInt16.max where departures.entry(number) != nil { count += 1 }
        return count
    }

    var counts: [UInt64] {
        [reported.messages, reported.packetsAcknowledged, reported.bytesAcknowledged, reported.packetsLost]
    }
}
