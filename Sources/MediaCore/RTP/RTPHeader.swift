/// The header of an RTP packet: fixed size, no reference to the packet.
///
/// Source: RFC 3550, section 5.1.
public struct RTPHeader: Hashable, Sendable {
    /// The length of the part every packet has.
    static let fixedByteCount = 12

    /// The marker bit.
    public var marker: Bool
    /// 0 to 127.
    public var payloadType: UInt8
    /// The 16 bits on the wire.
    public var sequenceNumber: UInt16
    /// In units of the codec's clock.
    public var timestamp: UInt32
    /// The synchronization source.
    public var ssrc: UInt32
    /// How many contributing sources follow the fixed part, 0 to 15.
    public var csrcCount: UInt8
    /// Whether the payload ends in padding. Its length is known only once the payload is decrypted.
    public var hasPadding: Bool
    /// Fixed part, contributing sources and extension together, in bytes: where the payload starts.
    public var headerByteCount: Int
    /// The profile word of the extension; 0 without one.
    public var extensionProfile: UInt16
    /// Where the extension's data start, in bytes from the start of the packet; 0 without one.
    public var extensionOffset: Int
    /// The length of the extension's data in bytes, its profile and length words not counted.
    public var extensionByteCount: Int

    /// As `init(parsing:)`, for the packet path: what is public can't be always inlined.
    @inline(always)
    static func parse(_ packet: RawSpan) throws(RTPError) -> RTPHeader {
        guard let first = try? packet.uint8(at: 0), let second = try? packet.uint8(at: 1),
            let sequenceNumber = try? packet.uint16(at: 2), let timestamp = try? packet.uint32(at: 4),
            let ssrc = try? packet.uint32(at: 8)
        else { throw .truncated }
        guard first >> 6 == 2 else { throw .version }
        var header = RTPHeader(
            marker: second & 0x80 != 0, payloadType: second & 0x7F, sequenceNumber: sequenceNumber,
            timestamp: timestamp, ssrc: ssrc, csrcCount: first & 0x0F, hasPadding: first & 0x20 != 0,
            headerByteCount: fixedByteCount &+ Int(first & 0x0F) &* 4, extensionProfile: 0, extensionOffset: 0,
            extensionByteCount: 0)
        if first & 0x10 != 0 {
            guard let profile = try? packet.uint16(at: header.headerByteCount),
                let words = try? packet.uint16(at: header.headerByteCount &+ 2)
            else { throw .truncated }
            header.extensionProfile = profile
            header.extensionByteCount = Int(words) &* 4
            header.extensionOffset = header.headerByteCount &+ 4
            header.headerByteCount = header.extensionOffset &+ header.extensionByteCount
        }
        guard header.headerByteCount <= packet.byteCount else { throw .truncated }
        return header
    }

    /// How many bytes of padding end a decrypted payload: 0 when the header announces none, nil when the count the
    /// last byte gives is zero or longer than the payload.
    public static func paddingByteCount(of payload: RawSpan, hasPadding: Bool) -> Int? {
        guard hasPadding else { return 0 }
        guard let last = try? payload.uint8(at: payload.byteCount &- 1) else { return nil }
        let count = Int(last)
        return count > 0 && count <= payload.byteCount ? count : nil
    }
}

extension RTPHeader {
    /// Reads the header at the start of a packet. Allocates nothing.
    ///
    /// - Throws: `RTPError` when the packet ends inside its header or is not version 2.
    public init(parsing packet: RawSpan) throws(RTPError) {
        self = try Self.parse(packet)
    }
}
