/// The payload descriptor of VP9, as far as it is needed. Source: RFC 9628, section 4.2.
struct VP9PayloadDescriptor: Hashable, Sendable {
    /// Whether this is the first packet of a layer frame (B).
    var isFrameStart: Bool
    /// Whether the frame refers to earlier pictures (P).
    var isInterPicturePredicted: Bool
    /// The layer's spatial id, 0 without layers.
    var spatialLayer: UInt8

    /// Whether a keyframe's lowest layer begins here.
    var isKeyframeStart: Bool { isFrameStart && !isInterPicturePredicted && spatialLayer == 0 }

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let first = try reader.readUInt8()
            isFrameStart = first & 0x08 != 0
            isInterPicturePredicted = first & 0x40 != 0
            spatialLayer = 0
            if first & 0x80 != 0, try reader.readUInt8() & 0x80 != 0 { try reader.skip(1) }
            if first & 0x20 != 0 {
                spatialLayer = try reader.readUInt8() >> 1 & 0x07
                // TL0PICIDX, in the non-flexible mode only.
                if first & 0x10 == 0 { try reader.skip(1) }
            }
            // Reference indices, of which the last says so, at most three.
            if first & 0x50 == 0x50 {
                var references = 1
                while try reader.readUInt8() & 0x01 != 0 {
                    references += 1
                    guard references <= 3 else { return nil }
                }
            }
            if first & 0x02 != 0 { try Self.skipScalabilityStructure(&reader) }
            guard reader.remaining > 0 else { return nil }
        } catch {
            return nil
        }
    }

    private static func skipScalabilityStructure(_ reader: inout WireReader) throws(WireError) {
        let flags = try reader.readUInt8()
        if flags & 0x10 != 0 { try reader.skip((Int(flags >> 5) + 1) * 4) }
        guard flags & 0x08 != 0 else { return }
        for _ in 0..<(try reader.readUInt8()) {
            try reader.skip(Int(try reader.readUInt8() >> 2 & 0x03))
        }
    }
}
