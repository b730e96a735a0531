/// Reads the layers of one stream's packets: from their dependency descriptors where there are some, from their payload
/// descriptors where there are none.
///
/// It remembers what packets refer to: templates, scalability structures, the last numbers.
struct LayerReader {
    let codec: MediaCodec
    /// The layout that the masks of the packets read from now on are about.
    private(set) var targets = DecodeTargets()
    /// Width and height in pixels by spatial layer, as far as the stream itself tells; 0 where it does not.
    private(set) var sizes = InlineArray<4, FrameSize>(repeating: FrameSize())

    init(codec: MediaCodec) {
        self.codec = codec
    }

    /// What a packet that may be forwarded says of its layers; nil for one that lies: layers out of range, templates
    /// that can't be.
    ///
    /// - Parameters:
    ///   - payload: the decrypted payload without padding.
    ///   - descriptor: the dependency descriptor; nil when the packet has none.
    mutating func read(_ payload: RawSpan, descriptor: RawSpan?) -> FrameLayers? {
        var layers = FrameLayers()
        if PayloadDescriptor.isKeyframeStart(codec, payload) { layers.flags = [.keyframeStart, .keyframe] }
        return layers
    }
}

/// The size of a picture in pixels; zeros where it is not known.
struct FrameSize: Hashable, Sendable {
    var width: UInt16 = 0
    var height: UInt16 = 0
}
