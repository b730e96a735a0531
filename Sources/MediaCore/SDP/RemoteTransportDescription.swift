/// What an offer says about the peer's end of the one transport that all accepted sections share.
package struct RemoteTransportDescription: Equatable, Sendable {
    /// The peer's ICE credentials.
    var credentials: ICECredentials
    /// The candidates it named so far, without those the engine has no use for.
    var candidates: [ICECandidate]
    /// How many candidates were left out: TCP, names, component 2.
    var ignoredCandidates: Int
    /// The hashes its certificate may have; one match is enough. Never empty.
    var fingerprints: [CertificateFingerprint]
    /// Whether no candidates will follow.
    var endOfCandidates: Bool
    /// Whether the peer is an ICE lite agent.
    var isLite: Bool
    /// Whether we are the DTLS server: we answered `passive`. We do whenever the offer leaves the choice to us, since
    /// the server chooses the SRTP profile.
    var weAreServer: Bool

    /// Reads the transport of the bundle whose tagged section in the answer is `tagged`; `bundled` are the sections of
    /// the bundle as offered, that one among them, or none without a bundle.
    ///
    /// In an offer the attributes may stand in that section, in the one the offerer tagged (bundle-only sections have
    /// none of their own), or above all sections; a lower level overrides a higher one.
    /// Source: RFC 9143, section 7.1.3; RFC 8839, section 5; RFC 8122, section 5; RFC 8842, section 5.
    init(offer: SessionDescription, tagged: MediaDescription, bundled: [MediaDescription]) throws(SDPError) {
        let levels = [tagged.lines] + bundled.prefix(1).map(\.lines) + [offer.lines]
        credentials = try Self.credentials(levels, number: tagged.number)
        fingerprints = try Self.fingerprints(levels, number: tagged.number)
        weAreServer = try Self.answersAsServer(levels, number: tagged.number)
        isLite = levels.contains { $0.attribute("ice-lite") != nil }
        candidates = []
        ignoredCandidates = 0
        endOfCandidates = false
        let fragment = credentials.usernameFragment
        // Sections of the bundle that name other credentials describe a transport of their own, which goes away.
        let sharing = (bundled.isEmpty ? [tagged] : bundled).filter { section in
            section.lines.attribute("ice-ufrag").map { $0.firstWord == fragment } ?? true
        }
        var seen: Set<ICECandidate> = []
        for line in offer.lines + sharing.flatMap(\.lines) {
            if line.name == "end-of-candidates" { endOfCandidates = true }
            guard line.name == "candidate" else { continue }
            guard let candidate = ICECandidate(parsing: line.value ?? "") else {
                ignoredCandidates += 1
                continue
            }
            if candidates.count < 64, seen.insert(candidate).inserted { candidates.append(candidate) }
        }
    }

    private static func credentials(_ levels: [[SDPLine]], number: Int) throws(SDPError) -> ICECredentials {
        for lines in levels {
            if let credentials = try ICECredentials(lines: lines) { return credentials }
        }
        throw SDPError(line: number, "a=ice-ufrag and a=ice-pwd are required")
    }

    private static func fingerprints(
        _ levels: [[SDPLine]], number: Int
    ) throws(SDPError) -> [CertificateFingerprint] {
        for lines in levels {
            let attributes = lines.attributes("fingerprint")
            guard let first = attributes.first else { continue }
            let fingerprints = attributes.compactMap { CertificateFingerprint(parsing: $0.value ?? "") }
            guard !fingerprints.isEmpty else {
                throw SDPError(line: first.number, "a=fingerprint with sha-256, sha-384 or sha-512 is required")
            }
            return fingerprints
        }
        throw SDPError(line: number, "a=fingerprint is required")
    }

    private static func answersAsServer(_ levels: [[SDPLine]], number: Int) throws(SDPError) -> Bool {
        for lines in levels {
            guard let setup = lines.attribute("setup") else { continue }
            switch setup.firstWord {
            case "actpass", "active": return true
            case "passive": return false
            default: throw SDPError(line: setup.number, "a=setup:\(setup.firstWord) can't be answered")
            }
        }
        throw SDPError(line: number, "a=setup is required")
    }
}
