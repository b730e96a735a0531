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
    /// How important it is beside the watcher's other videos, 1 to 100; the higher, the more.
    public var priority: Int

    /// Creates a preference; without arguments, the best there is.
    public init(
        encodingID: String? = nil, spatialLayer: Int? = nil, temporalLayer: Int? = nil, maximumWidth: Int? = nil,
        maximumHeight: Int? = nil, maximumFrameRate: Int? = nil, isPaused: Bool = false, priority: Int = 1
    ) {
        self.encodingID = encodingID
        self.spatialLayer = spatialLayer
        self.temporalLayer = temporalLayer
        self.maximumWidth = maximumWidth
        self.maximumHeight = maximumHeight
        self.maximumFrameRate = maximumFrameRate
        self.isPaused = isPaused
        self.priority = priority
    }
}
