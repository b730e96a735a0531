/// What a packet of a simulcast camera says of itself: in its last bytes, which nobody rewrites.
struct SimulcastPart: Hashable, Sendable {
    private static let byteCount = 9

    /// Whose picture it is, and which encoding of it, the smallest being 0.
    var publisher: Int
    var encoding: Int
    /// The encoding's frames are numbered from 0.
    var frame: Int
    var temporal: Int
    /// How many frames back the one lies that it refers to; 0 for a keyframe.
    var back: Int
    var position: Int
    var count: Int

    /// The payload, of so many bytes if they suffice, with VP8's descriptor and header as browsers fill them.
    /// Source: RFC 7741, section 4; RFC 6386, section 9.1.
    func payload(
        byteCount: Int, size: (width: Int, height: Int), levelZeroIndex: UInt8, isSync: Bool
    ) -> [UInt8] {
        // X, N for what nothing refers to, S; I, L, T; a picture id of 15 bits; the layer, and Y for what refers to
        // layer 0 alone.
        var bytes: [UInt8] = [
            0x80 | (temporal == 2 ? 0x20 : 0) | (position == 0 ? 0x10 : 0), 0xE0, 0x80 | UInt8(frame >> 8 & 0x7F),
            UInt8(frame & 255), levelZeroIndex, UInt8(temporal) << 6 | (isSync ? 0x20 : 0),
        ]
        if position == 0 {
            bytes += [back == 0 ? 0x10 : 0x11, 0x02, 0x00]
            if back == 0 {
                bytes += [0x9D, 0x01, 0x2A]
                for side in [size.width, size.height] { bytes += [UInt8(side & 255), UInt8(side >> 8)] }
            }
        }
        bytes += [UInt8](repeating: 0x55, count: max(byteCount - bytes.count - Self.byteCount, 0))
        bytes += [UInt8(publisher), UInt8(encoding), UInt8(frame >> 16 & 255), UInt8(frame >> 8 & 255)]
        return bytes + [UInt8(frame & 255), UInt8(temporal), UInt8(back), UInt8(position), UInt8(count)]
    }

    init(publisher: Int, encoding: Int, frame: Int, temporal: Int, back: Int, position: Int, count: Int) {
        self.publisher = publisher
        self.encoding = encoding
        self.frame = frame
        self.temporal = temporal
        self.back = back
        self.position = position
        self.count = count
    }

    /// Reads a payload.
    init?(_ payload: ArraySlice<UInt8>) {
        guard payload.count > Self.byteCount else { return nil }
        let bytes = payload.suffix(Self.byteCount).map { Int($0) }
        self.init(
            publisher: bytes[0], encoding: bytes[1], frame: bytes[2] << 16 | bytes[3] << 8 | bytes[4],
            temporal: bytes[5], back: bytes[6], position: bytes[7], count: bytes[8])
    }
}
