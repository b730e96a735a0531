/// One payload type of a media section, with what the section says of it.
struct MediaFormat: Equatable, Sendable {
    /// The payload type.
    var payloadType: UInt8
    /// The encoding name as written; empty without `a=rtpmap`.
    var name = ""
    /// The RTP clock in Hz.
    var clockRate: UInt32 = 0
    /// The number of channels; 1 when not written.
    var channels: UInt8 = 1
    /// The text of `a=fmtp`.
    var parameters = ""
    /// The feedback it offers, of those the engine serves.
    var feedback: RTCPFeedbackTypes = []

    /// The codec, when the engine forwards it.
    var codec: MediaCodec? {
        let lowercased = name.lowercased()
        guard let codec = MediaCodec.allCases.first(where: { $0.rawValue.lowercased() == lowercased }),
            codec.clockRate == clockRate, codec != .opus || channels == 2, SDPText.isVisible(parameters)
        else { return nil }
        return codec
    }

    /// The payload type that it retransmits, when it is a retransmission format. Source: RFC 4588, section 8.1.
    var associatedPayloadType: UInt8? {
        guard name.lowercased() == "rtx", let text = FormatParameters(parameters)["apt"] else { return nil }
        return SDPText.decimal(text)
    }

    /// The payload type of its blocks, when it is redundant audio. Source: RFC 2198, section 5.
    var redundantPrimary: UInt8? {
        guard name.lowercased() == "red", clockRate == 48_000, channels == 2 else { return nil }
        let blocks = parameters.split(separator: "/", omittingEmptySubsequences: false)
        guard blocks.count == 2, blocks[0] == blocks[1] else { return nil }
        return SDPText.decimal(blocks[0])
    }

    /// Whether it can be told from RTCP on one port. Source: RFC 5761, section 4.
    var isDistinctFromRTCP: Bool { !(64...95).contains(payloadType) }
}
