/// The aggregation header and the first elements of AV1, as far as they are needed.
///
/// Source: AOM, RTP payload format for AV1, section 4.
struct AV1PayloadDescriptor: Hashable, Sendable {
    private static let sequenceHeader: UInt8 = 1

    /// Whether a coded video sequence, and so a keyframe, begins here.
    var isKeyframeStart = false

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let header = try reader.readUInt8()
            let isContinuation = header & 0x80 != 0
            let isNewSequence = header & 0x08 != 0
            let elementCount = Int(header >> 4 & 0x03)
            // A new sequence can't begin with the rest of something.
            guard !(isContinuation && isNewSequence), reader.remaining > 0 else { return nil }
            guard isNewSequence else { return }
            var index = 1
            while reader.remaining > 0 {
                // With a count, the last element has no length.
                let length = index == elementCount ? reader.remaining : try Self.readLEB128(&reader)
                let element = try reader.read(length)
                if length > 0 {
                    let unit = try element.uint8(at: 0)
                    guard unit & 0x80 == 0 else { return nil }
                    if unit >> 3 & 0x0F == Self.sequenceHeader { isKeyframeStart = true }
                }
                guard index != elementCount else { return }
                index += 1
            }
            // Fewer elements than counted.
            guard elementCount == 0 else { return nil }
        } catch {
            return nil
        }
    }

    /// A length in groups of seven bits, lowest first.
    private static func readLEB128(_ reader: inout WireReader) throws(WireError) -> Int {
        var value = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = try reader.readUInt8()
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .truncated
    }
}
