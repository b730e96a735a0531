/// Puts dependency descriptors together, possible ones and others.
struct DescriptorBuilder {
    struct Template {
        var spatial = 0
        var temporal = 0
        /// A character a target: - not present, D discardable, S switch, R required.
        var targets: String
        var references: [Int] = []
        var chains: [Int] = []
    }

    struct Structure {
        var offset = 0
        var templates: [Template]
        var targetCount: Int
        var protectedBy: [Int] = []
        var sizes: [(Int, Int)] = []
    }

    var start = true
    var end = true
    var template = 0
    var number = 0
    var structure: Structure?
    var active: (mask: Int, count: Int)?
    var targets: String?
    var references: [Int]?
    var chains: [Int]?

    var bytes: [UInt8] {
        var bits = BitString()
        bits.put(start ? 1 : 0, 1)
        bits.put(end ? 1 : 0, 1)
        bits.put(template, 6)
        bits.put(number, 16)
        guard structure != nil || active != nil || targets != nil || references != nil || chains != nil else {
            return bits.bytes
        }
        for flag in [structure != nil, active != nil, targets != nil, references != nil, chains != nil] {
            bits.put(flag ? 1 : 0, 1)
        }
        if let structure { put(structure, &bits) }
        if let active { bits.put(active.mask, active.count) }
        if let targets { put(targets, &bits) }
        for reference in references ?? [] {
            let size = reference > 256 ? 3 : reference > 16 ? 2 : 1
            bits.put(size, 2)
            bits.put(reference - 1, 4 * size)
        }
        if references != nil { bits.put(0, 2) }
        for chain in chains ?? [] { bits.put(chain, 8) }
        return bits.bytes
    }

    private func put(_ targets: String, _ bits: inout BitString) {
        for target in targets { bits.put(["-": 0, "D": 1, "S": 2, "R": 3][target] ?? 0, 2) }
    }

    private func put(_ structure: Structure, _ bits: inout BitString) {
        bits.put(structure.offset, 6)
        bits.put(structure.targetCount - 1, 5)
        for (template, next) in zip(structure.templates, structure.templates.dropFirst()) {
            bits.put(next.spatial > template.spatial ? 2 : next.temporal > template.temporal ? 1 : 0, 2)
        }
        bits.put(3, 2)
        for template in structure.templates { put(template.targets, &bits) }
        for template in structure.templates {
            for reference in template.references {
                bits.put(1, 1)
                bits.put(reference - 1, 4)
            }
            bits.put(0, 1)
        }
        let chainCount = (structure.protectedBy.max() ?? -1) + 1
        bits.putNonSymmetric(chainCount, below: structure.targetCount + 1)
        if chainCount > 0 {
            for chain in structure.protectedBy { bits.putNonSymmetric(chain, below: chainCount) }
            for template in structure.templates { for chain in template.chains { bits.put(chain, 4) } }
        }
        bits.put(structure.sizes.isEmpty ? 0 : 1, 1)
        for (width, height) in structure.sizes {
            bits.put(width - 1, 16)
            bits.put(height - 1, 16)
        }
    }
}

extension DescriptorBuilder.Structure {
    /// Two spatial and two temporal layers: targets 0 and 1 of the lower spatial layer, 2 and 3 of the upper.
    static let l2t2 = DescriptorBuilder.Structure(
        offset: 60,
        templates: [
            .init(targets: "SSSS", chains: [0, 0]),
            .init(targets: "SSRR", references: [4], chains: [4, 3]),
            .init(temporal: 1, targets: "-D-R", references: [2], chains: [2, 1]),
            .init(spatial: 1, targets: "--SS", references: [1], chains: [1, 1]),
            .init(spatial: 1, targets: "--SS", references: [4, 1], chains: [1, 1]),
            .init(spatial: 1, temporal: 1, targets: "---D", references: [2, 1], chains: [3, 2]),
        ],
        targetCount: 4, protectedBy: [0, 0, 1, 1], sizes: [(320, 180), (640, 360)])
}
