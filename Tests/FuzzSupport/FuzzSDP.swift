import MediaCore

/// Any bytes: parsed as a session description and as an ICE fragment, printed and parsed again, and answered as a
/// publisher's and as a watcher's offer.
package func fuzzSDP(_ bytes: RawSpan) throws(FuzzFailure) {
    let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    try fuzzFragment(text)
    let description: SessionDescription
    do throws(SDPError) {
        description = try SessionDescription(parsing: text)
    } catch {
        return try requireSafe(error.description)
    }
    try requireFixedPoint(description)
    try fuzzOffer(description, sections: sectionCount(description.description))
}

private func fuzzFragment(_ text: String) throws(FuzzFailure) {
    let fragment: ICEFragment
    do throws(SDPError) {
        fragment = try ICEFragment(parsing: text)
    } catch {
        return try requireSafe(error.description)
    }
    let printed = fragment.description
    guard let again = try? ICEFragment(parsing: printed) else {
        throw FuzzFailure(description: "a printed fragment is refused:\n\(printed)")
    }
    try require(again.description == printed, "a fragment is printed as\n\(printed)\nand then\n\(again.description)")
    try require(again.candidates == fragment.candidates, "the candidates of a fragment change:\n\(printed)")
    try require(again.credentials == fragment.credentials, "the credentials of a fragment change:\n\(printed)")
}

/// Answers it as a publisher's and as a watcher's offer.
private func fuzzOffer(_ offer: SessionDescription, sections: Int) throws(FuzzFailure) {
    var sources = FuzzEnvironment.sources
    if let publishing = try publish(offer) {
        try requireAnswer(publishing.answer, sections: sections)
        // What a publisher said reaches watchers: their answers must hold, too.
        for parameters in publishing.media {
            try require((0...127).contains(parameters.codec.payloadType), "\(parameters.codec)")
            sources.append(
                WatchSource(
                    codec: parameters.codec, ssrc: 5, retransmissionSSRC: 6, cname: parameters.cname,
                    streamID: parameters.mid, trackID: parameters.cname, headerExtensions: parameters.headerExtensions))
        }
    }
    for sources in [FuzzEnvironment.sources, sources.reversed()] {
        if let answer = try watch(offer, sources) { try requireAnswer(answer, sections: sections) }
    }
    if let ours = try? SessionDescription(parsing: FuzzEnvironment.offer(sends: false)),
        let answer = try watch(ours, sources.reversed())
    {
        try requireAnswer(answer, sections: 2)
    }
}

private func publish(
    _ offer: SessionDescription
) throws(FuzzFailure) -> (media: [RTPParameters], answer: SessionDescription)? {
    do throws(SDPError) {
        let accepted = try PublishNegotiation.accept(offer: offer, local: FuzzEnvironment.local, sessionID: 7)
        return (accepted.media, accepted.answer)
    } catch {
        try requireSafe(error.description)
        return nil
    }
}

private func watch(_ offer: SessionDescription, _ sources: [WatchSource]) throws(FuzzFailure) -> SessionDescription? {
    do throws(SDPError) {
        return try WatchNegotiation.accept(
            offer: offer, sources: sources, local: FuzzEnvironment.local, sessionID: 7
        ).answer
    } catch {
        try requireSafe(error.description)
        return nil
    }
}

private func requireAnswer(_ answer: SessionDescription, sections: Int) throws(FuzzFailure) {
    try requireFixedPoint(answer)
    let text = answer.description
    try require(sectionCount(text) == sections, "an answer to \(sections) sections:\n\(text)")
}

private func requireFixedPoint(_ description: SessionDescription) throws(FuzzFailure) {
    let printed = description.description
    // Line ends of two bytes may lengthen a text beyond the limit.
    guard printed.utf8.count <= SDPLimits().bytes else { return }
    guard let again = try? SessionDescription(parsing: printed) else {
        throw FuzzFailure(description: "what was printed is refused:\n\(printed)")
    }
    try require(again == description, "what was printed means something else:\n\(printed)")
}

private func sectionCount(_ text: String) -> Int {
    text.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }).count { $0.starts(with: "m=".utf8) }
}

/// Reasons go into responses and logs: one line of visible ASCII, whatever the peer wrote.
private func requireSafe(_ reason: String) throws(FuzzFailure) {
    try require(
        reason.utf8.count <= 220 && reason.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "the reason \(reason)")
}
