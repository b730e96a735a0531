/// One spatial layer's frame, encoded.
struct LayerFrame {
    var plan: PlannedFrame
    var bytes: [UInt8]
}

/// The payload of one RTP packet, and what its header says of it.
struct PacketPayload {
    var bytes: [UInt8]
    var marker = false
    /// The dependency descriptor, where there is one.
    var descriptor: [UInt8]?
    /// The frame it is a part of, where it comes from an encoder.
    var plan: PlannedFrame?
}
