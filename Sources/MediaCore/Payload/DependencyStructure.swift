/// A stream's templates and decode targets: what its dependency descriptors refer to.
///
/// Source: AOM, RTP payload format for AV1, appendix A.8.2 and A.8.3.
struct DependencyStructure: Sendable {
    static let maximumTemplates = 64
    static let maximumSpatialLayer: UInt8 = 3
    static let maximumTemporalLayer: UInt8 = 7
    /// Where a structure begins in its descriptor: behind the mandatory fields and five flags.
    static let firstBit = 29

    private(set) var templateOffset = 0
    private(set) var targetCount = 0
    private(set) var templates: [DependencyTemplate] = []
    /// The decode targets that each chain protects.
    private(set) var chains: [UInt32] = []
    /// The highest spatial and temporal layer of each decode target.
    private(set) var layers: [(spatial: UInt8, temporal: UInt8)] = []
    private(set) var maximumSpatialLayer: UInt8 = 0
    /// The sizes by spatial layer; nil when it does not tell.
    private(set) var sizes: InlineArray<4, FrameSize>?
    /// How many bits it has.
    private(set) var bitCount = 0
    /// The bytes of the descriptor from the one in which it begins to the one in which it ends.
    private var bytes: [UInt8] = []

    /// All decode targets.
    var everyTarget: UInt32 { targetCount >= 32 ? .max : (1 << UInt32(targetCount)) &- 1 }

    /// Reads a structure that begins where `reader` stands in `descriptor`; nil for one that can't be.
    init?(_ reader: inout BitReader, in descriptor: RawSpan) throws(WireError) {
        let start = reader.offset
        templateOffset = Int(try reader.read(6))
        targetCount = Int(try reader.read(5)) + 1
        guard try readLayers(&reader) else { return nil }
        for index in templates.indices { try templates[index].readTargets(targetCount, &reader) }
        for index in templates.indices {
            while try reader.readFlag() { templates[index].addReference(try reader.read(4) + 1) }
        }
        try readChains(&reader)
        for target in 0..<targetCount {
            let present = templates.filter { $0.presentIn >> UInt32(target) & 1 != 0 }
            layers.append((present.map(\.spatialLayer).max() ?? 0, present.map(\.temporalLayer).max() ?? 0))
        }
        if try reader.readFlag() {
            var sizes = InlineArray<4, FrameSize>(repeating: FrameSize())
            for layer in 0...Int(maximumSpatialLayer) {
                let (width, height) = (Int(try reader.read(16)) + 1, Int(try reader.read(16)) + 1)
                sizes[layer] = FrameSize(width: width, height: height) ?? FrameSize()
            }
            self.sizes = sizes
        }
        bitCount = reader.offset - start
        let first = start >> 3
        bytes = try descriptor.slice(at: first, count: ((reader.offset + 7) >> 3) - first).array
    }

    /// The layers of the templates, each by its step from the one before; false when there are too many.
    private mutating func readLayers(_ reader: inout BitReader) throws(WireError) -> Bool {
        var template = DependencyTemplate()
        while true {
            guard templates.count < Self.maximumTemplates else { return false }
            templates.append(template)
            switch try reader.read(2) {
            case 0: continue
            case 1: template.temporalLayer += 1
            case 2:
                template.temporalLayer = 0
                template.spatialLayer += 1
            default:
                maximumSpatialLayer = template.spatialLayer
                return true
            }
            guard template.temporalLayer <= Self.maximumTemporalLayer,
                template.spatialLayer <= Self.maximumSpatialLayer
            else { return false }
        }
    }

    private mutating func readChains(_ reader: inout BitReader) throws(WireError) {
        let count = try reader.readNonSymmetric(targetCount + 1)
        guard count > 0 else { return }
        chains = Array(repeating: 0, count: count)
        for target in 0..<targetCount {
            chains[try reader.readNonSymmetric(count)] |= 1 << UInt32(target)
        }
        for index in templates.indices {
            for chain in chains where try reader.read(4) == 0 { templates[index].chainStarts |= chain }
        }
    }

    /// Whether a descriptor has this structure from `firstBit` on. Its bits tell where it ends, so that equal bits are
    /// an equal structure.
    func isRepeated(in descriptor: RawSpan) -> Bool {
        let first = Self.firstBit >> 3
        guard bitCount > 0, descriptor.byteCount >= first + bytes.count else { return false }
        for index in bytes.indices {
            guard let byte = try? descriptor.uint8(at: first + index) else { return false }
            var mask: UInt8 = 0xFF
            if index == 0 { mask = 0xFF >> UInt8(Self.firstBit & 7) }
            if index == bytes.count - 1 { mask &= 0xFF << UInt8((8 - ((Self.firstBit + bitCount) & 7)) & 7) }
            guard (byte ^ bytes[index]) & mask == 0 else { return false }
        }
        return true
    }

    /// The template of an id; nil when there is none.
    func template(_ id: Int) -> DependencyTemplate? {
        let index = (id - templateOffset) & 63
        return index < templates.count ? templates[index] : nil
    }
}
