/// The most a receiver believes it can take (REMB). Source: draft-alvestrand-rmcat-remb-03, section 2.2.
package struct ReceiverEstimate: Hashable, Sendable {
    /// `REMB` in ASCII.
    private static let name: UInt32 = 0x5245_4D42

    /// Who reports.
    package var sender: UInt32
    /// Total bitrate in bit/s; on the wire 18 bits of mantissa are left of it.
    package var bitrate: UInt64
    /// The streams it counts, at most 255.
    package var ssrcs: [UInt32]

    /// Creates an estimate.
    package init(sender: UInt32, bitrate: UInt64, ssrcs: [UInt32]) {
        self.sender = sender
        self.bitrate = bitrate
        self.ssrcs = ssrcs
    }

    /// Reads an estimate; nil when the application-layer feedback is something else.
    init?(_ reader: inout WireReader) throws(WireError) {
        sender = try reader.readUInt32()
        try reader.skip(4)
        guard reader.remaining >= 4, try reader.readUInt32() == Self.name else { return nil }
        let count = Int(try reader.readUInt8())
        let rate = try reader.readUInt24()
        let (mantissa, exponent) = (UInt64(rate & 0x3FFFF), rate >> 18)
        // A shift that loses bits means more than any link carries.
        bitrate = mantissa.leadingZeroBitCount < Int(exponent) && mantissa > 0 ? .max : mantissa << exponent
        guard reader.remaining >= count * 4 else { throw .truncated }
        ssrcs = []
        for _ in 0..<count { ssrcs.append(try reader.readUInt32()) }
    }

    func append(to bytes: inout [UInt8]) {
        let exponent = max(0, 46 - bitrate.leadingZeroBitCount)
        bytes.append(bigEndian: sender)
        bytes.append(bigEndian: 0 as UInt32)
        bytes.append(bigEndian: Self.name)
        bytes.append(UInt8(min(ssrcs.count, 255)))
        bytes.append(bigEndian24: UInt32(exponent) << 18 | UInt32(bitrate >> UInt64(exponent)))
        for ssrc in ssrcs.prefix(255) { bytes.append(bigEndian: ssrc) }
    }
}
