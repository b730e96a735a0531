/// What a consumer sent under one of its own sequence numbers: enough to send it again.
struct SentPacket {
    /// The consumer's extended sequence number; -1 in an empty slot.
    var sequenceNumber: Int64 = -1
    /// The stored packet: its stream and its extended sequence number there.
    var stream: SlotID
    var source: Int64 = 0
    /// What was added to the source's timestamp.
    var timestampOffset: UInt32 = 0
    /// The values that only the departure knew. Without RTX a resend must repeat them: the same index under the same
    /// key may never protect other bytes.
    var transportSequenceNumber: UInt16 = 0
    var absoluteSendTime: UInt32 = 0
    /// The transport-wide number it was last sent under, as itself or as a retransmission.
    var latestTransportSequenceNumber: UInt16 = 0
    var lastSent = MediaInstant(nanoseconds: 0)
    var resendCount: UInt8 = 0
}

extension SentPacket {
    /// How often one packet is sent again at most.
    private static let maximumResends = 10

    /// Whether a request for it is to be answered: what was sent less than a round trip ago may still be on its way.
    func mayBeRepeated(at instant: MediaInstant, roundTrip: MediaDuration?) -> Bool {
        let rest = min(max(roundTrip ?? .milliseconds(20), .milliseconds(10)), .milliseconds(500))
        return resendCount < Self.maximumResends && (resendCount == 0 || instant - lastSent >= rest)
    }
}

/// The last packets a consumer sent, by its own sequence numbers.
struct SentHistory: ~Copyable {
    private var packets: UnsafeMutableBufferPointer<SentPacket>

    /// Allocates a history; `capacity` is a power of two.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        packets = .allocate(capacity: capacity)
        packets.initialize(repeating: SentPacket(stream: SlotID(index: 0, generation: 0)))
    }

    deinit {
        packets.deallocate()
    }

    mutating func remember(_ packet: SentPacket) {
        packets[Int(truncatingIfNeeded: packet.sequenceNumber) & (packets.count - 1)] = packet
    }

    func packet(_ sequenceNumber: Int64) -> SentPacket? {
        let packet = packets[Int(truncatingIfNeeded: sequenceNumber) & (packets.count - 1)]
        return packet.sequenceNumber == sequenceNumber ? packet : nil
    }
}
