/// Reads the spatial and temporal layers of a VP9 stream. Source: RFC 9628, section 4.
struct VP9LayerReader: Sendable {
    /// References reach back 127 pictures.
    private static let rememberedPictures = 128

    private var pictures = PictureNumberUnwrapper()
    /// The number of the picture that each slot remembers; 0 for none.
    private var numbers = InlineArray<128, Int64>(repeating: 0)
    private var temporalLayers = InlineArray<128, UInt8>(repeating: 0)
    private var structure = VP9ScalabilityStructure()
    /// The picture at which the picture group last began; 0 while unknown.
    private var groupStart: Int64 = 0
    /// The picture of the last keyframe; 0 while unknown.
    private var keyPicture: Int64 = 0

    /// What a packet says; nil for one that can't be. `sizes` become those of the scalability structure.
    mutating func read(_ payload: RawSpan, sizes: inout InlineArray<4, FrameSize>) -> FrameLayers? {
        guard let descriptor = VP9PayloadDescriptor(payload) else { return nil }
        var layers = FrameLayers()
        layers.spatialLayer = descriptor.spatialLayer
        layers.temporalLayer = descriptor.temporalLayer
        layers.presentIn = Self.presence(descriptor)
        layers.levelZeroOffset = descriptor.levelZeroOffset
        layers.levelZeroIndex = descriptor.levelZeroIndex
        if descriptor.isFrameStart { layers.flags.insert(.frameStart) }
        if descriptor.isFrameEnd { layers.flags.insert(.frameEnd) }
        guard adopt(descriptor.structure, payload, &sizes) else { return nil }
        if let pictureID = descriptor.pictureID {
            layers.pictureNumber = pictures.extended(pictureID, bits: descriptor.hasLongPictureID ? 15 : 7)
            pictures.accept(layers.pictureNumber)
            layers.pictureNumberOffset = descriptor.pictureIDOffset
            if descriptor.hasLongPictureID { layers.flags.insert(.longPictureNumber) }
            remember(layers.pictureNumber, descriptor)
        }
        if isKeyframe(descriptor, layers.pictureNumber) { layers.flags.insert(.keyframe) }
        if descriptor.isFrameStart { setSwitches(&layers, descriptor) }
        return layers
    }

    /// The targets that need the frame: its own spatial layer's, and those of higher ones unless they do without.
    private static func presence(_ descriptor: VP9PayloadDescriptor) -> UInt32 {
        guard descriptor.hasLayer else { return DecodeTargets.everyPayloadTarget }
        let spatial = Int(descriptor.spatialLayer)
        let needed =
            descriptor.isNotReferredToBySpatialLayers
            ? DecodeTargets.spatial(spatial) : DecodeTargets.spatial(from: spatial)
        return needed & DecodeTargets.temporal(from: Int(descriptor.temporalLayer))
    }

    private mutating func adopt(
        _ range: Range<Int>?, _ payload: RawSpan, _ sizes: inout InlineArray<4, FrameSize>
    ) -> Bool {
        guard let range, let bytes = try? payload.slice(at: range.lowerBound, count: range.count),
            !structure.isRead(from: bytes)
        else { return true }
        guard let new = VP9ScalabilityStructure(bytes) else { return false }
        structure = new
        if let told = new.sizes { sizes = told }
        return true
    }

    private mutating func remember(_ number: Int64, _ descriptor: VP9PayloadDescriptor) {
        let slot = Int(truncatingIfNeeded: number) & (Self.rememberedPictures - 1)
        numbers[slot] = number
        temporalLayers[slot] = descriptor.temporalLayer
        if descriptor.isKeyframeStart, Self.follows(number, keyPicture) { keyPicture = number }
        if descriptor.structure != nil || descriptor.isKeyframeStart, Self.follows(number, groupStart) {
            groupStart = number
        }
    }

    /// Whether a picture is later than another: a packet that is late for more than 64 pictures is rather one of a
    /// publisher that begins to count anew.
    private static func follows(_ number: Int64, _ other: Int64) -> Bool {
        number > other || other &- number > 64
    }

    /// Whether the picture refers to none before: the lowest layer tells, the higher ones share its number.
    private func isKeyframe(_ descriptor: VP9PayloadDescriptor, _ number: Int64) -> Bool {
        guard !descriptor.isInterPicturePredicted else { return false }
        return descriptor.spatialLayer == 0 || number != 0 && number == keyPicture
    }

    private mutating func setSwitches(_ layers: inout FrameLayers, _ descriptor: VP9PayloadDescriptor) {
        let (spatial, temporal) = (Int(descriptor.spatialLayer), Int(descriptor.temporalLayer))
        if descriptor.isKeyframeStart {
            layers.flags.insert(.keyframeStart)
            layers.restarts = DecodeTargets.everyPayloadTarget
            layers.switchTo = DecodeTargets.everyPayloadTarget
        } else if !descriptor.isInterPicturePredicted {
            // In a key picture the lowest layer began everything already, unless this one stands alone.
            guard !layers.flags.contains(.keyframe) || !descriptor.isInterLayerPredicted else { return }
            let begun = DecodeTargets.spatial(spatial) & DecodeTargets.temporal(from: temporal)
            layers.restarts = begun
            layers.switchTo = begun
        } else if temporal > 0, refersToLowerLayers(descriptor, layers.pictureNumber) ?? descriptor.isSwitchingUpPoint {
            layers.switchTo = layers.presentIn & DecodeTargets.temporal(temporal)
            layers.switchNeedsTemporal = UInt8(temporal - 1)
        } else if descriptor.isSwitchingUpPoint {
            layers.switchTo = layers.presentIn & DecodeTargets.temporal(from: temporal + 1)
            layers.switchNeedsTemporal = UInt8(temporal)
        }
    }

    /// Whether all pictures that a frame refers to are of lower temporal layers than its own; nil when nothing is told of
    /// them.
    private mutating func refersToLowerLayers(_ descriptor: VP9PayloadDescriptor, _ number: Int64) -> Bool? {
        guard number != 0 else { return nil }
        guard descriptor.isFlexible else { return refersToLowerLayersOfGroup(descriptor, number) }
        guard descriptor.referenceCount > 0 else { return nil }
        for index in 0..<descriptor.referenceCount {
            let reference = number &- Int64(descriptor.references[index])
            let slot = Int(truncatingIfNeeded: reference) & (Self.rememberedPictures - 1)
            // One that has not come may be of any layer.
            guard reference != number, numbers[slot] == reference, temporalLayers[slot] < descriptor.temporalLayer
            else { return false }
        }
        return true
    }

    /// The same for a stream whose pictures follow a group.
    private func refersToLowerLayersOfGroup(_ descriptor: VP9PayloadDescriptor, _ number: Int64) -> Bool? {
        let count = Int64(structure.group.count)
        guard groupStart != 0, number >= groupStart, count > 0 else { return nil }
        let place = (number - groupStart) % count
        let picture = structure.group[Int(place)]
        // A picture that does not follow the group says nothing.
        guard picture.temporalLayer == descriptor.temporalLayer, picture.referenceCount > 0 else { return nil }
        for index in 0..<picture.referenceCount {
            let reference = ((place - Int64(picture.references[index])) % count + count) % count
            guard structure.group[Int(reference)].temporalLayer < descriptor.temporalLayer else { return false }
        }
        return true
    }
}
