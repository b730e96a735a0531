/// A decoder that has lost pictures and asks for a keyframe. Source: RFC 4585, section 6.3.1.
package struct PictureLossIndication: Hashable, Sendable {
    /// Who asks.
    package var sender: UInt32
    /// The stream it asks for.
    package var media: UInt32

    /// Creates a message.
    package init(sender: UInt32, media: UInt32) {
        self.sender = sender
        self.media = media
    }

    init(_ reader: inout WireReader) throws(WireError) {
        sender = try reader.readUInt32()
        media = try reader.readUInt32()
    }
}
