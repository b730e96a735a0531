/// Packets of sound that are repeated in the one after them. They stand in the source's store: valid until it changes.
///
/// Source: RFC 2198, section 3.
struct RedundantBlocks {
    /// What is lost beyond two packets in a row was lost by more than chance.
    static let maximumCount = 2

    private struct Block {
        var content = UnsafeRawBufferPointer(start: nil, count: 0)
        var timestampOffset: UInt32 = 0
    }

    /// The packet right before, and the one before that.
    private var blocks = InlineArray<2, Block>(repeating: Block())
    private(set) var count = 0
    /// What they add to a payload, headers included; 0 without any.
    private(set) var byteCount = 0

    /// Takes what stands right before a packet, as many as `count` of them, that add no more than `maximumByteCount`
    /// bytes: up to one that is not there, or that a block's header can't describe.
    init(before packet: StoredPacket, count: Int, in store: borrowing PacketStore, maximumByteCount: Int = .max) {
        var last: UInt32 = 0
        while self.count < min(count, Self.maximumCount) {
            let number = packet.extendedSequenceNumber - Int64(self.count + 1)
            guard let earlier = store.record(number)?.withoutRedundancy else { return }
            let offset = packet.timestamp &- earlier.timestamp
            // 14 bits tell how old it is, 10 how long.
            guard offset > last, offset < 1 << 14, (1..<1 << 10).contains(earlier.payloadByteCount) else { return }
            let added = (self.count == 0 ? 5 : 4) + Int(earlier.payloadByteCount)
            guard byteCount + added <= maximumByteCount else { return }
            let start = store.unsafeBytes(earlier).advanced(by: Int(earlier.headerByteCount))
            blocks[self.count] = Block(
                content: UnsafeRawBufferPointer(start: start, count: Int(earlier.payloadByteCount)),
                timestampOffset: offset)
            self.count += 1
            byteCount += added
            last = offset
        }
    }

    /// Writes a payload that repeats them, the oldest first, before its own content; returns its length.
    func write(payloadType: UInt8, _ content: UnsafeRawBufferPointer, to memory: UnsafeMutableRawPointer) -> Int {
        var end = 0
        for index in (0..<count).reversed() {
            let word = blocks[index].timestampOffset << 10 | UInt32(truncatingIfNeeded: blocks[index].content.count)
            let header = UInt32(payloadType | 0x80) << 24 | word
            memory.storeBytes(of: header.bigEndian, toByteOffset: end, as: UInt32.self)
            end += 4
        }
        memory.storeBytes(of: payloadType, toByteOffset: end, as: UInt8.self)
        end += 1
        for index in (0..<count).reversed() { append(blocks[index].content, to: memory, &end) }
        append(content, to: memory, &end)
        return end
    }

    private func append(_ bytes: UnsafeRawBufferPointer, to memory: UnsafeMutableRawPointer, _ end: inout Int) {
        guard let base = bytes.baseAddress else { return }
        memory.advanced(by: end).copyMemory(from: base, byteCount: bytes.count)
        end += bytes.count
    }
}
