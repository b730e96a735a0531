/// Reads dependency descriptors as the specification has it, apart from the engine's own reader.
///
/// Source: AOM, RTP payload format for AV1, appendix A.8.
struct DescriptorReader {
    /// What one descriptor says.
    struct Found {
        var isFirst = false
        var isLast = false
        var number = 0
        var spatial = 0
        var temporal = 0
        var dependencies = FrameDependencies()
        /// The mask it carries; all targets with a structure that comes without one.
        var activeTargets: Int?
    }

    private struct Template {
        var spatial: Int
        var temporal: Int
        var dependencies = FrameDependencies()
    }

    private var templates: [Template] = []
    private var offset = 0
    private var targetCount = 0
    private var chainCount = 0

    /// Nil for one that ends too early or refers to a template that is not there.
    mutating func read(_ bytes: [UInt8]) -> Found? {
        var bits = BitReader(bytes)
        var found = Found()
        guard let first = bits.read(1), let last = bits.read(1), let template = bits.read(6), let number = bits.read(16)
        else { return nil }
        (found.isFirst, found.isLast, found.number) = (first == 1, last == 1, number)
        var custom = (indications: false, frames: false, chains: false)
        if bytes.count > 3 {
            guard let flags = bits.read(5) else { return nil }
            custom = (flags & 4 != 0, flags & 2 != 0, flags & 1 != 0)
            if flags & 16 != 0 {
                guard readStructure(&bits) else { return nil }
                found.activeTargets = 1 << targetCount - 1
            }
            if flags & 8 != 0 {
                guard let mask = bits.read(targetCount) else { return nil }
                found.activeTargets = mask
            }
        }
        let index = (template + 64 - offset) % 64
        guard index < templates.count else { return nil }
        found.spatial = templates[index].spatial
        found.temporal = templates[index].temporal
        found.dependencies = templates[index].dependencies
        if custom.indications {
            found.dependencies.indications = []
            for _ in 0..<targetCount {
                guard let value = bits.read(2) else { return nil }
                found.dependencies.indications.append(UInt8(value))
            }
        }
        if custom.frames {
            found.dependencies.frameDifferences = []
            while let size = bits.read(2), size > 0 {
                guard let value = bits.read(4 * size) else { return nil }
                found.dependencies.frameDifferences.append(value + 1)
            }
        }
        if custom.chains {
            found.dependencies.chainDifferences = []
            for _ in 0..<chainCount {
                guard let value = bits.read(8) else { return nil }
                found.dependencies.chainDifferences.append(value)
            }
        }
        return found
    }

    private mutating func readStructure(_ bits: inout BitReader) -> Bool {
        guard let offset = bits.read(6), let targets = bits.read(5) else { return false }
        self.offset = offset
        targetCount = targets + 1
        templates = [Template(spatial: 0, temporal: 0)]
        layers: while let next = bits.read(2), var template = templates.last {
            switch next {
            case 0: break
            case 1: template.temporal += 1
            case 2:
                template.spatial += 1
                template.temporal = 0
            default: break layers
            }
            templates.append(template)
        }
        for index in templates.indices {
            for _ in 0..<targetCount {
                guard let value = bits.read(2) else { return false }
                templates[index].dependencies.indications.append(UInt8(value))
            }
        }
        for index in templates.indices {
            while let follows = bits.read(1), follows == 1 {
                guard let value = bits.read(4) else { return false }
                templates[index].dependencies.frameDifferences.append(value + 1)
            }
        }
        guard let chains = bits.readNonSymmetric(below: targetCount + 1) else { return false }
        chainCount = chains
        if chains > 0 {
            for _ in 0..<targetCount where bits.readNonSymmetric(below: chains) == nil { return false }
            for index in templates.indices {
                for _ in 0..<chains {
                    guard let value = bits.read(4) else { return false }
                    templates[index].dependencies.chainDifferences.append(value)
                }
            }
        }
        guard let hasSizes = bits.read(1) else { return false }
        if hasSizes == 1 {
            for _ in 0...(templates.last?.spatial ?? 0) where bits.read(32) == nil { return false }
        }
        return true
    }
}
