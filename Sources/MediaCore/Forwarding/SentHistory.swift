internal import CPrefetch

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
        return packet.sequenceNumber == number && packet.isTaken ? packet : nil
    }

    /// Starts to fetch where the packets from a number on will be remembered.
    func prefetch(from sequenceNumber: Int64, count: Int) {
        let first = slot(UInt32(truncatingIfNeeded: sequenceNumber))
        guard let base = packets.baseAddress else { return }
        sluice_prefetch(base + first, min(count, packets.count - first) * MemoryLayout<SentPacket>.stride)
    }
}
