/// One layer of a video, as it arrives.
public struct LayerStatus: Hashable, Sendable, Encodable {
    /// The simulcast encoding's RID; nil without simulcast.
    public var encodingID: String?
    /// The spatial layer, from 0.
    public var spatialLayer: Int
    /// The temporal layer, from 0: the figures include the layers below it.
    public var temporalLayer: Int
    /// Width in pixels; nil while unknown.
    public var width: Int?
    /// Height in pixels; nil while unknown.
    public var height: Int?
    /// Frames per second, over the last second.
    public var frameRate: Double
    /// Bits per second of RTP payload over the last second, the layers it builds on included.
    public var bitrate: Int
    /// Whether it arrives at present.
    public var isActive: Bool
}

/// The layers that a consumer can choose among, and which of them it gets.
public struct ConsumerLayers: Sendable {
    /// The MID of the watcher's media section.
    public var mid: String
    /// Sound has no layers.
    public var kind: MediaKind
    /// Every layer known, the best first.
    public var layers: [LayerStatus]
    /// What the watcher asked for.
    public var preference: LayerPreference
    /// What it is to get; nil while nothing that fits arrives, or while it is paused.
    public var target: LayerPosition?
    /// What it gets; nil before its first keyframe.
    public var current: LayerPosition?
    /// Why the target is no better; nil for sound, and before the watcher is connected.
    public var reason: AllocationReason?
    /// What the target takes of its link, in bit/s on the wire; 0 when that is nothing.
    public var bitrate: Int64 = 0
}
