import MediaTestSupport

@testable import MediaCore

/// An RTP packet a simulated publisher would not send by itself.
struct MadePacket {
    var ssrc: UInt32
    var payloadType: UInt8 = 96
    /// Its place in the source, and in its 16 low bits its sequence number.
    var index: UInt64
    var timestamp: UInt32 = 90_000
    var mid = "1"
    var rid: String?
    /// Its dependency descriptor; empty for none.
    var descriptor: [UInt8] = []
    /// Its video layers allocation; empty for none.
    var allocation: [UInt8] = []
    var payload: [UInt8]

    /// The first and the following packets of VP8 pictures. Source: RFC 7741, sections 4.2 and 4.3.
    static let keyframeStart: [UInt8] = [0x10, 0x00, 1, 2]
    static let continuation: [UInt8] = [0x00, 0x01, 1, 2]

    var bytes: [UInt8] {
        var bytes: [UInt8] = [0x90, payloadType]
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: index))
        bytes.append(bigEndian: timestamp)
        bytes.append(bigEndian: ssrc)
        // Descriptors need the two-byte form. Source: RFC 8285, section 4.3.
        let isTwoByte = !descriptor.isEmpty
        var block: [UInt8] = []
        let elements: [(UInt8, [UInt8])] = [
            (1, Array(mid.utf8)), (10, Array((rid ?? "").utf8)), (12, descriptor), (13, allocation),
        ]
        for (identifier, value) in elements where !value.isEmpty {
            let count = UInt8(value.count)
            block += (isTwoByte ? [identifier, count] : [identifier << 4 | (count - 1)]) + value
        }
        while block.count % 4 != 0 { block.append(0) }
        return bytes + (isTwoByte ? [0x10, 0] : [0xBE, 0xDE]) + [0, UInt8(block.count / 4)] + block + payload
    }

    /// The packet as a retransmission, at a place of its own. Source: RFC 4588, section 4.
    func again(_ retransmissionIndex: UInt64) -> MadePacket {
        var packet = self
        packet.ssrc = ssrc + 1
        packet.payloadType = 97
        packet.index = retransmissionIndex
        packet.payload = [UInt8(index >> 8 & 255), UInt8(index & 255)] + payload
        return packet
    }
}

extension SimulatedPublisher {
    func send(_ packet: MadePacket) {
        send(rtp: packet.bytes, index: packet.index)
    }
}
