/// Walks the elements of a packet's header extension, in the one-byte or the two-byte form.
///
/// It ends at the first thing that is out of bounds or reserved; the elements before it stand.
/// Source: RFC 8285, section 4.
public struct RTPHeaderExtensionReader: ~Escapable {
    /// The profile word of the one-byte form.
    static let oneByteProfile: UInt16 = 0xBEDE
    /// The profile word of the two-byte form, but for its lowest four bits, which are the application's.
    static let twoByteProfile: UInt16 = 0x1000

    private let packet: RawSpan
    private var offset: Int
    private var end: Int
    private let isTwoByte: Bool

    /// Creates a reader of the extension that `header` found in `packet`.
    @_lifetime(copy packet)
    public init(_ header: RTPHeader, _ packet: RawSpan) {
        self.packet = packet
        offset = header.extensionOffset
        isTwoByte = header.extensionProfile & 0xFFF0 == Self.twoByteProfile
        let isKnown = isTwoByte || header.extensionProfile == Self.oneByteProfile
        end = isKnown ? min(header.extensionOffset &+ header.extensionByteCount, packet.byteCount) : 0
    }

    /// The next element; nil at the end.
    @_lifetime(self: copy self)
    public mutating func next() -> RTPHeaderExtensionElement? {
        while offset < end, let first = try? packet.uint8(at: offset) {
            if first == 0 {
                offset &+= 1
                continue
            }
            var element: RTPHeaderExtensionElement
            if isTwoByte {
                guard offset &+ 1 < end, let count = try? packet.uint8(at: offset &+ 1) else { break }
                element = RTPHeaderExtensionElement(identifier: first, offset: offset &+ 2, count: Int(count))
            } else {
                // Identifier 0 with a length, and 15: the rest has no meaning.
                guard (1...14).contains(first >> 4) else { break }
                element = RTPHeaderExtensionElement(
                    identifier: first >> 4, offset: offset &+ 1, count: Int(first & 0x0F) &+ 1)
            }
            guard element.offset &+ element.count <= end else { break }
            offset = element.offset &+ element.count
            return element
        }
        end = 0
        return nil
    }
}
