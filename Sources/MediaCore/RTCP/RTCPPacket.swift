/// One packet of a compound: its header's fields and its body.
struct RTCPPacket: ~Escapable {
    /// Five bits: a number of blocks, or the format of a feedback message.
    let count: UInt8
    /// The packet type.
    let type: UInt8
    /// Whether it is transport-wide feedback.
    let isTransportFeedback: Bool
    /// Header, body and padding, in bytes.
    let byteCount: Int
    /// What follows the header, without padding; transport-wide feedback keeps its own.
    let body: RawSpan

    @_lifetime(copy compound)
    init(_ compound: RawSpan, at offset: Int) throws(RTCPError) {
        guard let first = try? compound.uint8(at: offset), first >> 6 == 2,
            let type = try? compound.uint8(at: offset &+ 1), let words = try? compound.uint16(at: offset &+ 2)
        else { throw .framing }
        count = first & 0x1F
        self.type = type
        isTransportFeedback = type == RTCPType.transportFeedback && count == RTCPFeedbackFormat.transportWide
        byteCount = Int(words) &* 4 &+ 4
        guard let content = try? compound.slice(at: offset &+ 4, count: byteCount &- 4) else { throw .framing }
        // Transport-wide feedback tells by its counts where it ends, and clients differ in how they pad it: libwebrtc
        // pads each of several in one compound, others set the bit and leave the count out.
        guard first & 0x20 != 0, !isTransportFeedback else {
            body = content
            return
        }
        // Only the last packet may be padded.
        guard offset &+ byteCount == compound.byteCount,
            let padding = try? content.uint8(at: content.byteCount &- 1), padding > 0,
            let rest = try? content.slice(at: 0, count: content.byteCount &- Int(padding))
        else { throw .framing }
        body = rest
    }
}

/// Packet types. Source: RFC 3550, section 12.1; RFC 4585, section 9.
enum RTCPType {
    static let senderReport: UInt8 = 200
    static let receiverReport: UInt8 = 201
    static let sourceDescription: UInt8 = 202
    static let goodbye: UInt8 = 203
    static let transportFeedback: UInt8 = 205
    static let payloadFeedback: UInt8 = 206
}

/// Formats of feedback messages. Source: RFC 4585, section 6; RFC 5104, section 4.3.
enum RTCPFeedbackFormat {
    static let genericNACK: UInt8 = 1
    static let transportWide: UInt8 = 15
    static let pictureLoss: UInt8 = 1
    static let fullIntraRequest: UInt8 = 4
    static let applicationLayer: UInt8 = 15
}
