/// Masks of the decode targets of streams that payload descriptors describe: bit `4 * spatial + temporal`.
extension DecodeTargets {
    /// All of them.
    static let everyPayloadTarget: UInt32 = 0xFFFF
    /// Those of a stream without spatial layers.
    static let lowestSpatialTargets: UInt32 = 0x000F

    /// The targets of all spatial layers whose temporal layer is this one.
    static func temporal(_ layer: Int) -> UInt32 { 0x1111 << UInt32(layer & 3) }

    /// The targets of all spatial layers whose temporal layer is this one or a higher one; none from 4 up.
    static func temporal(from layer: Int) -> UInt32 {
        layer > 3 ? 0 : (0xF << UInt32(max(layer, 0)) & 0xF) &* 0x1111
    }

    /// The targets of one spatial layer.
    static func spatial(_ layer: Int) -> UInt32 { 0xF << (UInt32(layer & 3) * 4) }

    /// The targets of a spatial layer and those above it.
    static func spatial(from layer: Int) -> UInt32 {
        (everyPayloadTarget << (UInt32(layer & 3) * 4)) & everyPayloadTarget
    }
}
