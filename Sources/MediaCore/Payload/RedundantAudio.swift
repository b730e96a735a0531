/// The payload of redundant audio: blocks of earlier packets before the packet's own, which is the last.
///
/// Source: RFC 2198, section 3.
package enum RedundantAudio {
    /// Where the packet's own block begins, counted from the payload's beginning: it is the rest of the payload, of which
    /// a receiver without redundancy gets nothing else. At least 1.
    ///
    /// - Parameters:
    ///   - payload: the payload without padding.
    ///   - payloadType: that of the blocks.
    /// - Returns: nil when blocks are cut short or of another payload type.
    package static func primaryOffset(_ payload: RawSpan, of payloadType: UInt8) -> Int? {
        do throws(WireError) {
            var reader = WireReader(payload)
            var redundantByteCount = 0
            while true {
                let header = try reader.readUInt8()
                guard header & 0x7F == payloadType else { return nil }
                guard header & 0x80 != 0 else { break }
                // 14 bits of timestamp offset, 10 bits of length.
                try reader.skip(1)
                redundantByteCount += Int(try reader.readUInt16() & 0x03FF)
            }
            guard redundantByteCount <= reader.remaining else { return nil }
            return payload.byteCount - reader.remaining + redundantByteCount
        } catch {
            return nil
        }
    }
}
