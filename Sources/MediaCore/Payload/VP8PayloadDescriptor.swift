/// The payload descriptor of VP8, and what the payload header behind it says of the frame.
///
/// Source: RFC 7741, sections 4.2 and 4.3.
struct VP8PayloadDescriptor: Hashable, Sendable {
    /// Whether the first partition of a frame begins here (S, with partition 0).
    var isFrameStart: Bool
    /// Whether the first partition of a keyframe begins here.
    var isKeyframeStart = false
    /// PictureID, 7 or 15 bits.
    var pictureID: UInt16?
    /// Whether PictureID has 15 bits (M).
    var hasLongPictureID = false
    /// Where PictureID stands, with its M bit; 0 when there is none.
    var pictureIDOffset: UInt8 = 0
    /// TL0PICIDX; 0 when there is none.
    var levelZeroIndex: UInt8 = 0
    /// Where TL0PICIDX stands; 0 when there is none.
    var levelZeroOffset: UInt8 = 0
    /// TID; nil without temporal layers.
    var temporalLayer: UInt8?
    /// Whether the frame refers to the lowest temporal layer only (Y).
    var isLayerSync = false
    /// The size that a keyframe's first packet tells.
    var size: FrameSize?

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let first = try reader.readUInt8()
            isFrameStart = first & 0x10 != 0 && first & 0x07 == 0
            if first & 0x80 != 0 { try readExtensions(&reader) }
            let header = reader.offset
            let tag = try reader.readUInt8()
            // The first bit of the payload header is the inverse key frame flag; it stands in a frame's first packet.
            guard isFrameStart, tag & 0x01 == 0 else { return }
            isKeyframeStart = true
            size = Self.size(payload, header)
        } catch {
            return nil
        }
    }

    private mutating func readExtensions(_ reader: inout WireReader) throws(WireError) {
        let extensions = try reader.readUInt8()
        if extensions & 0x80 != 0 {
            pictureIDOffset = UInt8(truncatingIfNeeded: reader.offset)
            let upper = try reader.readUInt8()
            hasLongPictureID = upper & 0x80 != 0
            pictureID =
                hasLongPictureID ? UInt16(upper & 0x7F) << 8 | UInt16(try reader.readUInt8()) : UInt16(upper & 0x7F)
        }
        if extensions & 0x40 != 0 {
            levelZeroOffset = UInt8(truncatingIfNeeded: reader.offset)
            levelZeroIndex = try reader.readUInt8()
        }
        guard extensions & 0x30 != 0 else { return }
        let layer = try reader.readUInt8()
        guard extensions & 0x20 != 0 else { return }
        temporalLayer = layer >> 6
        isLayerSync = layer & 0x20 != 0
    }

    /// The size in a keyframe's header: 3 bytes of tag, a start code, twice 14 bits and 2 of scale.
    ///
    /// Source: RFC 6386, section 9.1.
    private static func size(_ payload: RawSpan, _ header: Int) -> FrameSize? {
        guard (try? payload.uint16(at: header + 3)) == 0x9D01, (try? payload.uint8(at: header + 5)) == 0x2A,
            let width = try? payload.uint16(at: header + 6), let height = try? payload.uint16(at: header + 8)
        else { return nil }
        return FrameSize(width: Int(width.byteSwapped & 0x3FFF), height: Int(height.byteSwapped & 0x3FFF))
    }
}
