/// One element of a header extension: where its data lie in the packet.
public struct RTPHeaderExtensionElement: Hashable, Sendable {
    /// The local identifier, 1 to 14 in the one-byte form, 1 to 255 in the two-byte form.
    public var identifier: UInt8
    /// Where the data start, in bytes from the start of the packet.
    public var offset: Int
    /// The length of the data in bytes, 0 to 255.
    public var count: Int

    /// The data.
    @_lifetime(copy packet)
    func value(in packet: RawSpan) -> RawSpan? {
        try? packet.slice(at: offset, count: count)
    }

    /// A MID or RID; nil unless it is 1 to 16 visible ASCII characters, so that it is safe to compare and to log.
    ///
    /// Source: RFC 9143, section 15.1; RFC 8852, section 3.
    func text(in packet: RawSpan) -> String? {
        guard (1...16).contains(count), let bytes = value(in: packet) else { return nil }
        for index in 0..<count {
            guard let byte = try? bytes.uint8(at: index), (0x21...0x7E).contains(byte) else { return nil }
        }
        return bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// A client-to-mixer audio level. Source: RFC 6464, section 3.
    func audioLevel(in packet: RawSpan) -> AudioLevel? {
        // The two-byte form may append bytes for future use.
        guard count >= 1, let byte = try? packet.uint8(at: offset) else { return nil }
        return AudioLevel(hasVoice: byte & 0x80 != 0, level: byte & 0x7F)
    }

    /// The transport-wide sequence number. Version 2 of the extension appends a request, which is left out.
    func transportSequenceNumber(in packet: RawSpan) -> UInt16? {
        guard count == 2 || count == 4 else { return nil }
        return try? packet.uint16(at: offset)
    }

    /// The absolute send time: 24 bits, 6 of seconds and 18 of fraction.
    func absoluteSendTime(in packet: RawSpan) -> UInt32? {
        guard count == 3, let upper = try? packet.uint16(at: offset), let lower = try? packet.uint8(at: offset &+ 2)
        else { return nil }
        return UInt32(upper) << 8 | UInt32(lower)
    }

    /// The orientation of the picture. Source: 3GPP TS 26.114, section 7.4.5.
    func videoOrientation(in packet: RawSpan) -> VideoOrientation? {
        guard count == 1, let byte = try? packet.uint8(at: offset) else { return nil }
        return VideoOrientation(
            isBackCamera: byte & 0x08 != 0, isFlipped: byte & 0x04 != 0, quarterTurns: byte & 0x03)
    }
}
