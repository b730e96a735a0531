/// What a participant that sends nothing receives. Source: RFC 3550, section 6.4.2.
package struct ReceiverReport: Hashable, Sendable {
    /// Who reports.
    package var ssrc: UInt32
    /// What it receives.
    package var blocks: [ReportBlock]

    /// Creates a report.
    package init(ssrc: UInt32, blocks: [ReportBlock] = []) {
        self.ssrc = ssrc
        self.blocks = blocks
    }

    init(_ reader: inout WireReader, count: UInt8) throws(WireError) {
        ssrc = try reader.readUInt32()
        blocks = try ReportBlock.blocks(&reader, count: count)
    }
}
