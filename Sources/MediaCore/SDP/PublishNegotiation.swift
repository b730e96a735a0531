/// Answers the offer of a publisher.
///
/// Source: RFC 8829, section 5.3; RFC 9725, section 4.
package enum PublishNegotiation {
    /// Accepts the sections that send audio or video the engine forwards, and rejects the others.
    ///
    /// Each accepted section keeps one codec: with several, a publisher may switch between them in mid-stream.
    ///
    /// - Parameters:
    ///   - sessionID: the number of the answer's origin.
    ///   - sectionsPerKind: how many audio and how many video sections are accepted at most.
    ///   - prefersRedundantAudio: whether publishers that offer redundant audio are asked to send it.
    ///   - bitrateLimit: the most that a peer without REMB is to send, in bit/s.
    ///   - startBitrate: the bit rate that browsers are to begin with, in bit/s.
    /// - Returns: the peer's transport; what was agreed for each accepted section, in the offer's order; the answer.
    /// - Throws: when nothing can be accepted, or a section that could be breaks a rule.
    package static func accept(
        offer description: SessionDescription, local: LocalTransportDescription, sessionID: UInt64,
        sectionsPerKind: Int = 1, prefersRedundantAudio: Bool = false, bitrateLimit: Int64? = nil,
        startBitrate: Int64? = nil
    ) throws(SDPError) -> (remote: RemoteTransportDescription, media: [RTPParameters], answer: SessionDescription) {
        let rules = try OfferRules(description)
        var accepted: [Int: AnsweredSection] = [:]
        var refusal: SDPError?
        for (index, section) in description.media.enumerated() {
            guard let kind = section.kind else { continue }
            guard !rules.isRejected(section) else {
                refusal = refusal ?? SDPError(line: section.number, "m=\(section.type) has port 0")
                continue
            }
            let direction = rules.direction(of: section)
            guard direction.sends else {
                refusal = refusal ?? SDPError(line: section.number, "m=\(section.type) sends nothing: a=\(direction)")
                continue
            }
            guard accepted.values.count(where: { $0.parameters.kind == kind }) < sectionsPerKind else { continue }
            try rules.check(section)
            guard let codec = try codec(for: kind, in: section) else {
                let names = MediaCodec.allCases.filter { $0.kind == kind }.map(\.rawValue).joined(separator: ", ")
                refusal = refusal ?? SDPError(line: section.number, "m=\(section.type) offers none of: \(names)")
                continue
            }
            accepted[index] = try answer(to: section, kind: kind, codec: codec, rules: rules)
            accepted[index]?.prefersRedundantAudio = prefersRedundantAudio
            accepted[index]?.setBitrates(limit: bitrateLimit, start: startBitrate)
        }
        guard !accepted.isEmpty else {
            throw refusal ?? SDPError(line: 0, "the offer has no audio or video section")
        }
        try rules.checkSources(accepted)
        let agreement = try rules.agreement(on: accepted)
        let media = accepted.keys.sorted().compactMap { accepted[$0]?.parameters }
        return (
            agreement.remote, media,
            rules.answer(accepted, agreement: agreement, local: local, sessionID: sessionID)
        )
    }

    /// The codec to receive: the first in the publisher's order that the engine forwards.
    ///
    /// Of several H.264 formats it is one with fragmentation (mode 1) if there is any, and constrained baseline rather
    /// than baseline: encoders make the same stream of both, and more viewers announce the former.
    private static func codec(
        for kind: MediaKind, in section: MediaDescription
    ) throws(SDPError) -> RTPCodecParameters? {
        let formats = try section.mediaFormats()
        let usable = formats.filter { $0.codec?.kind == kind && $0.isDistinctFromRTCP && $0.isForwarded }
        guard var chosen = usable.first else { return nil }
        if chosen.codec == .h264 {
            let fragmenting = usable.filter { $0.codec == .h264 && $0.h264Mode == "1" }
            chosen = fragmenting.first ?? chosen
            if chosen.h264Profile == .baseline {
                let mode = chosen.h264Mode
                chosen =
                    usable.first {
                        $0.codec == .h264 && $0.h264Mode == mode && $0.h264Profile == .constrainedBaseline
                    } ?? chosen
            }
        }
        return chosen.parameters(among: formats)
    }

    private static func answer(
        to section: MediaDescription, kind: MediaKind, codec: RTPCodecParameters, rules: OfferRules
    ) throws(SDPError) -> AnsweredSection {
        let extensions = try rules.headerExtensions(of: section, answer: .recvonly, highest: 255) { _ in true }
        var codec = codec
        if extensions.map[.transportSequenceNumber] == nil { codec.feedback.remove(.transportWide) }

        // Who offers more streams than are taken sends those that the answer names. Source: RFC 8853, section 5.3.2.
        var streams = section.offeredStreams(payloadType: codec.payloadType)
        // Without the extension nothing on the wire would tell the layers apart: one stream is accepted then.
        if extensions.map[.rid] == nil {
            streams.restrictions = []
            streams.isSimulcast = false
        }
        var encodings = streams.restrictions.map { RTPEncodingParameters(rid: $0.rid, isPaused: $0.isPaused) }
        var streamLines = streams.restrictions.map { SDPLine("rid", "\($0.rid) recv") }
        if streams.isSimulcast {
            let layers = streams.restrictions.map { ($0.isPaused ? "~" : "") + $0.rid }
            streamLines.append(SDPLine("simulcast", "recv \(layers.joined(separator: ";"))"))
        }
        // Streams with a rid are bound by it when they arrive: which SSRC has which rid no line says.
        if encodings.isEmpty { encodings = streams.encodings }
        if encodings.isEmpty { encodings = [RTPEncodingParameters()] }
        if codec.retransmissionPayloadType == nil {
            for index in encodings.indices { encodings[index].retransmissionSSRC = nil }
        }
        let parameters = RTPParameters(
            mid: rules.mid(of: section), kind: kind, codec: codec, headerExtensions: extensions.map,
            encodings: encodings, cname: streams.cname, reducedSizeRTCP: section.has("rtcp-rsize"),
            isSlides: section.isSlides)
        return AnsweredSection(
            parameters: parameters, direction: .recvonly, headerExtensionLines: extensions.lines,
            streamLines: streamLines)
    }
}
