/// Where a watcher stands among the layers of a video.
public struct LayerPosition: Hashable, Sendable, Encodable {
    /// The simulcast encoding's RID; nil without simulcast.
    public var encodingID: String?
    /// The spatial layer, from 0.
    public var spatialLayer: Int
    /// The temporal layer, from 0.
    public var temporalLayer: Int
}
