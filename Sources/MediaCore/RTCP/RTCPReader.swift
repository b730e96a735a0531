/// Walks the messages of a compound or reduced-size RTCP packet.
///
/// Every loop is bounded by the bytes present. `validate(_:)` the whole before acting on its first message. RFC 3550's
/// rule for the first packet's type is not applied: reduced-size packets start with any.
/// Source: RFC 3550, section 6; RFC 5506.
package struct RTCPReader: ~Escapable {
    private let compound: RawSpan
    private var offset = 0

    /// Creates a reader over a decrypted packet.
    @_lifetime(copy compound)
    package init(_ compound: RawSpan) {
        self.compound = compound
    }

    /// The next message; nil at the end. Types that are not known come back as `unknown`.
    ///
    /// - Throws: `RTCPError`; the rest of the compound must not be used.
    @_lifetime(self: copy self)
    package mutating func next() throws(RTCPError) -> RTCPMessage? {
        guard let packet = try nextPacket() else { return nil }
        return try RTCPMessage(packet)
    }

    /// The next message's packet, for those that are read where they stand; nil at the end.
    @_lifetime(copy self)
    mutating func nextPacket() throws(RTCPError) -> RTCPPacket? {
        guard offset < compound.byteCount else { return nil }
        let packet = try RTCPPacket(compound, at: offset)
        offset &+= packet.byteCount
        return packet
    }

    /// Whether the packets' headers chain exactly to the end. What the messages hold is not looked at.
    package static func validate(_ compound: RawSpan) -> Bool {
        var offset = 0
        while offset < compound.byteCount {
            guard let packet = try? RTCPPacket(compound, at: offset) else { return false }
            offset &+= packet.byteCount
        }
        return offset > 0
    }
}
