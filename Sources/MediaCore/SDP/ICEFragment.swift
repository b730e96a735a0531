/// A body of type `application/trickle-ice-sdpfrag`: more candidates, or new credentials.
///
/// Source: RFC 8840, section 9; RFC 9725, section 4.3.
package struct ICEFragment: Equatable, Sendable, CustomStringConvertible {
    /// The candidates of one media section.
    package struct Section: Equatable, Sendable {
        /// The section's MID; empty when the fragment names none.
        var mid: String
        /// Its `m=` line without the end. It only stands for its place: ports and formats say nothing.
        var mediaLine: String
        /// Candidates without those the engine has no use for.
        var candidates: [ICECandidate]
        /// Whether no more will follow.
        var endOfCandidates: Bool
    }

    /// The username fragment the candidates belong to; a new one restarts ICE. Nil when the fragment has none.
    package var usernameFragment: String?
    /// The password; nil when the fragment has none.
    package var password: String?
    /// Whether `a=ice-lite` is there.
    package var isLite: Bool
    /// The sections.
    package var sections: [Section]
    /// Whether no more candidates will follow for any section.
    package var endOfCandidates: Bool
    /// How many candidates were left out: TCP, names, component 2.
    package var ignoredCandidates: Int

    /// Parses a fragment.
    ///
    /// - Throws: what exceeds a limit, an `m=` line that can't be read, credentials that break the grammar.
    package init(parsing text: String, limits: SDPLimits = SDPLimits()) throws(SDPError) {
        let body = try SessionDescription(grouping: SDPLine.parse(text, limits: limits), limits: limits)
        isLite = body.lines.attribute("ice-lite") != nil
        ignoredCandidates = 0
        sections = []
        // Candidates in front of any section are not in the grammar, yet some clients write them: one more section.
        let own = Self.section(mediaLine: "", lines: body.lines, ignored: &ignoredCandidates)
        if !own.candidates.isEmpty { sections.append(own) }
        for media in body.media {
            sections.append(Self.section(mediaLine: media.mediaLine, lines: media.lines, ignored: &ignoredCandidates))
        }
        let levels = [body.lines] + body.media.map(\.lines)
        endOfCandidates = body.lines.attribute("end-of-candidates") != nil
        for lines in levels {
            guard let fragment = lines.attribute("ice-ufrag") else { continue }
            guard SDPText.isICECharacters(fragment.firstWord, lengths: 4...256) else {
                throw SDPError(line: fragment.number, "a=ice-ufrag must be 4 to 256 letters, digits, + or /")
            }
            usernameFragment = String(fragment.firstWord)
            if let line = lines.attribute("ice-pwd") {
                guard SDPText.isICECharacters(line.firstWord, lengths: 22...256) else {
                    throw SDPError(line: line.number, "a=ice-pwd must be 22 to 256 letters, digits, + or /")
                }
                password = String(line.firstWord)
            }
            break
        }
    }

    /// The fragment that answers one that restarts ICE: our new credentials and all our candidates, in the section
    /// that the request named first.
    init(answering request: ICEFragment, local: LocalTransportDescription) {
        usernameFragment = local.credentials.usernameFragment
        password = local.credentials.password
        isLite = true
        endOfCandidates = false
        ignoredCandidates = 0
        let named = request.sections.first { !$0.mediaLine.isEmpty }
        sections = [
            Section(
                mid: named?.mid ?? "0", mediaLine: named?.mediaLine ?? "m=audio 9 UDP/TLS/RTP/SAVPF 0",
                candidates: local.candidates, endOfCandidates: true)
        ]
    }

    /// Both credentials; nil unless both are there.
    package var credentials: ICECredentials? {
        guard let usernameFragment, let password else { return nil }
        return ICECredentials(usernameFragment: usernameFragment, password: password)
    }

    /// The candidates of all sections: with one transport they belong together.
    package var candidates: [ICECandidate] { sections.flatMap(\.candidates) }

    /// The text, each line ended by CR LF.
    package var description: String {
        var lines: [String] = []
        if isLite {
            lines.append("a=ice-lite")
            lines.append("a=ice-options:trickle ice2")
        }
        if endOfCandidates { lines.append("a=end-of-candidates") }
        // Credentials stand at the level where our answers have them: in the section. Source: RFC 8840, section 9.2.
        var credentials: [String] = []
        if let usernameFragment { credentials.append("a=ice-ufrag:\(usernameFragment)") }
        if let password { credentials.append("a=ice-pwd:\(password)") }
        if sections.first?.mediaLine.isEmpty ?? true {
            lines += credentials
            credentials = []
        }
        for section in sections {
            if !section.mediaLine.isEmpty { lines.append(section.mediaLine) }
            if !section.mid.isEmpty { lines.append("a=mid:\(section.mid)") }
            lines += credentials
            credentials = []
            lines += section.candidates.map { "a=candidate:\($0.attributeValue)" }
            if section.endOfCandidates { lines.append("a=end-of-candidates") }
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private static func section(mediaLine: String, lines: [SDPLine], ignored: inout Int) -> Section {
        var section = Section(mid: "", mediaLine: mediaLine, candidates: [], endOfCandidates: false)
        for line in lines {
            switch line.name {
            case "mid" where SDPText.isToken(line.firstWord, maximum: 16):
                section.mid = String(line.firstWord)
            case "candidate":
                if let candidate = ICECandidate(parsing: line.value ?? "") {
                    section.candidates.append(candidate)
                } else {
                    ignored += 1
                }
            case "end-of-candidates":
                section.endOfCandidates = true
            default:
                continue
            }
        }
        return section
    }
}
