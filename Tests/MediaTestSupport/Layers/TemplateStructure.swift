/// A dependency descriptor's templates, made from a pattern, and the descriptors that refer to them.
///
/// Source: AOM, RTP payload format for AV1, appendix A.
struct TemplateStructure {
    private struct Template {
        var spatial: Int
        var temporal: Int
        var dependencies: FrameDependencies
    }

    private let pattern: LayerPattern
    private let size: (width: Int, height: Int)
    private var templates: [Template] = []
    /// What the templates were found with; it knows each place's indications by now.
    let tracker: Tracker
    /// The number of the first template: changes make old templates distinguishable from new ones.
    var offset: Int

    /// Decode targets: every combination of layers, temporal ones first.
    var targetCount: Int { pattern.spatialLayers * pattern.temporalLayers }

    init(_ pattern: LayerPattern, size: (width: Int, height: Int), offset: Int) {
        self.pattern = pattern
        self.size = size
        self.offset = offset
        var found: [Template] = []
        var tracker = Tracker(pattern)
        for picture in 0..<3 * pattern.period {
            for spatial in 0..<pattern.spatialLayers {
                let place = LayerPattern.Place(picture: picture, spatial: spatial)
                let dependencies = tracker.next(
                    place, references: pattern.references(place), of: pattern.spatialLayers)
                let temporal = pattern.temporalLayer(picture)
                // What does not fit a template's four bits is told frame by frame.
                guard dependencies.chainDifferences.allSatisfy({ $0 <= 15 }),
                    dependencies.frameDifferences.allSatisfy({ $0 <= 16 }),
                    !found.contains(where: {
                        $0.spatial == spatial && $0.temporal == temporal && $0.dependencies == dependencies
                    })
                else { continue }
                found.append(Template(spatial: spatial, temporal: temporal, dependencies: dependencies))
            }
        }
        self.tracker = tracker
        templates = (0..<pattern.spatialLayers).flatMap { spatial in
            (0..<pattern.temporalLayers).flatMap { temporal in
                found.filter { $0.spatial == spatial && $0.temporal == temporal }
            }
        }
    }

    /// Numbers frames and remembers where each chain was last.
    struct Tracker {
        private let pattern: LayerPattern
        private var numbers: [LayerPattern.Place: Int] = [:]
        private var chains: [Int?]
        private var number = 0
        private var indications: [LayerPattern.Place: [UInt8]] = [:]

        init(_ pattern: LayerPattern) {
            self.pattern = pattern
            chains = Array(repeating: nil, count: pattern.spatialLayers)
        }

        /// The next frame in decoding order; `references` are those it really has, `active` the number of spatial layers
        /// at present.
        mutating func next(
            _ place: LayerPattern.Place, references: [LayerPattern.Place], of active: Int
        ) -> FrameDependencies {
            if place.picture == 0, place.spatial == 0 {
                chains = Array(repeating: nil, count: pattern.spatialLayers)
                numbers.removeAll(keepingCapacity: true)
            }
            for chain in active..<pattern.spatialLayers { chains[chain] = nil }
            var made = FrameDependencies()
            made.indications = indications(place)
            made.frameDifferences = references.compactMap { numbers[$0].map { number - $0 } }
            made.chainDifferences = chains.map { $0.map { number - $0 } ?? 0 }
            // A chain is all of layer 0 in time that its spatial layer needs.
            for chain in chains.indices where pattern.isPresent(place, spatial: chain, temporal: 0) {
                chains[chain] = number
            }
            numbers[place] = number
            number += 1
            return made
        }

