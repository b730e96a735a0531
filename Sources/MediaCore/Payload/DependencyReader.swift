/// Reads the dependency descriptors of one stream, and remembers what they refer to.
///
/// Source: AOM, RTP payload format for AV1, appendix A.
struct DependencyReader: Sendable {
    /// A frame that is older than another by more than this does not come late: the publisher counts anew.
    private static let lateFrames: Int64 = 512

    private var frames = PictureNumberUnwrapper()
    private var structure: DependencyStructure?
    /// The frame that brought the structure.
    private var structureFrame: Int64 = 0
    /// The structure before, and the layout of decode targets that it made: for packets that come late.
    private var previous: (structure: DependencyStructure, version: UInt16)?
    /// The last frame at which decoding could begin; 0 before the first.
    private var keyFrame: Int64 = 0
    /// The first frame after that one that is of the lowest spatial layer: another picture.
    private var nextPicture: Int64 = .max
    /// The last 64 frames, and their spatial and temporal layers.
    private var numbers = InlineArray<64, Int64>(repeating: -1)
    private var layersByNumber = InlineArray<64, UInt8>(repeating: 0)
    private var activeTargets: UInt32 = .max
    /// The frame whose descriptor said so.
    private var activeTargetsFrame: Int64 = 0

    /// Whether the decode targets are known.
    var isDescribed: Bool { structure != nil }

    /// Whether the structure tells the sizes of the spatial layers.
    var hasSizes: Bool { structure?.sizes != nil }

    /// What a packet's descriptor says; nil for one that can't be, which changes nothing.
    mutating func read(
        _ bytes: RawSpan, targets: inout DecodeTargets, sizes: inout InlineArray<4, FrameSize>
    ) -> FrameLayers? {
        guard let descriptor = DependencyDescriptor(bytes, known: structure) else { return nil }
        let number = frames.extended(descriptor.frameNumber, bits: 16)
        frames.accept(number)
        var layers = FrameLayers()
        layers.flags = .described
        if descriptor.isFrameStart { layers.flags.insert(.frameStart) }
        if descriptor.isFrameEnd { layers.flags.insert(.frameEnd) }
        layers.frameNumber = number
        layers.targetsVersion = targets.version
        // A late packet must not be read with templates that came after it, nor bring back those it came with.
        if structure != nil && Self.isLate(number, behind: structureFrame) { return late(bytes, layers) }
        guard let frame = descriptor.frame else { return Self.unresolved(layers) }
        if let new = descriptor.newStructure {
            previous = structure.map { ($0, targets.version) }
            structure = new
            structureFrame = number
            // Other templates for the same targets change nothing for whoever chose one.
            let layout = DecodeTargets(
                version: targets.version &+ 1, layers: new.layers, templates: new.templates.map(\.presentIn))
            if !layout.isSame(as: targets) { targets = layout }
            sizes = new.sizes ?? InlineArray(repeating: FrameSize())
        }
        noteActiveTargets(descriptor, number)
        let slot = Int(truncatingIfNeeded: number & 63)
        numbers[slot] = number
        layersByNumber[slot] = frame.spatialLayer << 4 | frame.temporalLayer
        fill(&layers, descriptor, frame)
        layers.switchNeedsTemporal = referencedTemporalLayer(frame, number)
        layers.targetsVersion = targets.version
        noteKeyframe(&layers, descriptor, frame)
        return layers
    }

    private static func unresolved(_ layers: FrameLayers) -> FrameLayers {
        var layers = layers
        layers.flags.insert(.unresolved)
        layers.presentIn = 0
        return layers
    }

    /// What a packet from before the structure says, by the structure before it.
    private func late(_ bytes: RawSpan, _ layers: FrameLayers) -> FrameLayers {
        guard let previous, let descriptor = DependencyDescriptor(bytes, known: previous.structure),
            descriptor.newStructure == nil, let frame = descriptor.frame
        else { return Self.unresolved(layers) }
        var layers = layers
        layers.targetsVersion = previous.version
        layers.spatialLayer = frame.spatialLayer
        layers.temporalLayer = frame.temporalLayer
        layers.presentIn = frame.presentIn
        return layers
    }

    private static func isLate(_ number: Int64, behind other: Int64) -> Bool {
        number < other && other &- number < lateFrames
    }

    /// The highest temporal layer that a frame refers to in its own spatial layer, its own where that is not known.
    ///
    /// That a target can be changed over to at a frame holds only where the frame itself can be decoded.
    /// Source: AOM, RTP payload format for AV1, appendix A.4.
    private mutating func referencedTemporalLayer(_ frame: DependencyTemplate, _ number: Int64) -> UInt8 {
        var highest = frame.refersFarBack ? frame.temporalLayer : 0
        var references = frame.references
        while references != 0 {
            let reference = number &- Int64(references.trailingZeroBitCount) &- 1
            references &= references &- 1
            let slot = Int(truncatingIfNeeded: reference & 63)
            let layers = layersByNumber[slot]
            if numbers[slot] != reference {
                highest = max(highest, frame.temporalLayer)
            } else if layers >> 4 == frame.spatialLayer {
                highest = max(highest, layers & 15)
            }
        }
        return highest
    }

    private func fill(
        _ layers: inout FrameLayers, _ descriptor: DependencyDescriptor, _ frame: DependencyTemplate
    ) {
        layers.spatialLayer = frame.spatialLayer
        layers.temporalLayer = frame.temporalLayer
        layers.presentIn = frame.presentIn
        layers.targetCount = UInt8(truncatingIfNeeded: descriptor.targetCount)
        layers.activeMaskBit = UInt16(truncatingIfNeeded: descriptor.activeMaskBit)
        layers.activeTargets = activeTargets
        if let own = descriptor.activeTargets {
            layers.activeTargets = own
            layers.flags.insert(.ownActiveMask)
        } else if descriptor.hasStructure {
            layers.activeTargets = structure?.everyTarget ?? .max
        }
        guard descriptor.isFrameStart else { return }
        layers.switchTo = frame.switchTo
        layers.restarts = frame.restarts(hasChains: descriptor.hasChains)
    }

    /// With a structure, all decode targets are active unless it says otherwise; else what was said last holds on.
    private mutating func noteActiveTargets(_ descriptor: DependencyDescriptor, _ number: Int64) {
        guard descriptor.activeTargets != nil || descriptor.hasStructure,
            !Self.isLate(number, behind: activeTargetsFrame)
        else { return }
        activeTargets = descriptor.activeTargets ?? structure?.everyTarget ?? .max
        activeTargetsFrame = number
    }

    /// A frame with a structure begins a picture without references; the higher spatial layers' frames that follow
    /// belong to it, until the lowest layer's next one.
    private mutating func noteKeyframe(
        _ layers: inout FrameLayers, _ descriptor: DependencyDescriptor, _ frame: DependencyTemplate
    ) {
        let number = layers.frameNumber
        if descriptor.hasStructure && !frame.hasReferences {
            layers.flags.formUnion([.keyframe, .keyframeStart])
            if !Self.isLate(number, behind: keyFrame), number != keyFrame {
                keyFrame = number
                nextPicture = .max
            }
        }
        guard keyFrame != 0 else { return }
        if number == keyFrame {
            layers.flags.insert(.keyframe)
        } else if number > keyFrame, frame.spatialLayer == 0 {
            nextPicture = min(nextPicture, number)
        } else if number > keyFrame, number < nextPicture,
            number - keyFrame <= Int64(structure?.maximumSpatialLayer ?? 0)
        {
            layers.flags.insert(.keyframe)
        }
    }
}
