/// Reads the layers of one stream's packets: from their dependency descriptors where there are some, from their payload
/// descriptors where there are none.
///
/// It remembers what packets refer to: templates, scalability structures, the last numbers. Reading a packet once more
/// does no harm; one that came before its templates is told once they are there.
package struct LayerReader: Sendable {
    package let codec: MediaCodec
    /// The layout that the masks of the packets read from now on are about.
    package private(set) var targets = DecodeTargets()
    /// Width and height in pixels by spatial layer, as far as the stream itself tells; 0 where it does not.
    private(set) var sizes = InlineArray<4, FrameSize>(repeating: FrameSize())

    private var dependencies = DependencyReader()
    private var vp8 = VP8LayerReader()
    private var vp9 = VP9LayerReader()
    private var av1 = AV1LayerReader()

    package init(codec: MediaCodec) {
        self.codec = codec
    }

    /// What a packet that may be forwarded says of its layers; nil for one that lies: layers out of range, templates
    /// that can't be.
    ///
    /// - Parameters:
    ///   - payload: the decrypted payload without padding.
    ///   - descriptor: the dependency descriptor; nil when the packet has none.
    ///   - marker: the RTP header's marker bit.
    package mutating func read(_ payload: RawSpan, descriptor: RawSpan?, marker: Bool) -> FrameLayers? {
        guard codec != .opus else { return FrameLayers() }
        guard let descriptor else { return readUndescribed(payload, marker: marker) }

        // The numbers in the payload have to stay consecutive, whoever describes the layers. An encrypted payload has
        // none that mean anything.
        var numbers = FrameLayers()
        if codec == .vp8 || codec == .vp9 { numbers = readPayload(payload, marker: marker) ?? numbers }
        let version = targets.version
        guard var layers = dependencies.read(descriptor, targets: &targets, sizes: &sizes) else { return nil }
        layers.takeNumbers(of: numbers)
        // A structure need not tell the sizes; the payload of its packet does.
        if targets.version != version, !dependencies.hasSizes { _ = readPayload(payload, marker: marker) }
        return layers
    }

    /// A packet without a dependency descriptor. In a stream that has described targets, it belongs to none of them,
    /// unless it begins anew.
    private mutating func readUndescribed(_ payload: RawSpan, marker: Bool) -> FrameLayers? {
        guard var layers = readPayload(payload, marker: marker) else { return nil }
        if dependencies.isDescribed {
            if layers.flags.contains(.keyframeStart) {
                dependencies = DependencyReader()
                targets = DecodeTargets(version: targets.version &+ 1)
            } else {
                layers.flags.insert(.unresolved)
                layers.presentIn = 0
                layers.switchTo = 0
                layers.restarts = 0
            }
        }
        layers.targetsVersion = targets.version
        return layers
    }

    private mutating func readPayload(_ payload: RawSpan, marker: Bool) -> FrameLayers? {
        switch codec {
        case .opus: FrameLayers()
        case .vp8: vp8.read(payload, marker: marker, size: &sizes[0])
        case .vp9: vp9.read(payload, sizes: &sizes)
        case .h264: H264PayloadDescriptor(payload)?.layers(marker: marker, size: &sizes[0])
        case .h265: H265PayloadDescriptor(payload)?.layers(marker: marker, size: &sizes[0])
        case .av1: av1.read(payload, marker: marker, sizes: &sizes)
        }
    }
}

extension FrameLayers {
    /// Takes over where numbers stand in the payload, and what they are.
    fileprivate mutating func takeNumbers(of other: FrameLayers) {
        pictureNumber = other.pictureNumber
        pictureNumberOffset = other.pictureNumberOffset
        levelZeroOffset = other.levelZeroOffset
        levelZeroIndex = other.levelZeroIndex
        flags.formUnion(other.flags.intersection(.longPictureNumber))
    }
}
