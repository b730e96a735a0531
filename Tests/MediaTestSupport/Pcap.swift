/// The UDP payloads of a capture file, for tests. Ethernet, IPv4 and little-endian microseconds only.
public struct Pcap: Sendable {
    /// One UDP payload.
    public struct Datagram: Sendable {
        /// When it was captured, in microseconds since 1970.
        public var microseconds: Int64
        /// The sender's port.
        public var sourcePort: UInt16
        /// The receiver's port.
        public var destinationPort: UInt16
        /// What UDP carries.
        public var payload: [UInt8]
    }

    /// The datagrams in the order of the file.
    public var datagrams: [Datagram] = []

    /// Reads a capture file; nil when it is not one of the kind understood.
    public init?(_ file: [UInt8]) {
        func little(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
        }
        guard file.count >= 24, little(0) == 0xA1B2_C3D4, little(20) == 1 else { return nil }
        var offset = 24
        while offset + 16 <= file.count {
            let (start, length) = (offset + 16, little(offset + 8))
            guard start + length <= file.count else { return nil }
            let frame = Array(file[start..<(start + length)])
            let microseconds = Int64(little(offset)) * 1_000_000 + Int64(little(offset + 4))
            if let datagram = Self.datagram(frame, microseconds) { datagrams.append(datagram) }
            offset = start + length
        }
    }

    private static func datagram(_ frame: [UInt8], _ microseconds: Int64) -> Datagram? {
        func big(_ offset: Int) -> Int { Int(frame[offset]) << 8 | Int(frame[offset + 1]) }
        guard frame.count > 34, big(12) == 0x0800, frame[14] >> 4 == 4, frame[23] == 17 else { return nil }
        let udp = 14 + Int(frame[14] & 15) * 4
        guard frame.count >= udp + 8, big(udp + 4) >= 8, frame.count >= udp + big(udp + 4) else { return nil }
        return Datagram(
            microseconds: microseconds, sourcePort: UInt16(big(udp)), destinationPort: UInt16(big(udp + 2)),
            payload: Array(frame[(udp + 8)..<(udp + big(udp + 4))]))
    }
}
