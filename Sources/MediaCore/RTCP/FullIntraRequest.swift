/// A command to send a keyframe. Source: RFC 5104, section 4.3.1.
package struct FullIntraRequest: Hashable, Sendable {
    /// A stream and the number of the command, which repeats keep.
    package struct Entry: Hashable, Sendable {
        /// The stream that is to send a keyframe.
        package var ssrc: UInt32
        /// Grows with each new command.
        package var sequenceNumber: UInt8

        /// Creates an entry.
        package init(ssrc: UInt32, sequenceNumber: UInt8) {
            self.ssrc = ssrc
            self.sequenceNumber = sequenceNumber
        }
    }

    /// Who asks.
    package var sender: UInt32
    /// What it asks for.
    package var entries: [Entry]

    /// Creates a command.
    package init(sender: UInt32, entries: [Entry]) {
        self.sender = sender
        self.entries = entries
    }

    init(_ reader: inout WireReader) throws(WireError) {
        sender = try reader.readUInt32()
        // The media source of the common header is not used: each entry has its own.
        try reader.skip(4)
        guard reader.remaining > 0, reader.remaining % 8 == 0 else { throw .truncated }
        entries = []
        while reader.remaining > 0 {
            entries.append(Entry(ssrc: try reader.readUInt32(), sequenceNumber: try reader.readUInt8()))
            try reader.skip(3)
        }
    }
}
