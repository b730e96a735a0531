/// A sender's clocks and counts, and what it receives. Source: RFC 3550, section 6.4.1.
package struct SenderReport: Hashable, Sendable {
    /// The sender.
    package var ssrc: UInt32
    /// The wall-clock time of the report.
    package var ntpTime: NTPTime
    /// The same instant on the stream's RTP clock.
    package var rtpTimestamp: UInt32
    /// Packets sent since the stream began.
    package var packetCount: UInt32
    /// Their payload bytes, without headers and padding.
    package var octetCount: UInt32
    /// What it receives.
    package var blocks: [ReportBlock]

    /// Creates a report.
    package init(
        ssrc: UInt32, ntpTime: NTPTime, rtpTimestamp: UInt32, packetCount: UInt32, octetCount: UInt32,
        blocks: [ReportBlock] = []
    ) {
        self.ssrc = ssrc
        self.ntpTime = ntpTime
        self.rtpTimestamp = rtpTimestamp
        self.packetCount = packetCount
        self.octetCount = octetCount
        self.blocks = blocks
    }

    init(_ reader: inout WireReader, count: UInt8) throws(WireError) {
        ssrc = try reader.readUInt32()
        ntpTime = NTPTime(bits: try reader.readUInt64())
        rtpTimestamp = try reader.readUInt32()
        packetCount = try reader.readUInt32()
        octetCount = try reader.readUInt32()
        blocks = try ReportBlock.blocks(&reader, count: count)
    }
}
