/// What a receiver says of one source. Source: RFC 3550, section 6.4.1.
package struct ReportBlock: Hashable, Sendable {
    /// Its length on the wire.
    static let byteCount = 24

    /// The source it is about.
    package var ssrc: UInt32
    /// The share lost since the last report, in 1/256.
    package var fractionLost: UInt8
    /// Packets lost in all, 24 bits signed: negative with duplicates.
    package var packetsLost: Int32
    /// The highest sequence number received; its upper 16 bits count the cycles.
    package var highestSequenceNumber: UInt32
    /// Interarrival jitter in units of the RTP clock.
    package var jitter: UInt32
    /// The middle 32 bits of the last sender report's NTP time; 0 before the first.
    package var lastSenderReport: UInt32
    /// The time since then, in 1/65536 s.
    package var delaySinceLastSenderReport: UInt32

    /// Creates a block.
    package init(
        ssrc: UInt32, fractionLost: UInt8, packetsLost: Int32, highestSequenceNumber: UInt32, jitter: UInt32,
        lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.packetsLost = packetsLost
        self.highestSequenceNumber = highestSequenceNumber
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }

    init(_ reader: inout WireReader) throws(WireError) {
        ssrc = try reader.readUInt32()
        let loss = try reader.readUInt32()
        fractionLost = UInt8(truncatingIfNeeded: loss >> 24)
        packetsLost = Int32(bitPattern: loss << 8) >> 8
        highestSequenceNumber = try reader.readUInt32()
        jitter = try reader.readUInt32()
        lastSenderReport = try reader.readUInt32()
        delaySinceLastSenderReport = try reader.readUInt32()
    }

    /// Reads as many blocks as a header's count says.
    static func blocks(_ reader: inout WireReader, count: UInt8) throws(WireError) -> [ReportBlock] {
        guard reader.remaining >= Int(count) * byteCount else { throw .truncated }
        var blocks: [ReportBlock] = []
        blocks.reserveCapacity(Int(count))
        for _ in 0..<count { blocks.append(try ReportBlock(&reader)) }
        return blocks
    }

    func append(to bytes: inout [UInt8]) {
        let lost = UInt32(bitPattern: min(max(packetsLost, -0x80_0000), 0x7F_FFFF)) & 0xFF_FFFF
        bytes.append(bigEndian: ssrc)
        bytes.append(bigEndian: UInt32(fractionLost) << 24 | lost)
        bytes.append(bigEndian: highestSequenceNumber)
        bytes.append(bigEndian: jitter)
        bytes.append(bigEndian: lastSenderReport)
        bytes.append(bigEndian: delaySinceLastSenderReport)
    }
}
