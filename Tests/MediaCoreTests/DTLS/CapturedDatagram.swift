@testable import MediaCore

/// A UDP datagram out of a capture of cooked Linux frames.
struct CapturedDatagram {
    var sourcePort: UInt16
    var payload: [UInt8]

    /// Every UDP over IPv4 datagram of a little-endian pcapng file, in order.
    static func all(inPcapng bytes: [UInt8]) -> [CapturedDatagram] {
        var result: [CapturedDatagram] = []
        var offset = 0
        while offset + 12 <= bytes.count {
            let length = little(bytes, offset + 4)
            guard length >= 12, offset + length <= bytes.count else { break }
            // An enhanced packet block: interface, two words of time, captured and original length, the frame.
            if little(bytes, offset) == 6, length >= 32 {
                let start = offset + 28
                let end = min(start + little(bytes, offset + 20), offset + length)
                if start <= end, let datagram = CapturedDatagram(cooked: bytes[start..<end]) {
                    result.append(datagram)
                }
            }
            offset += length
        }
        return result
    }

    private init?(cooked frame: ArraySlice<UInt8>) {
        let packet = Array(frame.dropFirst(16))
        guard packet.count > 28, packet[0] >> 4 == 4, packet[9] == 17 else { return nil }
        let udp = Int(packet[0] & 15) * 4
        let end = udp + Int(packet[udp + 4]) << 8 + Int(packet[udp + 5])
        guard udp + 8 <= end, end <= packet.count else { return nil }
        sourcePort = UInt16(packet[udp]) << 8 | UInt16(packet[udp + 1])
        payload = Array(packet[(udp + 8)..<end])
    }

    private static func little(_ bytes: [UInt8], _ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}
