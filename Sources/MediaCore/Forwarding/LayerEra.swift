/// A stretch of one stream's packets that a consumer gets for the same decode target.
struct LayerEra {
    /// The number it begins with.
    var since: Int64 = 0
    /// The decode target, by its number and as a bit, in the layout of a version; all bits where nothing is selected.
    var target: UInt8 = 0
    var bit: UInt32 = .max
    var version: UInt16 = 0
    /// The target's spatial layer.
    var spatialLayer: UInt8 = 0
    /// The decode targets that it builds on and that were intact when it began, and the number that they began with: what
    /// comes late of those is not left out.
    var foundation: UInt32 = 0
    var foundationSince: Int64 = 0

    /// Whether a packet is of its decode target.
    @inline(__always)
    func contains(_ layers: FrameLayers) -> Bool { layers.presentIn & bit != 0 && layers.targetsVersion == version }

    /// Whether a packet from before it is of what it builds on.
    func needs(_ packet: StoredPacket) -> Bool {
        packet.extendedSequenceNumber >= foundationSince && packet.layers.presentIn & foundation != 0
            && packet.layers.targetsVersion == version
    }
}
