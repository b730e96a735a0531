/// VP8 packets with the header extensions that a browser sends.
public enum VideoFrame {
    /// The length of a packet, header and extensions included, before encryption.
    public static let packetByteCount = 1112

    /// One packet of a frame.
    ///
    /// - Parameters:
    ///   - index: the packet's number in the stream; its low 16 bits are the sequence number.
    ///   - position: where it stands in the frame.
    ///   - packets: how many packets the frame has.
    ///   - frame: the frame's number; the first is a keyframe.
    public static func packet(index: UInt64, position: Int, of packets: Int, frame: Int) -> [UInt8] {
        let isLast = position == packets - 1
        var bytes: [UInt8] = [0x90, 96 | (isLast ? 0x80 : 0), UInt8(index >> 8 & 255), UInt8(index & 255)]
        let timestamp = UInt32(truncatingIfNeeded: frame * 3000)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(timestamp >> UInt32(shift) & 255)) }
        bytes += [0, 0, 0x10, 1]
        bytes += [
            0xBE, 0xDE, 0, 2, 0x10, UInt8(ascii: "1"), 0x31, UInt8(index >> 8 & 255), UInt8(index & 255), 0, 0, 0,
        ]
        bytes += [position == 0 ? 0x10 : 0, frame == 0 ? 0 : 1]
        while bytes.count < packetByteCount { bytes.append(UInt8(truncatingIfNeeded: bytes.count)) }
        return bytes
    }
}
