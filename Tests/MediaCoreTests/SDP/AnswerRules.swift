import Testing

@testable import MediaCore

/// What every answer must be, read from its text by rules of the test's own.
func checkAnswer(_ text: String, to offer: SessionDescription, accepted: Set<Int>, name: String) {
    #expect(text.hasSuffix("\r\n") && !text.contains("\r\n\r\n"), "\(name)")
    var sections: [[String]] = [[]]
    for line in text.split(separator: "\r\n").map(String.init) {
        if line.hasPrefix("m=") { sections.append([]) }
        sections[sections.count - 1].append(line)
    }
    let session = sections.removeFirst()
    #expect(session.first == "v=0", "\(name)")
    #expect(session.dropFirst().map { $0.prefix(2) }.prefix(3) == ["o=", "s=", "t="], "\(name)")
    #expect(session.contains("a=ice-lite"), "\(name)")
    #expect(sections.count == offer.media.count, "\(name)")

    var acceptedMids: [String] = []
    for (index, section) in sections.enumerated() where index < offer.media.count {
        let offered = offer.media[index]
        let words = section[0].dropFirst(2).split(separator: " ").map(String.init)
        #expect(words[0] == offered.type && words[2] == offered.transport, "\(name)")
        let mid = offered.mid.map { String($0.firstWord) }
        #expect(values("mid", section) == (mid.map { [$0] } ?? []), "\(name)")
        guard accepted.contains(index) else {
            #expect(words[1] == "0" && section.contains("a=inactive"), "\(name)")
            continue
        }
        acceptedMids.append(mid ?? "")
        checkAccepted(section, offered: offered, session: offer.lines, formats: Array(words[3...]), name: name)
        #expect(words[1] == "9", "\(name)")
    }
    let group = values("group", session).map { $0.split(separator: " ").map(String.init) }
    if accepted.count > 1 {
        #expect(group.count == 1 && group.first?.first == "BUNDLE", "\(name)")
        #expect(Set(group.first?.dropFirst() ?? []) == Set(acceptedMids), "\(name)")
    }
    let tagged = group.first?.dropFirst().first ?? acceptedMids.first ?? ""
    for section in sections {
        let isTagged = values("mid", section) == [tagged]
        #expect(section.contains("a=end-of-candidates") == isTagged, "\(name)")
        #expect(values("candidate", section).isEmpty != isTagged, "\(name)")
    }
}

private func checkAccepted(
    _ section: [String], offered: MediaDescription, session: [SDPLine], formats: [String], name: String
) {
    #expect(section.contains("a=rtcp-mux"), "\(name)")
    for attribute in ["ice-ufrag", "ice-pwd", "fingerprint", "setup", "mid"] {
        #expect(values(attribute, section).count == 1, "\(name) \(attribute)")
    }
    #expect(!section.contains("a=bundle-only"), "\(name)")
    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"].filter { section.contains("a=\($0)") }
    #expect(directions.count == 1, "\(name)")
    // One codec, its retransmissions and its redundancy pointing at it; all payload types out of the offer.
    let maps = values("rtpmap", section).map { $0.split(separator: " ").map(String.init) }
    #expect(maps.map { $0[0] }.sorted() == formats.sorted(), "\(name)")
    let repeats = maps.filter { $0[1].lowercased().hasPrefix("rtx/") }.map { $0[0] }
    let redundant = maps.filter { $0[1].lowercased().hasPrefix("red/") }.map { $0[0] }
    let codec = formats.first { !repeats.contains($0) && !redundant.contains($0) } ?? ""
    #expect(repeats.count <= 1 && redundant.count <= 1, "\(name)")
    #expect(formats.count == 1 + repeats.count + redundant.count, "\(name)")
    #expect(formats.allSatisfy(offered.formats.contains), "\(name)")
    let offeredLines = Set(offered.lines.map { "\($0)".lowercased() })
    for line in section where line.hasPrefix("a=rtpmap") || line.hasPrefix("a=rtcp-fb") || line.hasPrefix("a=fmtp") {
        #expect(offeredLines.contains(line.lowercased()), "\(name): \(line)")
    }
    for format in repeats { #expect(values("fmtp", section).contains("\(format) apt=\(codec)"), "\(name)") }
    for format in redundant { #expect(values("fmtp", section).contains("\(format) \(codec)/\(codec)"), "\(name)") }
    // Every extension was offered with the same identifier.
    for value in values("extmap", section) {
        let words = value.split(separator: " ").map(String.init)
        let identifier = words[0].split(separator: "/")[0]
        let isOffered = (session + offered.lines).attributes("extmap").contains {
            ($0.value ?? "").hasPrefix(identifier) && ($0.value ?? "").contains(words[1])
        }
        #expect(isOffered, "\(name): \(value)")
    }
    if section.contains("a=rtcp-rsize") { #expect(offered.has("rtcp-rsize"), "\(name)") }
}

/// The values of an attribute.
private func values(_ name: String, _ lines: [String]) -> [String] {
    lines.filter { $0.hasPrefix("a=\(name):") }.map { String($0.dropFirst(name.count + 3)) }
}

/// Our end, in tests.
let testTransport = LocalTransportDescription(
    credentials: ICECredentials(usernameFragment: "ourFrag1", password: "ourPasswordOf24Charactrs"),
    candidates: [
        ICECandidate(
            host: TransportAddress("192.0.2.7", port: 40_000)!, localPreference: 65_535, foundation: "1"),
        ICECandidate(
            host: TransportAddress("2001:db8::7", port: 40_000)!, localPreference: 65_534, foundation: "2"),
    ],
    fingerprint: CertificateFingerprint(algorithm: .sha256, digest: [UInt8](0..<32))!)
