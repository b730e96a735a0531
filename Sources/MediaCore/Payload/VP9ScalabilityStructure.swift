/// What a VP9 stream says of its spatial layers' sizes and of the pattern its pictures follow.
///
/// Source: RFC 9628, section 4.2.1.
struct VP9ScalabilityStructure: Sendable {
    /// A picture of the group.
    struct Picture: Sendable {
        var temporalLayer: UInt8 = 0
        var isSwitchingUpPoint = false
        var referenceCount = 0
        var references = InlineArray<3, UInt8>(repeating: 0)
    }

    /// The bytes it was read from: the same bytes need not be read again.
    private var bytes: [UInt8] = []
    /// The pictures of the group; empty when the stream does not tell.
    private(set) var group: [Picture] = []
    /// The sizes by spatial layer; nil when the stream does not tell.
    private(set) var sizes: InlineArray<4, FrameSize>?

    /// Nothing known.
    init() {}

    /// Nil for temporal layers out of range.
    init?(_ structure: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(structure)
            let flags = try reader.readUInt8()
            if flags & 0x10 != 0 {
                var sizes = InlineArray<4, FrameSize>(repeating: FrameSize())
                for layer in 0...Int(flags >> 5) {
                    let size = FrameSize(width: try reader.readUInt16(), height: try reader.readUInt16())
                    if layer < sizes.count { sizes[layer] = size }
                }
                self.sizes = sizes
            }
            if flags & 0x08 != 0 {
                for _ in 0..<(try reader.readUInt8()) {
                    guard let picture = try Self.picture(&reader) else { return nil }
                    group.append(picture)
                }
            }
            bytes = structure.array
        } catch {
            return nil
        }
    }

    /// Whether the bytes are those it was read from.
    func isRead(from structure: RawSpan) -> Bool {
        structure.withUnsafeBytes { $0.elementsEqual(bytes) }
    }

    private static func picture(_ reader: inout WireReader) throws(WireError) -> Picture? {
        let flags = try reader.readUInt8()
        guard flags >> 5 <= VP9PayloadDescriptor.maximumLayer else { return nil }
        var picture = Picture(
            temporalLayer: flags >> 5, isSwitchingUpPoint: flags & 0x10 != 0, referenceCount: Int(flags >> 2 & 0x03))
        for index in 0..<picture.referenceCount { picture.references[index] = try reader.readUInt8() }
        return picture
    }

    /// Moves over one without looking at it.
    static func skip(_ reader: inout WireReader) throws(WireError) {
        let flags = try reader.readUInt8()
        if flags & 0x10 != 0 { try reader.skip((Int(flags >> 5) + 1) * 4) }
        guard flags & 0x08 != 0 else { return }
        for _ in 0..<(try reader.readUInt8()) {
            try reader.skip(Int(try reader.readUInt8() >> 2 & 0x03))
        }
    }
}
