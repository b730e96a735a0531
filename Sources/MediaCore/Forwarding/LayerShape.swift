/// Which layers of one stream arrive: what choices hang on. Two that are equal give every watcher the same choice.
struct LayerShape: Hashable {
    /// Whether anything arrives.
    var isLive = false
    /// The highest spatial and temporal layer that arrive.
    var spatialLayer: UInt8 = 0
    var temporalLayer: UInt8 = 0
    /// The highest spatial layer that ever arrived.
    var knownSpatialLayer: UInt8 = 0
    /// The picture's size by spatial layer; zeros where it is unknown.
    var sizes = InlineSizes()
    /// About its bits per second; it follows changes by half only.
    var rankingBitrate = 0
    /// The layout of its decode targets.
    var targetsVersion: UInt16 = 0

    /// Four sizes that can be compared.
    struct InlineSizes: Hashable {
        var first = FrameSize()
        var second = FrameSize()
        var third = FrameSize()
        var fourth = FrameSize()

        subscript(_ spatialLayer: Int) -> FrameSize {
            switch spatialLayer {
            case 0: first
            case 1: second
            case 2: third
            default: fourth
            }
        }
    }

    /// The size of the picture it shows at its best.
    var size: FrameSize { sizes[Int(spatialLayer)] }
}
