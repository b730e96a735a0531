internal import CPrefetch

/// What a consumer sent under one of its own sequence numbers: enough to send it again. It fits half a cache line, since
/// each packet leaves one for each watcher.
struct SentPacket {
    /// The low bits of the consumer's extended sequence number.
    let sequenceNumber: UInt32
    /// The stored packet: its stream, and the low bits of its extended sequence number there.
    let source: UInt32
    let stream: SlotID
    /// What was added to the source's timestamp.
    let timestampOffset: UInt32
    /// The values that only the departure knew. Without RTX a resend must repeat them: the same index under the same
    /// key may never protect other bytes. 24 bits of absolute send time stand below 8 that count the resends.
    private var sendTimeAndResends: UInt32
    let transportSequenceNumber: UInt16
    /// The transport-wide number it was last sent under, as itself or as a retransmission.
    private(set) var latestTransportSequenceNumber: UInt16
    /// When it was last sent, in microseconds; wraps.
    private var lastSent: UInt32

    /// What an empty slot holds: no stream has this id.
    static let none = SentPacket(
        sequenceNumber: 0, stream: SlotID(index: 0, generation: 0), source: 0, timestampOffset: 0,
        transportSequenceNumber: 0, absoluteSendTime: 0, at: MediaInstant(nanoseconds: 0))

    /// A packet's first departure; `absoluteSendTime` has 24 bits.
    init(
        sequenceNumber: Int64, stream: SlotID, source: Int64, timestampOffset: UInt32, transportSequenceNumber: UInt16,
        absoluteSendTime: UInt32, at instant: MediaInstant
    ) {
        self.sequenceNumber = UInt32(truncatingIfNeeded: sequenceNumber)
        self.stream = stream
        self.source = UInt32(truncatingIfNeeded: source)
        self.timestampOffset = timestampOffset
        self.transportSequenceNumber = transportSequenceNumber
        latestTransportSequenceNumber = transportSequenceNumber
        sendTimeAndResends = absoluteSendTime & 0xFF_FFFF
        lastSent = Self.microseconds(instant)
    }

    /// 24 bits of seconds as 6.18 fixed point.
    var absoluteSendTime: UInt32 { sendTimeAndResends & 0xFF_FFFF }

    private var resendCount: UInt32 { sendTimeAndResends >> 24 }

    private static func microseconds(_ instant: MediaInstant) -> UInt32 {
        UInt32(truncatingIfNeeded: instant.nanoseconds / 1000)
    }

    /// Notes a resend, and the transport-wide number it had.
    mutating func resent(under transportSequenceNumber: UInt16, at instant: MediaInstant) {
        latestTransportSequenceNumber = transportSequenceNumber
        lastSent = Self.microseconds(instant)
        sendTimeAndResends &+= 1 << 24
    }

    /// How often one packet is sent again at most.
    private static let maximumResends = 10

    /// Whether a request for it is to be answered: what was sent less than a round trip ago may still be on its way.
    func mayBeRepeated(at instant: MediaInstant, roundTrip: MediaDuration?) -> Bool {
        let rest = min(max(roundTrip ?? .milliseconds(20), .milliseconds(10)), .milliseconds(500))
        let elapsed = MediaDuration.microseconds(Int64(Self.microseconds(instant) &- lastSent))
        return resendCount < Self.maximumResends && (resendCount == 0 || elapsed >= rest)
    }
}

/// The last packets a consumer sent, by its own sequence numbers.
struct SentHistory: ~Copyable {
    private var packets: UnsafeMutableBufferPointer<SentPacket>

    /// Allocates a history; `capacity` is a power of two.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        packets = .allocate(capacity: capacity)
        packets.initialize(repeating: .none)
    }

    deinit {
        packets.deallocate()
    }

    /// How many packets are kept.
    var capacity: Int { packets.count }

    private func slot(_ sequenceNumber: UInt32) -> Int { Int(sequenceNumber) & (packets.count - 1) }

    mutating func remember(_ packet: SentPacket) {
        packets[slot(packet.sequenceNumber)] = packet
    }

    /// What was sent under an extended sequence number; nil when that is too long ago, or was never.
    func packet(_ sequenceNumber: Int64) -> SentPacket? {
        let number = UInt32(truncatingIfNeeded: sequenceNumber)
        let packet = packets[slot(number)]
        return packet.sequenceNumber == number && packet.stream.generation != 0 ? packet : nil
    }

    /// Starts to fetch where the packets from a number on will be remembered.
    func prefetch(from sequenceNumber: Int64, count: Int) {
        let first = slot(UInt32(truncatingIfNeeded: sequenceNumber))
        guard let base = packets.baseAddress else { return }
        sluice_prefetch(base + first, min(count, packets.count - first) * MemoryLayout<SentPacket>.stride)
    }
}
