/// Answers the offer of a viewer.
///
/// Source: RFC 8829, section 5.3; draft-ietf-wish-whep.
package enum WatchNegotiation {
    /// Gives each section that receives audio or video the first source of its kind that it has the codec for, and
    /// rejects the sections that are left. A section without
    /// the codec of what it could get is an error: sound without its picture is no answer to who asked for both.
    ///
    /// - Parameter sessionID: the number of the answer's origin.
    /// - Returns: the peer's transport; for each accepted section, in the offer's order, which source it gets and the
    ///   parameters to send it with (the viewer's payload types and identifiers); the answer.
    /// - Throws: when no source fits, naming the codec that is needed; when a section that could be accepted breaks a
    ///   rule.
    package static func accept(
        offer description: SessionDescription, sources: [WatchSource], local: LocalTransportDescription,
        sessionID: UInt64
    ) throws(SDPError) -> (
        remote: RemoteTransportDescription, media: [(sourceIndex: Int, parameters: RTPParameters)],
        answer: SessionDescription
    ) {
        let rules = try OfferRules(description)
        var accepted: [Int: AnsweredSection] = [:]
        var sourceIndices: [Int: Int] = [:]
        var refusal: SDPError?
        for (index, section) in description.media.enumerated() {
            guard let kind = section.kind else { continue }
            guard !rules.isRejected(section) else {
                refusal = refusal ?? SDPError(line: section.number, "m=\(section.type) has port 0")
                continue
            }
            let direction = rules.direction(of: section)
            guard direction.receives else {
                refusal =
                    refusal ?? SDPError(line: section.number, "m=\(section.type) receives nothing: a=\(direction)")
                continue
            }
            let waiting = sources.indices.filter {
                sources[$0].kind == kind && !sourceIndices.values.contains($0)
            }
            guard !waiting.isEmpty else { continue }
            try rules.check(section)
            guard let (source, codec) = try match(section, sources: sources, among: waiting) else {
                let needed = sources[waiting[0]].codec.requirement
                throw SDPError(
                    line: section.number, "m=\(section.type) must offer \(needed)", isCodecMismatch: true)
            }
            sourceIndices[index] = source
            accepted[index] = try answer(to: section, source: sources[source], codec: codec, rules: rules)
        }
        guard !accepted.isEmpty else {
            let needed = sources.map(\.codec.requirement).joined(separator: " or ")
            throw refusal ?? SDPError(line: 0, "the offer has no section that receives \(needed)")
        }
        let agreement = try rules.agreement(on: accepted)
        var media: [(sourceIndex: Int, parameters: RTPParameters)] = []
        for index in accepted.keys.sorted() {
            guard let source = sourceIndices[index], let section = accepted[index] else { continue }
            media.append((source, section.parameters))
        }
        return (
            agreement.remote, media,
            rules.answer(accepted, agreement: agreement, local: local, sessionID: sessionID)
        )
    }

    /// The first of the waiting sources that the section has a codec for, and the viewer's best format for it.
    private static func match(
        _ section: MediaDescription, sources: [WatchSource], among waiting: [Int]
    ) throws(SDPError) -> (source: Int, codec: RTPCodecParameters)? {
        let formats = try section.mediaFormats()
        for index in waiting {
            var best: (format: MediaFormat, rank: Int)?
            for format in formats {
                guard let rank = format.match(sources[index].codec), rank > best?.rank ?? 0 else { continue }
                best = (format, rank)
            }
            if let codec = best?.format.parameters(among: formats) { return (index, codec) }
        }
        return nil
    }

    private static func answer(
        to section: MediaDescription, source: WatchSource, codec: RTPCodecParameters, rules: OfferRules
    ) throws(SDPError) -> AnsweredSection {
        var codec = codec
        if source.retransmissionSSRC == nil { codec.retransmissionPayloadType = nil }
        let isTransportWide = codec.feedback.contains(.transportWide)
        // Identifiers above 14 would need the two-byte form in every packet; browsers give none to what we know.
        let extensions = try rules.headerExtensions(of: section, answer: .sendonly, highest: 14) { kind in
            source.canSend(kind) && (kind != .transportSequenceNumber || isTransportWide)
        }
        if extensions.map[.transportSequenceNumber] == nil { codec.feedback.remove(.transportWide) }
        let isRetransmitting = codec.retransmissionPayloadType != nil
        let encoding = RTPEncodingParameters(
            ssrc: source.ssrc, retransmissionSSRC: isRetransmitting ? source.retransmissionSSRC : nil)
        let parameters = RTPParameters(
            mid: rules.mid(of: section), kind: source.kind, codec: codec, headerExtensions: extensions.map,
            encodings: [encoding], cname: source.cname, reducedSizeRTCP: section.has("rtcp-rsize"))
        return AnsweredSection(
            parameters: parameters, direction: .sendonly, headerExtensionLines: extensions.lines,
            streamLines: source.streamLines(retransmitting: isRetransmitting))
    }
}