        private mutating func indications(_ place: LayerPattern.Place) -> [UInt8] {
            // Beyond the first period the pattern repeats itself.
            let period = pattern.period
            let picture = place.picture < 2 * period ? place.picture : period + place.picture % period
            let like = LayerPattern.Place(picture: picture, spatial: place.spatial)
            if let known = indications[like] { return known }
            let temporalLayer = pattern.temporalLayer(picture)
            var made: [UInt8] = []
            for spatial in 0..<pattern.spatialLayers {
                for temporal in 0..<pattern.temporalLayers {
                    let isPresent = pattern.isPresent(like, spatial: spatial, temporal: temporal)
                    let isDiscardable =
                        temporalLayer > 0 && temporal == temporalLayer && spatial == place.spatial
                        && !pattern.isReferred(like, spatial: spatial, temporal: temporal)
                    made.append(
                        !isPresent
                            ? 0
                            : isDiscardable
                                ? 1 : pattern.isSwitch(like, spatial: spatial, temporal: temporal) ? 2 : 3)
                }
            }
            indications[like] = made
            return made
        }
    }

    /// The descriptor of one packet.
    ///
    /// - Parameters:
    ///   - activeTargets: what is sent at present, when the packet is to tell.
    func descriptor(
        of frame: LayeredFrame, number: Int, isFirst: Bool, isLast: Bool, hasStructure: Bool, activeTargets: Int?
    ) -> [UInt8] {
        let truth = frame.dependencies
        let candidates = templates.indices.filter {
            templates[$0].spatial == frame.spatial && templates[$0].temporal == frame.temporal
        }
        let index = candidates.first { templates[$0].dependencies == truth } ?? candidates[0]
        let template = templates[index].dependencies
        let custom = (
            indications: template.indications != truth.indications,
            frames: template.frameDifferences != truth.frameDifferences,
            chains: template.chainDifferences != truth.chainDifferences
        )
        var writer = BitWriter()
        writer.append(isFirst ? 1 : 0, 1)
        writer.append(isLast ? 1 : 0, 1)
        writer.append((index + offset) % 64, 6)
        writer.append(number & 0xFFFF, 16)
        guard hasStructure || activeTargets != nil || custom.indications || custom.frames || custom.chains else {
            return writer.bytes
        }
        for flag in [hasStructure, activeTargets != nil, custom.indications, custom.frames, custom.chains] {
            writer.append(flag ? 1 : 0, 1)
        }
        if hasStructure { append(to: &writer) }
        if let activeTargets { writer.append(activeTargets, targetCount) }
        if custom.indications { for indication in truth.indications { writer.append(Int(indication), 2) } }
        if custom.frames {
            for difference in truth.frameDifferences {
                let size = difference <= 16 ? 1 : difference <= 256 ? 2 : 3
                writer.append(size, 2)
                writer.append(difference - 1, 4 * size)
            }
            writer.append(0, 2)
        }
        if custom.chains { for difference in truth.chainDifferences { writer.append(difference, 8) } }
        return writer.bytes
    }

    private func append(to writer: inout BitWriter) {
        writer.append(offset, 6)
        writer.append(targetCount - 1, 5)
        for (template, next) in zip(templates, templates.dropFirst()) {
            writer.append(
                next.spatial != template.spatial ? 2 : next.temporal != template.temporal ? 1 : 0, 2)
        }
        writer.append(3, 2)
        for template in templates {
            for indication in template.dependencies.indications { writer.append(Int(indication), 2) }
        }
        for template in templates {
            for difference in template.dependencies.frameDifferences {
                writer.append(1, 1)
                writer.append(difference - 1, 4)
            }
            writer.append(0, 1)
        }
        writer.appendNonSymmetric(pattern.spatialLayers, below: targetCount + 1)
        for target in 0..<targetCount {
            writer.appendNonSymmetric(target / pattern.temporalLayers, below: pattern.spatialLayers)
        }
        for template in templates {
            for difference in template.dependencies.chainDifferences { writer.append(difference, 4) }
        }
        writer.append(1, 1)
        for layer in 0..<pattern.spatialLayers {
            let shift = pattern.spatialLayers - 1 - layer
            writer.append(size.width >> shift - 1, 16)
            writer.append(size.height >> shift - 1, 16)
        }
    }
}
