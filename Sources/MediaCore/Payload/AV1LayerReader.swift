/// Reads the layers of an AV1 stream that has no dependency descriptors.
///
/// Little is known then: a watcher can change layers at keyframes only.
struct AV1LayerReader: Sendable {
    /// The layers of the frame that goes on: packets that only continue an OBU don't tell.
    private var layer: (spatial: UInt8, temporal: UInt8) = (0, 0)

    /// What a packet says; nil for one that can't be. `sizes` become those of the sequence header.
    mutating func read(
        _ payload: RawSpan, marker: Bool, sizes: inout InlineArray<4, FrameSize>
    ) -> FrameLayers? {
        guard let descriptor = AV1PayloadDescriptor(payload) else { return nil }
        if let named = descriptor.layer {
            guard named.temporal <= 3 else { return nil }
            layer = named
        } else if !descriptor.isContinuation {
            layer = (0, 0)
        }
        var layers = FrameLayers()
        layers.spatialLayer = layer.spatial
        layers.temporalLayer = layer.temporal
        layers.presentIn =
            DecodeTargets.spatial(from: Int(layer.spatial)) & DecodeTargets.temporal(from: Int(layer.temporal))
        if descriptor.isFrameStart { layers.flags.insert(.frameStart) }
        if marker {
            layers.flags.insert(.frameEnd)
            layer = (0, 0)
        }
        if descriptor.isKeyframeStart {
            layers.flags.formUnion([.keyframe, .keyframeStart])
            layers.restarts = DecodeTargets.everyPayloadTarget
            layers.switchTo = DecodeTargets.everyPayloadTarget
        }
        if let size = descriptor.size { sizes[size.spatialLayer & 3] = size.frame }
        return layers
    }
}
