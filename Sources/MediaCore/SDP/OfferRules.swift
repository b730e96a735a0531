/// What both negotiations demand of an offer, and read from it in the same way.
struct OfferRules {
    let offer: SessionDescription
    /// The MIDs of the first BUNDLE group.
    let bundle: [String]

    /// Checks what concerns the offer as a whole: MIDs are tokens that fit a header extension, each given once.
    init(_ offer: SessionDescription) throws(SDPError) {
        self.offer = offer
        bundle = offer.bundleGroup
        var seen: Set<Substring> = []
        for section in offer.media {
            guard let mid = section.mid else { continue }
            guard SDPText.isToken(mid.firstWord, maximum: 16) else {
                throw SDPError(line: mid.number, "a=mid must be a token of 1 to 16 characters")
            }
            guard seen.insert(mid.firstWord).inserted else {
                throw SDPError(line: mid.number, "a=mid:\(mid.firstWord) is there twice")
            }
        }
    }

    /// A section's MID; empty when it has none.
    func mid(of section: MediaDescription) -> String {
        String(section.mid?.firstWord ?? "")
    }

    func direction(of section: MediaDescription) -> MediaDirection {
        section.direction ?? offer.lines.direction ?? .sendrecv
    }

    /// Whether the offerer rejected the section, or ended it. Port 0 with `a=bundle-only` is an offer.
    func isRejected(_ section: MediaDescription) -> Bool {
        section.port == 0 && !(section.has("bundle-only") && bundle.contains(mid(of: section)))
    }

    /// Checks a section that could be accepted.
    func check(_ section: MediaDescription) throws(SDPError) {
        guard section.transport == "UDP/TLS/RTP/SAVPF" else {
            throw SDPError(
                line: section.number, "m=\(section.type) uses \(section.transport); UDP/TLS/RTP/SAVPF is required")
        }
        guard section.mid != nil else {
            throw SDPError(line: section.number, "a=mid is required in m=\(section.type)")
        }
        let isMultiplexed =
            section.has("rtcp-mux") || section.has("bundle-only") && (offererTagged?.has("rtcp-mux") ?? false)
        guard isMultiplexed else {
            throw SDPError(line: section.number, "a=rtcp-mux is required in m=\(section.type)")
        }
    }

    /// The section whose transport the bundle was offered with.
    private var offererTagged: MediaDescription? {
        offer.media.first { $0.mid != nil && bundle.first == mid(of: $0) }
    }

    /// Finds the transport that the accepted sections share, and checks that they do.
    func agreement(on accepted: [Int: AnsweredSection]) throws(SDPError) -> TransportAgreement {
        let indices = accepted.keys.sorted()
        var mids = Set(indices.map { mid(of: offer.media[$0]) })
        let group = bundle.filter { mids.remove($0) != nil }
        if indices.count > 1 {
            for index in indices where !group.contains(mid(of: offer.media[index])) {
                let section = offer.media[index]
                throw SDPError(
                    line: section.number, "m=\(section.type) must be in the BUNDLE group: one transport is served")
            }
        }
        // Each section's MID is looked up once: a group may name a thousand.
        var sections: [Substring: MediaDescription] = [:]
        for section in offer.media {
            if let mid = section.mid { sections[mid.firstWord] = section }
        }
        let tag = indices.first { mid(of: offer.media[$0]) == group.first } ?? indices[0]
        let bundled =
            group.isEmpty
            ? []
            : bundle.compactMap { sections[$0[...]] }
        let remote = try RemoteTransportDescription(offer: offer, tagged: offer.media[tag], bundled: bundled)
        return TransportAgreement(remote: remote, group: group, taggedIndex: tag)
    }

    /// The header extensions of a section that `wanted` takes, as a map and as the lines that answer them.
    ///
    /// - Parameter answer: `.recvonly` when the peer sends, `.sendonly` when we do.
    func headerExtensions(
        of section: MediaDescription, answer: MediaDirection, highest: UInt8,
        where wanted: (RTPHeaderExtension) -> Bool
    ) throws(SDPError) -> (map: RTPHeaderExtensionMap, lines: [SDPLine]) {
        var map = RTPHeaderExtensionMap()
        var lines: [SDPLine] = []
        for mapping in try section.headerExtensions(session: offer.lines) {
            let direction = mapping.direction ?? .sendrecv
            guard let kind = RTPHeaderExtension(uri: mapping.uri), wanted(kind), map[kind] == nil,
                mapping.identifier <= highest, answer == .recvonly ? direction.sends : direction.receives
            else { continue }
            map[kind] = mapping.identifier
            lines.append(mapping.answered(answer))
        }
        return (map, lines)
    }

    /// Refuses an SSRC that two accepted sections claim: what arrives with it could belong to either.
    func checkSources(_ accepted: [Int: AnsweredSection]) throws(SDPError) {
        var seen: Set<UInt32> = []
        for index in accepted.keys.sorted() {
            for encoding in accepted[index]?.parameters.encodings ?? [] {
                for ssrc in [encoding.ssrc, encoding.retransmissionSSRC].compactMap(\.self)
                where !seen.insert(ssrc).inserted {
                    throw SDPError(line: offer.media[index].number, "SSRC \(ssrc) is claimed twice")
                }
            }
        }
    }
}

/// The transport that an answer agrees to.
struct TransportAgreement {
    var remote: RemoteTransportDescription
    /// The MIDs of the answer's BUNDLE group, the tagged one first; empty without a group.
    var group: [String]
    /// The section whose answer carries the candidates.
    var taggedIndex: Int
}
