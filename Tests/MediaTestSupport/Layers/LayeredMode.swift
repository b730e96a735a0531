/// How a simulated camera is encoded: which codec, how many encodings, which layers, how they refer to one another.
public struct LayeredMode: Sendable {
    /// What stands in the payload.
    public enum Payload: String, Sendable {
        case vp8 = "VP8"
        case vp9 = "VP9"
        case h264 = "H264"
        case h265 = "H265"
        case av1 = "AV1"
    }

    /// What tests and tables call it.
    public var name: String
    /// The codec by its name in SDP.
    public var payload: Payload
    /// Simulcast encodings, 1 to 3.
    public var encodings = 1
    /// Spatial layers of each encoding, 1 to 3.
    public var spatialLayers = 1
    /// Temporal layers of each encoding, 1 to 3.
    public var temporalLayers = 1
    /// Whether spatial layers are predicted from one another in keyframes only.
    public var predictsLayersInKeyframesOnly = false
    /// Whether pictures of upper temporal layers refer to earlier ones of their own layer too, so that not every
    /// picture is one to switch up at.
    public var isEntangled = false
    /// Whether the payload descriptor tells layers and numbers at all.
    public var isDescribed = true
    /// VP9: whether pictures say themselves what they refer to.
    public var isFlexible = false
    /// Whether packets carry a dependency descriptor.
    public var hasDependencyDescriptor = false
    /// Whether payloads are random bytes, as if encrypted from end to end.
    public var isOpaque = false
    /// Whether the publisher says that it shows slides.
    public var isSlides = false

    /// Creates a mode of one layer.
    public init(_ name: String, _ payload: Payload, _ adjust: (inout Self) -> Void = { _ in }) {
        self.name = name
        self.payload = payload
        adjust(&self)
    }

    /// The RIDs, the smallest encoding first.
    public static let rids = ["q", "h", "f"]

    /// The RID of an encoding; nil without simulcast.
    public func rid(_ encoding: Int) -> String? { encodings > 1 ? Self.rids[encoding] : nil }

    /// Whether watchers can choose temporal layers: the stream tells them.
    public var tellsTemporalLayers: Bool { temporalLayers > 1 && (hasDependencyDescriptor || isDescribed) }

    /// A simulcast mode.
    private static func simulcast(
        _ name: String, _ payload: Payload, temporal: Int, _ adjust: (inout Self) -> Void = { _ in }
    ) -> LayeredMode {
        LayeredMode(name, payload) {
            $0.encodings = 3
            $0.temporalLayers = temporal
            adjust(&$0)
        }
    }

    /// A mode with spatial layers in one stream.
    private static func scalable(
        _ name: String, _ payload: Payload, _ spatial: Int, _ temporal: Int, _ adjust: (inout Self) -> Void = { _ in }
    ) -> LayeredMode {
        LayeredMode(name, payload) {
            $0.spatialLayers = spatial
            $0.temporalLayers = temporal
            $0.hasDependencyDescriptor = payload == .av1
            $0.predictsLayersInKeyframesOnly = name.hasSuffix("key")
            $0.isFlexible = name.contains("flexible")
            adjust(&$0)
        }
    }

    /// Every mode that is checked.
    public static let all: [LayeredMode] = [
        simulcast("vp8-bare", .vp8, temporal: 1) { $0.isDescribed = false },
        simulcast("vp8-l1t1", .vp8, temporal: 1),
        simulcast("vp8-l1t2", .vp8, temporal: 2),
        simulcast("vp8-l1t3", .vp8, temporal: 3),
        simulcast("vp8-l1t3-entangled", .vp8, temporal: 3) { $0.isEntangled = true },
        simulcast("h264", .h264, temporal: 1) { $0.isDescribed = false },
        simulcast("h264-disposable", .h264, temporal: 2) { $0.isDescribed = false },
        simulcast("h264-described-l1t3", .h264, temporal: 3) { $0.hasDependencyDescriptor = true },
        LayeredMode("h265", .h265) { $0.isDescribed = false },
        simulcast("h265-simulcast", .h265, temporal: 1) { $0.isDescribed = false },
        scalable("vp9-l1t1", .vp9, 1, 1),
        scalable("vp9-l1t2", .vp9, 1, 2),
        scalable("vp9-l1t3", .vp9, 1, 3),
        scalable("vp9-l1t3-entangled", .vp9, 1, 3) { $0.isEntangled = true },
        scalable("vp9-l2t2", .vp9, 2, 2),
        scalable("vp9-l3t1", .vp9, 3, 1),
        scalable("vp9-l3t3", .vp9, 3, 3),
        scalable("vp9-l3t3-key", .vp9, 3, 3),
        scalable("vp9-flexible-l1t3", .vp9, 1, 3),
        scalable("vp9-flexible-l1t3-entangled", .vp9, 1, 3) { $0.isEntangled = true },
        scalable("vp9-flexible-l3t3", .vp9, 3, 3),
        scalable("vp9-flexible-l3t3-key", .vp9, 3, 3),
        simulcast("vp9-simulcast-l1t3", .vp9, temporal: 3),
        simulcast("vp9-simulcast-flexible-l1t3", .vp9, temporal: 3) { $0.isFlexible = true },
        scalable("av1-l1t1", .av1, 1, 1),
        scalable("av1-l1t2", .av1, 1, 2),
        scalable("av1-l1t3", .av1, 1, 3),
        scalable("av1-l1t3-entangled", .av1, 1, 3) { $0.isEntangled = true },
        scalable("av1-l2t1", .av1, 2, 1),
        scalable("av1-l2t2-key", .av1, 2, 2),
        scalable("av1-l3t1", .av1, 3, 1),
        scalable("av1-l3t3", .av1, 3, 3),
        scalable("av1-l3t3-key", .av1, 3, 3),
        simulcast("av1-simulcast-l1t3", .av1, temporal: 3) { $0.hasDependencyDescriptor = true },
        scalable("opaque-av1-l3t3-key", .av1, 3, 3) { $0.isOpaque = true },
        scalable("opaque-vp8-l3t3", .vp8, 3, 3) {
            $0.isOpaque = true
            $0.hasDependencyDescriptor = true
        },
        simulcast("opaque-vp8-simulcast-l1t3", .vp8, temporal: 3) {
            $0.isOpaque = true
            $0.hasDependencyDescriptor = true
        },
    ]
}
