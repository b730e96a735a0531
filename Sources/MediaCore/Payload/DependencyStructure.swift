/// A stream's templates and decode targets: what its dependency descriptors refer to.
///
/// It never changes; a reference, because every descriptor is read with it.
///
/// Source: AOM, RTP payload format for AV1, appendix A.8.2 and A.8.3.
final class DependencyStructure: Sendable {
    static let maximumTemplates = 64
    static let maximumSpatialLayer: UInt8 = 3
    static let maximumTemporalLayer: UInt8 = 7
    /// Where a structure begins in its descriptor: behind the mandatory fields and five flags.
    static let firstBit = 29

    let templateOffset: Int
    let targetCount: Int
    let templates: [DependencyTemplate]
    /// The decode targets that each chain protects.
    let chains: [UInt32]
    /// The highest spatial and temporal layer of each decode target.
    let layers: [(spatial: UInt8, temporal: UInt8)]
    let maximumSpatialLayer: UInt8
    /// The sizes by spatial layer; nil when it does not tell.
    let sizes: InlineArray<4, FrameSize>?
    /// How many bits it has.
    let bitCount: Int
    /// The bytes of the descriptor from the one in which it begins to the one in which it ends.
    private let bytes: [UInt8]

    /// All decode targets.
    var everyTarget: UInt32 { targetCount >= 32 ? .max : (1 << UInt32(targetCount)) &- 1 }

    /// Reads a structure that begins where `reader` stands in `descriptor`; nil for one that can't be.
    init?(_ reader: inout BitReader, in descriptor: RawSpan) throws(WireError) {
        let start = reader.offset
        templateOffset = Int(try reader.read(6))
        let targetCount = Int(try reader.read(5)) + 1
        guard var templates = try Self.readLayers(&reader) else { return nil }
        for index in templates.indices { try templates[index].readTargets(targetCount, &reader) }
        for index in templates.indices {
            while try reader.readFlag() { templates[index].addReference(try reader.read(4) + 1) }
        }
        chains = try Self.readChains(&templates, targetCount, &reader)
        layers = (0..<targetCount).map { target in
            let present = templates.filter { $0.presentIn >> UInt32(target) & 1 != 0 }
            return (present.map(\.spatialLayer).max() ?? 0, present.map(\.temporalLayer).max() ?? 0)
        }
        maximumSpatialLayer = templates.last?.spatialLayer ?? 0
        sizes = try reader.readFlag() ? try Self.readSizes(Int(maximumSpatialLayer) + 1, &reader) : nil
        self.targetCount = targetCount
        self.templates = templates
        bitCount = reader.offset - start
        let first = start >> 3
        bytes = try descriptor.slice(at: first, count: ((reader.offset + 7) >> 3) - first).array
    }

    /// The layers of the templates, each by its step from the one before; nil when there are too many.
    private static func readLayers(_ reader: inout BitReader) throws(WireError) -> [DependencyTemplate]? {
        var templates: [DependencyTemplate] = []
        var template = DependencyTemplate()
        while templates.count < maximumTemplates {
            templates.append(template)
            switch try reader.read(2) {
            case 0: continue
            case 1: template.temporalLayer += 1
            case 2:
                template.temporalLayer = 0
                template.spatialLayer += 1
            default: return templates
            }
            guard template.temporalLayer <= maximumTemporalLayer, template.spatialLayer <= maximumSpatialLayer else {
                return nil
            }
        }
        return nil
    }

    private static func readChains(
        _ templates: inout [DependencyTemplate], _ targetCount: Int, _ reader: inout BitReader
    ) throws(WireError) -> [UInt32] {
        let count = try reader.readNonSymmetric(targetCount + 1)
        guard count > 0 else { return [] }
        var chains = [UInt32](repeating: 0, count: count)
        for target in 0..<targetCount {
            chains[try reader.readNonSymmetric(count)] |= 1 << UInt32(target)
        }
        for index in templates.indices {
            for chain in chains where try reader.read(4) == 0 { templates[index].chainStarts |= chain }
        }
        return chains
    }

    private static func readSizes(
        _ count: Int, _ reader: inout BitReader
    ) throws(WireError) -> InlineArray<4, FrameSize> {
        var sizes = InlineArray<4, FrameSize>(repeating: FrameSize())
        for layer in 0..<min(count, 4) {
            let (width, height) = (Int(try reader.read(16)) + 1, Int(try reader.read(16)) + 1)
            sizes[layer] = FrameSize(width: width, height: height) ?? FrameSize()
        }
        return sizes
    }

    /// Whether a descriptor has this structure from `firstBit` on. Its bits tell where it ends, so that equal bits are
    /// an equal structure.
    func isRepeated(in descriptor: RawSpan) -> Bool {
        let first = Self.firstBit >> 3
        // It has at least two bytes: its first two fields have eleven bits.
        guard bytes.count >= 2, descriptor.byteCount >= first + bytes.count else { return false }
        let last = bytes.count - 1
        let tail = UInt8((8 - ((Self.firstBit + bitCount) & 7)) & 7)
        return descriptor.withUnsafeBytes { all in
            (all[first] ^ bytes[0]) & (0xFF >> UInt8(Self.firstBit & 7)) == 0
                && all[first + last] >> tail == bytes[last] >> tail
                && all[(first + 1)..<(first + last)].elementsEqual(bytes[1..<last])
        }
    }

    /// The template of an id; nil when there is none.
    func template(_ id: Int) -> DependencyTemplate? {
        let index = (id - templateOffset) & 63
        return index < templates.count ? templates[index] : nil
    }
}
