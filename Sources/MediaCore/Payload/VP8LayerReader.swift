/// Reads the temporal layers of a VP8 stream. Source: RFC 7741, section 4.2.
struct VP8LayerReader: Sendable {
    private var pictures = PictureNumberUnwrapper()
    /// The picture of the last keyframe; nil while unknown.
    private var keyPicture: Int64?

    /// What a packet says; nil for one that can't be. `size` becomes a keyframe's.
    mutating func read(_ payload: RawSpan, marker: Bool, size: inout FrameSize) -> FrameLayers? {
        guard let descriptor = VP8PayloadDescriptor(payload) else { return nil }
        let temporal = Int(descriptor.temporalLayer ?? 0)
        // Everything hangs on keyframes: they can't be of a layer that may be left out.
        guard !descriptor.isKeyframeStart || temporal == 0 else { return nil }

        var layers = FrameLayers()
        layers.temporalLayer = UInt8(temporal)
        layers.presentIn = DecodeTargets.temporal(from: temporal) & DecodeTargets.lowestSpatialTargets
        layers.levelZeroOffset = descriptor.levelZeroOffset
        layers.levelZeroIndex = descriptor.levelZeroIndex
        if descriptor.isFrameStart { layers.flags.insert(.frameStart) }
        if marker { layers.flags.insert(.frameEnd) }
        if let pictureID = descriptor.pictureID {
            layers.pictureNumber = pictures.extended(pictureID, bits: descriptor.hasLongPictureID ? 15 : 7)
            pictures.accept(layers.pictureNumber)
            layers.pictureNumberOffset = descriptor.pictureIDOffset
            if descriptor.hasLongPictureID { layers.flags.insert(.longPictureNumber) }
            if descriptor.isKeyframeStart { keyPicture = layers.pictureNumber }
            if keyPicture == layers.pictureNumber { layers.flags.insert(.keyframe) }
        }
        if descriptor.isKeyframeStart {
            layers.flags.formUnion([.keyframe, .keyframeStart])
            layers.restarts = DecodeTargets.lowestSpatialTargets
            layers.switchTo = DecodeTargets.lowestSpatialTargets
            size = descriptor.size ?? size
        } else if descriptor.isFrameStart, descriptor.isLayerSync, temporal > 0 {
            layers.switchTo = DecodeTargets.temporal(temporal) & DecodeTargets.lowestSpatialTargets
            layers.switchNeedsTemporal = UInt8(temporal - 1)
        }
        return layers
    }
}
