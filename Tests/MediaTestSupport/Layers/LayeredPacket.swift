public import MediaCore

/// One packet of a layered encoding.
public struct LayeredPacket: Sendable {
    /// Its number in the encoding, without wraps: the sequence number is its low 16 bits.
    public var index: UInt64
    /// The frame it belongs to.
    public var frame: Int
    /// Its place in the frame.
    public var position: Int
    /// The RTP marker.
    public var marker: Bool
    /// The payload.
    public var payload: [UInt8]
    /// The dependency descriptor; empty for none.
    public var descriptor: [UInt8]
    /// Which bytes of the payload a forwarder may rewrite.
    public var rewritable: Range<Int>
    /// When it came to the engine first, as itself or as a retransmission; nil when it never did.
    public var arrival: MediaInstant?
}
