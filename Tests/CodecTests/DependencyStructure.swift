/// The dependency descriptor of every frame that a planner plans: templates found by trying, and what is written.
///
/// Source: AOM, RTP payload format for AV1, appendix A.
struct DependencyStructure {
    /// What a decode target makes of a frame, as it is written.
    private enum Indication: Int {
        case absent, discardable, changeover, required
    }

    private struct Template: Hashable {
        var spatialLayer: Int
        var temporalLayer: Int
        var indications: [Int]
        var differences: [Int]
        var chains: [Int]
    }

    private let planner: LayerPlanner
    private let sizes: [(width: Int, height: Int)]
    private var templates: [Template] = []
    /// Indications by place in the pattern and spatial layer, with the keyframe's apart.
    private var indications: [Int: [Int]] = [:]
    private var offset = 0
    private var place = 0
    /// The last frame of each chain.
    private var chainEnds: [Int] = []

    /// `sizes` are those of the spatial layers, the lowest first.
    init(_ planner: LayerPlanner, sizes: [(width: Int, height: Int)]) {
        self.planner = planner
        self.sizes = sizes
        var trial = planner
        var frames: [(frame: PlannedFrame, place: Int)] = []
        for picture in 0..<6 * LayerPlanner.period {
            frames += trial.next(keyframe: picture == 0).map { ($0, picture % LayerPlanner.period) }
        }
        let steady = frames.prefix(3 * LayerPlanner.period * planner.spatialLayers)
        for (index, entry) in steady.enumerated() {
            indications[key(entry.frame, entry.place)] = (0..<targetCount).map {
                indication(of: index, target: $0, among: frames.map(\.frame)).rawValue
            }
        }
        var found: Set<Template> = []
        for entry in steady { found.insert(template(entry.frame, entry.place)) }
        templates = found.sorted {
            ($0.spatialLayer, $0.temporalLayer, "\($0)") < ($1.spatialLayer, $1.temporalLayer, "\($1)")
        }
        chainEnds = []
    }

    private var targetCount: Int { planner.spatialLayers * planner.temporalLayers }

    private func key(_ frame: PlannedFrame, _ place: Int) -> Int {
        ((frame.isKeyPicture ? 100 : place) * 8 + frame.spatialLayer)
    }

    private func isPresent(_ frame: PlannedFrame, in target: Int) -> Bool {
        let (spatial, temporal) = (target / planner.temporalLayers, target % planner.temporalLayers)
        let buildsOnLower = planner.prediction == .full || frame.isKeyPicture
        return frame.temporalLayer <= temporal
            && (frame.spatialLayer == spatial || (frame.spatialLayer < spatial && buildsOnLower))
    }

    private func isInChain(_ frame: PlannedFrame, _ chain: Int) -> Bool {
        isPresent(frame, in: chain * planner.temporalLayers)
    }

    /// Decodable frames make everything after them decodable at a changeover. Found by looking at all that follows.
    private func indication(of index: Int, target: Int, among frames: [PlannedFrame]) -> Indication {
        let frame = frames[index]
        guard isPresent(frame, in: target) else { return .absent }
        var known: Set<Int> = []
        var open = [frame.number]
        while let number = open.popLast() {
            if known.insert(number).inserted { open += frames[number].allReferences }
        }
        let later = frames[(index + 1)...].filter { isPresent($0, in: target) }
        if !later.contains(where: { $0.allReferences.contains(frame.number) }) { return .discardable }
        for next in later {
            guard known.isSuperset(of: next.allReferences) else { return .required }
            known.insert(next.number)
        }
        return .changeover
    }

    private mutating func template(_ frame: PlannedFrame, _ place: Int) -> Template {
        if frame.isKeyPicture && frame.spatialLayer == 0 {
            chainEnds = Array(repeating: frame.number, count: planner.spatialLayers)
        }
        let chains = chainEnds.map { frame.number - $0 }
        for chain in chainEnds.indices where isInChain(frame, chain) { chainEnds[chain] = frame.number }
        return Template(
            spatialLayer: frame.spatialLayer, temporalLayer: frame.temporalLayer,
            indications: indications[key(frame, place)] ?? [],
            differences: frame.allReferences.map { frame.number - $0 }, chains: chains)
    }

    /// The descriptors of a frame's packets.
    mutating func descriptors(of frame: PlannedFrame, packets: Int) -> [[UInt8]] {
        let isStart = frame.isKeyPicture && frame.spatialLayer == 0
        if frame.isKeyPicture {
            place = 0
            if isStart { offset = (offset + templates.count) % 64 }
        } else if frame.spatialLayer == 0 {
            place = (place + 1) % LayerPlanner.period
        }
        let wanted = template(frame, place)
        let exact = templates.firstIndex(of: wanted)
        let chosen =
            exact
            ?? templates.firstIndex {
                $0.spatialLayer == wanted.spatialLayer && $0.temporalLayer == wanted.temporalLayer
            } ?? 0
        return (0..<packets).map { packet in
            var writer = BitWriter()
            writer.write(packet == 0 ? 1 : 0, bits: 1)
            writer.write(packet == packets - 1 ? 1 : 0, bits: 1)
            writer.write((chosen + offset) % 64, bits: 6)
            writer.write(frame.number & 0xFFFF, bits: 16)
            let hasStructure = isStart && packet == 0
            guard hasStructure || exact == nil else { return writer.bytes }
            writer.write(hasStructure ? 1 : 0, bits: 1)
            writer.write(0, bits: 1)
            for _ in 0..<3 { writer.write(exact == nil ? 1 : 0, bits: 1) }
            if hasStructure { writeStructure(&writer) }
            if exact == nil { writeOwn(wanted, &writer) }
            return writer.bytes
        }
    }

    private func writeStructure(_ writer: inout BitWriter) {
        writer.write(offset, bits: 6)
        writer.write(targetCount - 1, bits: 5)
        for (template, next) in zip(templates, templates.dropFirst()) {
            let step = next.spatialLayer > template.spatialLayer ? 2 : next.temporalLayer - template.temporalLayer
            writer.write(step, bits: 2)
        }
        writer.write(3, bits: 2)
        for template in templates {
            for indication in template.indications { writer.write(indication, bits: 2) }
        }
        for template in templates {
            for difference in template.differences { writer.write(16 | (difference - 1), bits: 5) }
            writer.write(0, bits: 1)
        }
        writer.write(planner.spatialLayers, below: targetCount + 1)
        for target in 0..<targetCount {
            writer.write(target / planner.temporalLayers, below: planner.spatialLayers)
        }
        for template in templates {
            for chain in template.chains { writer.write(chain, bits: 4) }
        }
        writer.write(1, bits: 1)
        for size in sizes {
            writer.write(size.width - 1, bits: 16)
            writer.write(size.height - 1, bits: 16)
        }
    }

    private func writeOwn(_ template: Template, _ writer: inout BitWriter) {
        for indication in template.indications { writer.write(indication, bits: 2) }
        for difference in template.differences {
            writer.write(2, bits: 2)
            writer.write(difference - 1, bits: 8)
        }
        writer.write(0, bits: 2)
        for chain in template.chains { writer.write(chain, bits: 8) }
    }
}
