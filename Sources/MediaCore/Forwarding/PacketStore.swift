/// The last packets of one received stream, decrypted, in a ring of bytes and a ring of records.
///
/// Records are found by extended sequence number, bytes are kept in order of arrival. A packet is written behind the
/// tail first and becomes part of the store only when it is committed, after authentication: what lies in the space
/// an uncommitted write may touch counts as gone already, so a forged packet damages nothing.
struct PacketStore: ~Copyable {
    /// The largest packet taken, in bytes.
    static let maximumPacketByteCount = 2048
    /// How far ahead of all that came a retransmission may be. Far below the 128 packets of a watcher's replay window: what is
    /// forwarded after it must not be too old there.
    static let maximumRecoveryLead: Int16 = 64
    /// An uncommitted write may skip the ring's end and then fill one packet.
    private static let reserve = UInt64(2 * maximumPacketByteCount)

    private var storage: ByteStorage
    private var records: UnsafeMutableBufferPointer<StoredPacket>
    /// Bytes ever written, skipped ones included.
    private var tail: UInt64 = 0
    /// The highest extended sequence number stored; nil before the first packet.
    private(set) var highest: Int64?

    /// Allocates a store. Both capacities are powers of two; `byteCapacity` is at least eight of the largest packets.
    init(byteCapacity: Int, recordCapacity: Int) {
        precondition(byteCapacity >= 8 * Self.maximumPacketByteCount && byteCapacity & (byteCapacity - 1) == 0)
        precondition(recordCapacity > 0 && recordCapacity & (recordCapacity - 1) == 0)
        storage = ByteStorage(byteCount: byteCapacity)
        records = .allocate(capacity: recordCapacity)
        records.initialize(repeating: StoredPacket())
    }

    deinit {
        records.deallocate()
    }

    private func slot(_ extendedSequenceNumber: Int64) -> Int {
        Int(truncatingIfNeeded: extendedSequenceNumber) & (records.count - 1)
    }

    /// Whether a packet with this number may be stored: it was not before, and is not too far behind or ahead.
    func accepts(_ extendedSequenceNumber: Int64) -> PacketStoreAdmission {
        guard let highest else { return .accepted }
        if extendedSequenceNumber <= highest - Int64(records.count) { return .tooOld }
        return records[slot(extendedSequenceNumber)].extendedSequenceNumber == extendedSequenceNumber
            ? .duplicate : .accepted
    }

    /// Where a packet of at most `maximumPacketByteCount` bytes can be written before it is committed.
    mutating func unsafeReserve(_ byteCount: Int) -> (memory: UnsafeMutableRawPointer, position: UInt64) {
        let capacity = UInt64(storage.byteCount)
        var position = tail
        if position & (capacity - 1) + UInt64(byteCount) > capacity {
            position = (position & ~(capacity - 1)) + capacity
        }
        return (storage.unsafeBase.advanced(by: Int(position & (capacity - 1))), position)
    }

    /// Makes the packet written at `record.position` part of the store.
    mutating func commit(_ record: StoredPacket) {
        records[slot(record.extendedSequenceNumber)] = record
        tail = record.position + UInt64(record.byteCount)
        highest = max(highest ?? record.extendedSequenceNumber, record.extendedSequenceNumber)
    }

    /// The record with a number; nil when it never came, or its bytes have been overwritten.
    func record(_ extendedSequenceNumber: Int64) -> StoredPacket? {
        let record = records[slot(extendedSequenceNumber)]
        guard record.extendedSequenceNumber == extendedSequenceNumber,
            record.position + UInt64(storage.byteCount) >= tail + Self.reserve
        else { return nil }
        return record
    }

    /// Replaces what is known of the layers of a packet that is there.
    mutating func setLayers(_ layers: FrameLayers, of extendedSequenceNumber: Int64) {
        records[slot(extendedSequenceNumber)].layers = layers
    }

    /// The record whose number has these low bits, if it is there.
    func record(lowBits: UInt32) -> StoredPacket? {
        guard let highest else { return nil }
        return record(highest + Int64(Int32(bitPattern: lowBits &- UInt32(truncatingIfNeeded: highest))))
    }

    /// The lowest number that may belong to a stored packet's picture: right behind the last packet before it that belongs
    /// to another one. When none of those is near, the lowest of the picture that is there.
    func firstOfPicture(_ packet: StoredPacket) -> Int64 {
        let number = packet.extendedSequenceNumber
        var first = number
        for earlier in ((number - 32)..<number).reversed() {
            guard let other = record(earlier) else { continue }
            guard other.timestamp == packet.timestamp else { return earlier + 1 }
            first = earlier
        }
        return first
    }

    /// The bytes of a record that `record` has just returned.
    func unsafeBytes(_ record: StoredPacket) -> UnsafeRawPointer {
        UnsafeRawPointer(storage.unsafeBase.advanced(by: Int(record.position & UInt64(storage.byteCount - 1))))
    }
}

/// What a store says of a packet before it is written.
enum PacketStoreAdmission {
    case accepted, duplicate, tooOld
}
