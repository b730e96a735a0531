import Testing

@testable import MediaCore

/// What a publisher says that its picture shows.
@Suite struct ContentTests {
    private func publish(_ content: [String]) throws -> (parameters: RTPParameters, answer: MediaDescription) {
        let lines =
            ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=video 9 UDP/TLS/RTP/SAVPF 96"]
            + Offers.transport + ["a=mid:0", "a=sendonly", "a=rtcp-mux", "a=rtpmap:96 VP8/90000"] + content
        let offer = try SessionDescription(parsing: lines.map { $0 + "\r\n" }.joined())
        let agreed = try PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: 7)
        checkAnswer(agreed.answer.description, to: offer, accepted: [0], name: "\(content)")
        return (agreed.media[0], agreed.answer.media[0])
    }

    @Test func slidesAreKnownByTheirWord() throws {
        for content in [
            ["a=content:slides"], ["a=content:alt,slides"], ["a=content:slides,main"], ["a=content:sl, slides"],
            ["a=content:speaker", "a=content:slides"], ["a=content:x-new,slides,,"],
        ] {
            let agreed = try publish(content)
            #expect(agreed.parameters.isSlides, "\(content)")
            // It is the sender's to say.
            #expect(!agreed.answer.has("content"))
        }
    }

    @Test func otherWordsSayNothing() throws {
        for content in [
            [], ["a=content"], ["a=content:"], ["a=content:main"], ["a=content:speaker,alt,sl"], ["a=content:Slides"],
            ["a=content:slideshow"], ["a=content:,,,,"], ["a=contents:slides"], ["a=x:content:slides"],
            ["a=content:" + String(repeating: "slide,", count: 600)],
        ] {
            let agreed = try publish(content)
            #expect(!agreed.parameters.isSlides, "\(content.first?.prefix(30) ?? "")")
        }
        #expect(throws: SDPError.self) { try publish(["a=content:sli\u{0}des"]) }
    }
}
