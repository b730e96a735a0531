/// The aggregation header of AV1, and what the headers of the OBUs behind it say.
///
/// Source: AOM, RTP payload format for AV1, section 4.
struct AV1PayloadDescriptor: Sendable {
    private static let sequenceHeader: UInt8 = 1

    /// Whether a coded video sequence, and so a keyframe, begins here (N, with a sequence header).
    var isKeyframeStart = false
    /// Whether the first element goes on with an OBU of the packet before (Z).
    var isContinuation: Bool
    /// Whether a frame, or what leads one in, begins here.
    var isFrameStart = false
    /// The layers of the first OBU that names some; nil when none does.
    var layer: (spatial: UInt8, temporal: UInt8)?
    /// The size that a sequence header tells, and the highest spatial layer, which has it.
    var size: (frame: FrameSize, spatialLayer: Int)?

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let header = try reader.readUInt8()
            isContinuation = header & 0x80 != 0
            let isNewSequence = header & 0x08 != 0
            let elementCount = Int(header >> 4 & 0x03)
            // A new sequence can't begin with the rest of something.
            guard !(isContinuation && isNewSequence), reader.remaining > 0 else { return nil }
            var index = 1
            while reader.remaining > 0 {
                // With a count, the last element has no length.
                let length = index == elementCount ? reader.remaining : try Self.readLEB128(&reader)
                let element = try reader.read(length)
                if length > 0, index > 1 || !isContinuation {
                    guard try note(element, isNewSequence) else { return nil }
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

    /// Takes note of an OBU that begins here; false when its header can't be.
    private mutating func note(_ unit: RawSpan, _ isNewSequence: Bool) throws(WireError) -> Bool {
        let header = try unit.uint8(at: 0)
        guard header & 0x80 == 0 else { return false }
        var start = 1
        if header & 0x04 != 0 {
            let layers = try unit.uint8(at: 1)
            if layer == nil { layer = (layers >> 3 & 0x03, layers >> 5) }
            start += 1
        }
        let kind = header >> 3 & 0x0F
        // Sequence header, temporal delimiter, frame header, frame. Source: AV1 specification, section 6.2.2.
        if kind == 1 || kind == 2 || kind == 3 || kind == 6 { isFrameStart = true }
        guard kind == Self.sequenceHeader else { return true }
        if isNewSequence { isKeyframeStart = true }
        if header & 0x02 != 0 {
            // Senders should leave the OBU's own size out; some don't.
            while try unit.uint8(at: start) & 0x80 != 0 { start += 1 }
            start += 1
        }
        size = Self.size(unit.extracting(droppingFirst: start)) ?? size
        return true
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
