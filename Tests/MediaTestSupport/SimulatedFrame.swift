/// The payloads of simulated pictures: a VP8 descriptor and header, then numbers that let a receiver check everything.
public enum SimulatedFrame {
    /// What a packet says of itself.
    public struct Part: Hashable, Sendable {
        /// The frame it belongs to.
        public var frame: Int
        /// Its place in the frame.
        public var position: Int
        /// How many packets the frame has.
        public var count: Int
        /// Whether the frame is a keyframe.
        public var isKeyframe: Bool
    }

    /// Payload bytes of every packet.
    static let byteCount = 900

    static func payload(frame: Int, position: Int, count: Int, isKeyframe: Bool) -> [UInt8] {
        // S bit in a frame's first packet; P bit clear in a keyframe. Source: RFC 7741, sections 4.2 and 4.3.
        var bytes: [UInt8] = [position == 0 ? 0x10 : 0x00, isKeyframe ? 0x00 : 0x01]
        for value in [frame, position, count] {
            bytes += [UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
        }
        let start = (frame &* 31 &+ position &* 7) & 255
        return bytes + ramp[start..<start + byteCount - bytes.count]
    }

    /// Counts up from 0, again and again: what payloads are filled with, from somewhere on.
    private static let ramp = (0..<256 + byteCount).map { UInt8(truncatingIfNeeded: $0) }

    /// What a payload says; nil when a single byte of it is not as it was made.
    public static func part(of payload: some RandomAccessCollection<UInt8>) -> Part? {
        let bytes = Array(payload)
        guard bytes.count == byteCount else { return nil }
        let numbers = [2, 5, 8].map { Int(bytes[$0]) << 16 | Int(bytes[$0 + 1]) << 8 | Int(bytes[$0 + 2]) }
        let part = Part(frame: numbers[0], position: numbers[1], count: numbers[2], isKeyframe: bytes[1] == 0)
        let made = Self.payload(
            frame: part.frame, position: part.position, count: part.count, isKeyframe: part.isKeyframe)
        return made == bytes ? part : nil
    }
}
