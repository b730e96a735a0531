/// A payload that repeats earlier sound beside its own. Source: RFC 2198, section 3.
package struct RedundantAudio: Sendable {
    /// How many blocks are understood, the primary one included.
    static let maximumBlocks = 16

    /// What one block holds.
    package struct Block: Hashable, Sendable {
        /// The payload type of its content.
        package var payloadType: UInt8 = 0
        /// How much older than the packet it is, in units of the RTP clock; 14 bits, 0 for the primary block.
        package var timestampOffset: UInt16 = 0
        /// Where its content starts in the payload.
        package var offset = 0
        /// The length of its content in bytes; 10 bits, but for the primary block.
        package var count = 0
    }

    /// How many earlier blocks there are.
    package private(set) var redundantCount = 0
    /// The packet's own sound.
    package private(set) var primary = Block()
    private var blocks = InlineArray<16, Block>(repeating: Block())

    /// An earlier block, the oldest first; nil past the last.
    package func redundant(_ index: Int) -> Block? {
        (0..<redundantCount).contains(index) ? blocks[index] : nil
    }

    /// Whether all blocks have one payload type.
    func holdsOnly(_ payloadType: UInt8) -> Bool {
        guard primary.payloadType == payloadType else { return false }
        return (0..<redundantCount).allSatisfy { blocks[$0].payloadType == payloadType }
    }

    /// Nil when it is malformed, has too many blocks or no sound of its own.
    package init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            while true {
                let first = try reader.readUInt8()
                guard first & 0x80 != 0 else {
                    primary.payloadType = first
                    break
                }
                guard redundantCount < Self.maximumBlocks - 1 else { return nil }
                let rest = try reader.readUInt24()
                blocks[redundantCount] = Block(
                    payloadType: first & 0x7F, timestampOffset: UInt16(rest >> 10), count: Int(rest & 0x3FF))
                redundantCount += 1
            }
            for index in 0..<redundantCount {
                blocks[index].offset = reader.offset
                try reader.skip(blocks[index].count)
            }
            guard reader.remaining > 0 else { return nil }
            primary.offset = reader.offset
            primary.count = reader.remaining
        } catch {
            return nil
        }
    }
}
