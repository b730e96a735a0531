/// One way to send a video: a layer that arrives, and what it takes of a link.
struct LayerRung {
    let target: LayerTarget
    /// In bit/s on the wire, the layers it builds on included: at present, and at most of late.
    let bitrate: Int64
    let peak: Int64
    /// Frames per second.
    let frameRate: Double
}
