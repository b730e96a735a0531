/// The payload structure of H.264, as far as it is needed. Source: RFC 6184, section 5.
struct H264PayloadDescriptor: Hashable, Sendable {
    /// Whether an IDR picture, or the sequence parameter set that leads one in, begins here.
    var isKeyframeStart = false

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let header = try reader.readUInt8()
            // The forbidden bit marks a syntax error.
            guard header & 0x80 == 0 else { return nil }
            switch header & 0x1F {
            case 1...23:
                isKeyframeStart = Self.startsKeyframe(header)
            case 24:
                guard reader.remaining > 0 else { return nil }
                while reader.remaining > 0 {
                    let unit = try reader.read(Int(try reader.readUInt16()))
                    if Self.startsKeyframe(try unit.uint8(at: 0)) { isKeyframeStart = true }
                }
            case 28:
                let fragment = try reader.readUInt8()
                isKeyframeStart = fragment & 0x80 != 0 && Self.startsKeyframe(fragment)
            default:
                // The other aggregates and fragments belong to the interleaved mode, which is not negotiated.
                return nil
            }
        } catch {
            return nil
        }
    }

    private static func startsKeyframe(_ header: UInt8) -> Bool {
        header & 0x1F == 5 || header & 0x1F == 7
    }
}
