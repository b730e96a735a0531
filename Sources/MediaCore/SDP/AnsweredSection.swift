/// How an accepted section is answered.
struct AnsweredSection {
    /// What was agreed on; the codec, the feedback and RTCP lines are printed from it.
    var parameters: RTPParameters
    /// Our direction.
    var direction: MediaDirection
    /// The answering `a=extmap` lines.
    var headerExtensionLines: [SDPLine]
    /// Lines about streams, after the codec.
    var streamLines: [SDPLine] = []
    /// Whether redundant audio stands before the plain, which asks the peer to send it.
    var prefersRedundantAudio = false
    /// Lines about bandwidth, before the attributes.
    var bandwidthLines: [SDPLine] = []
    /// What else stands in the codec's `a=fmtp`.
    var encoderHint = ""

    /// Says how much a publisher of video is to send.
    ///
    /// Who offers REMB is told the limit by it, which can be changed and lifted: what stands in SDP binds an encoder
    /// until the next negotiation. The same peers know libwebrtc's hint for the rate to begin with, in kbit/s.
    mutating func setBitrates(limit: Int64?, start: Int64?) {
        guard parameters.kind == .video else { return }
        if parameters.codec.feedback.contains(.receiverEstimate) {
            guard let start else { return }
            encoderHint = "x-google-start-bitrate=\(min(start, limit ?? start) / 1000)"
        } else if let limit {
            // Source: RFC 3890, section 6.2; RFC 8866, section 5.8: bit/s without headers, kbit/s with them.
            let type = UInt8(ascii: "b")
            bandwidthLines = [SDPLine(type: type, "TIAS:\(limit)"), SDPLine(type: type, "AS:\((limit + 999) / 1000)")]
        }
    }

    /// The section of the answer.
    ///
    /// Every accepted section repeats the transport's attributes, as browsers do themselves; candidates stand in the
    /// tagged section alone.
    func description(
        of offered: MediaDescription, local: LocalTransportDescription, weAreServer: Bool, isTagged: Bool
    ) -> MediaDescription {
        let codec = parameters.codec
        var lines = [SDPLine(type: UInt8(ascii: "c"), "IN IP4 0.0.0.0")] + bandwidthLines
        lines.append(SDPLine("rtcp", "9 IN IP4 0.0.0.0"))
        if isTagged {
            lines += local.candidates.map { SDPLine("candidate", $0.attributeValue) }
            lines.append(SDPLine("end-of-candidates"))
        }
        lines += local.credentials.attributes
        lines.append(SDPLine("fingerprint", local.fingerprint.attributeValue))
        lines.append(SDPLine("setup", weAreServer ? "passive" : "active"))
        lines.append(SDPLine("mid", parameters.mid))
        if offered.has("extmap-allow-mixed") { lines.append(SDPLine("extmap-allow-mixed")) }
        lines += headerExtensionLines
        lines.append(SDPLine(direction.rawValue))
        lines.append(SDPLine("rtcp-mux"))
        if parameters.reducedSizeRTCP { lines.append(SDPLine("rtcp-rsize")) }

        let channels = codec.codec == .opus ? "/2" : ""
        let payloadType = codec.payloadType
        lines.append(SDPLine("rtpmap", "\(payloadType) \(codec.codec.rawValue)/\(codec.codec.clockRate)\(channels)"))
        lines += codec.feedback.attributeValues.map { SDPLine("rtcp-fb", "\(payloadType) \($0)") }
        let formatParameters = [codec.formatParameters, encoderHint].filter { !$0.isEmpty }.joined(separator: ";")
        if !formatParameters.isEmpty { lines.append(SDPLine("fmtp", "\(payloadType) \(formatParameters)")) }
        var formats = ["\(payloadType)"]
        if let retransmission = codec.retransmissionPayloadType {
            formats.append("\(retransmission)")
            lines.append(SDPLine("rtpmap", "\(retransmission) rtx/\(codec.codec.clockRate)"))
            lines.append(SDPLine("fmtp", "\(retransmission) apt=\(payloadType)"))
        }
        if let redundant = codec.redundantPayloadType {
            formats.insert("\(redundant)", at: prefersRedundantAudio ? 0 : formats.count)
            lines.append(SDPLine("rtpmap", "\(redundant) red/\(codec.codec.clockRate)\(channels)"))
            lines.append(SDPLine("fmtp", "\(redundant) \(payloadType)/\(payloadType)"))
        }
        return MediaDescription(
            type: offered.type, port: 9, transport: offered.transport, formats: formats, lines: lines + streamLines)
    }

    /// The section that rejects `offered`. Source: RFC 3264, section 6; the MID stays, browsers compare it.
    static func rejection(of offered: MediaDescription) -> MediaDescription {
        var lines = [SDPLine(type: UInt8(ascii: "c"), "IN IP4 0.0.0.0")]
        if let mid = offered.mid { lines.append(SDPLine("mid", String(mid.firstWord))) }
        lines.append(SDPLine("inactive"))
        return MediaDescription(
            type: offered.type, port: 0, transport: offered.transport, formats: [offered.formats.first ?? "0"],
            lines: lines)
    }
}

extension OfferRules {
    /// The answer: a section for each one of the offer, in its order.
    ///
    /// - Parameter sessionID: the origin's number; 62 bits of it are used. Source: RFC 8829, section 5.2.1.
    func answer(
        _ accepted: [Int: AnsweredSection], agreement: TransportAgreement, local: LocalTransportDescription,
        sessionID: UInt64
    ) -> SessionDescription {
        var lines = [
            SDPLine(type: UInt8(ascii: "v"), "0"),
            SDPLine(type: UInt8(ascii: "o"), "- \(sessionID & (1 << 62 - 1)) 2 IN IP4 127.0.0.1"),
            SDPLine(type: UInt8(ascii: "s"), "-"),
            SDPLine(type: UInt8(ascii: "t"), "0 0"),
        ]
        if !agreement.group.isEmpty {
            lines.append(SDPLine("group", (["BUNDLE"] + agreement.group).joined(separator: " ")))
        }
        if offer.lines.attribute("extmap-allow-mixed") != nil { lines.append(SDPLine("extmap-allow-mixed")) }
        lines.append(SDPLine("msid-semantic", " WMS *"))
        lines.append(SDPLine("ice-lite"))
        lines.append(SDPLine("ice-options", "trickle ice2"))
        var media: [MediaDescription] = []
        for (index, offered) in offer.media.enumerated() {
            guard let section = accepted[index] else {
                media.append(AnsweredSection.rejection(of: offered))
                continue
            }
            media.append(
                section.description(
                    of: offered, local: local, weAreServer: agreement.remote.weAreServer,
                    isTagged: index == agreement.taggedIndex))
        }
        return SessionDescription(lines: lines, media: media)
    }
}
