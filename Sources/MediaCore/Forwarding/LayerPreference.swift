/// What a watcher wants of one video: the best it may get, as far as it says so.
public struct LayerPreference: Hashable, Sendable {
    /// The simulcast encoding, by its RID; nil for the best that fits the rest.
    public var encodingID: String?
    /// The highest spatial layer, from 0; nil for any.
    public var spatialLayer: Int?
    /// The highest temporal layer, from 0; nil for any.
    public var temporalLayer: Int?
    /// The largest width in pixels; nil for any.
    public var maximumWidth: Int?
    /// The largest height in pixels; nil for any.
    public var maximumHeight: Int?
    /// The highest frame rate in frames per second; nil for any.
    public var maximumFrameRate: Int?
    /// Whether nothing is wanted for now.
    public var isPaused: Bool
    /// How important it is beside the watcher's other videos, 1 to 100; the higher, the more: those of a higher priority
    /// get what they want before others get more than their least layer.
    public var priority: Int
    /// The lowest spatial layer that is of use, from 0; nil for any. What does not reach it is not sent at all.
    public var minimumSpatialLayer: Int?
    /// The least height in pixels that is of use; nil for any. What does not reach it is not sent at all.
    public var minimumHeight: Int?
    /// What matters in the picture; nil for what its publisher says: detail where it announced slides.
    public var contentHint: ContentHint?

    /// What matters in a picture when there is not room for all of it. Source: W3C mst-content-hint.
    public enum ContentHint: String, Hashable, Sendable, Codable {
        /// That it moves: rather a small picture than few of them.
        case motion
        /// That it is sharp, as of a shared screen: rather few pictures than small ones.
        case detail
    }

    /// Creates a preference; without arguments, the best there is.
    public init(
        encodingID: String? = nil, spatialLayer: Int? = nil, temporalLayer: Int? = nil, maximumWidth: Int? = nil,
        maximumHeight: Int? = nil, maximumFrameRate: Int? = nil, isPaused: Bool = false, priority: Int = 1,
        minimumSpatialLayer: Int? = nil, minimumHeight: Int? = nil, contentHint: ContentHint? = nil
    ) {
        self.encodingID = encodingID
        self.spatialLayer = spatialLayer
        self.temporalLayer = temporalLayer
        self.maximumWidth = maximumWidth
        self.maximumHeight = maximumHeight
        self.maximumFrameRate = maximumFrameRate
        self.isPaused = isPaused
        self.priority = priority
        self.minimumSpatialLayer = minimumSpatialLayer
        self.minimumHeight = minimumHeight
        self.contentHint = contentHint
    }
}
