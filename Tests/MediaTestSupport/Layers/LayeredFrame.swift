public import MediaCore

/// One frame of a layered encoding, as its encoder knows it: the truth that a receiver's findings are compared with.
public struct LayeredFrame: Sendable {
    /// Its place in the encoding's frames; the dependency descriptor's number, without the start and the wraps.
    public var number: Int
    /// Which picture of the encoding it belongs to.
    public var picture: Int
    /// Its spatial layer.
    public var spatial: Int
    /// Its temporal layer.
    public var temporal: Int
    /// Whether its picture refers to nothing before.
    public var isKeyframe: Bool
    /// The numbers of the frames it refers to.
    public var references: [Int]
    /// Its packets, by their places in the encoding's.
    public var packets: Range<Int>
    /// When it was captured.
    public var instant: MediaInstant
    /// Whether more spatial layers of its picture follow.
    public var isLastOfPicture: Bool
    /// Spatial layers that the encoding has at present.
    public var activeSpatialLayers: Int
    /// The distance to the last keyframe, in pictures.
    public var pattern: Int
    /// What the dependency descriptor says of it.
    var dependencies = FrameDependencies()
    /// The number of the first template at the time.
    var templateOffset = 0
}

/// What a dependency descriptor says of a frame.
struct FrameDependencies: Hashable, Sendable {
    /// 0 not present, 1 discardable, 2 switch, 3 required, by decode target.
    var indications: [UInt8] = []
    /// How many frames back those lie that it refers to.
    var frameDifferences: [Int] = []
    /// How many frames back the chain's last frame lies, by chain; 0 for none.
    var chainDifferences: [Int] = []
}
