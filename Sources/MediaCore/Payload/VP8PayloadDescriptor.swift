/// The payload descriptor of VP8, as far as it is needed. Source: RFC 7741, section 4.2.
struct VP8PayloadDescriptor: Hashable, Sendable {
    /// Whether the first partition of a keyframe begins here.
    var isKeyframeStart: Bool

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let first = try reader.readUInt8()
            if first & 0x80 != 0 {
                let extensions = try reader.readUInt8()
                if extensions & 0x80 != 0 {
                    // A picture id of 7 or 15 bits.
                    if try reader.readUInt8() & 0x80 != 0 { try reader.skip(1) }
                }
                if extensions & 0x40 != 0 { try reader.skip(1) }
                if extensions & 0x30 != 0 { try reader.skip(1) }
            }
            // The first bit of the payload header is the inverse key frame flag; it stands in a frame's first packet.
            let isFrameStart = first & 0x10 != 0 && first & 0x07 == 0
            isKeyframeStart = try reader.readUInt8() & 0x01 == 0 && isFrameStart
        } catch {
            return nil
        }
    }
}
