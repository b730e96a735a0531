import MediaTestSupport
import Testing

@testable import MediaCore

/// What answers to publishers say of bit rates.
@Suite struct PublishBitrateTests {
    private func video(_ text: String, limit: Int64? = nil, start: Int64? = nil) throws -> [String] {
        let agreed = try PublishNegotiation.accept(
            offer: SessionDescription(parsing: text), local: testTransport, sessionID: 1, bitrateLimit: limit,
            startBitrate: start)
        let sections = agreed.answer.description.components(behind: "m=")
        // Nothing of it concerns sound, nor the session.
        for section in sections where !section.hasPrefix("video") {
            #expect(!section.contains("google") && !section.contains("\r\nb="))
        }
        return try #require(sections.first { $0.hasPrefix("video") }).split(separator: "\r\n").map(String.init)
    }

    @Test func browsersAreToldWhereToBegin() throws {
        let offer = Offers.chromePublish()
        #expect(try video(offer).allSatisfy { !$0.contains("x-google") && !$0.hasPrefix("b=") })
        #expect(try video(offer, start: 1_500_999).contains("a=fmtp:96 x-google-start-bitrate=1500"))
        // A limit is told by REMB, which can be lifted; and nobody begins above it.
        let limited = try video(offer, limit: 500_000, start: 1_500_000)
        #expect(limited.contains("a=fmtp:96 x-google-start-bitrate=500"))
        #expect(limited.allSatisfy { !$0.hasPrefix("b=") })
        #expect(try video(offer, limit: 500_000).allSatisfy { !$0.contains("x-google") && !$0.hasPrefix("b=") })

        let h264 = try video(Offers.chromePublish(preferring: "109"), limit: 2_000_000, start: 1_000_000)
        let format = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
        #expect(h264.contains("a=fmtp:109 \(format);x-google-start-bitrate=1000"))
        #expect(h264.contains("a=fmtp:114 apt=109"))
    }

    @Test func thoseWithoutReceiverEstimatesAreToldInTheAnswer() throws {
        let offer = Offers.chromePublish().replacing(" goog-remb", with: " x-other")
        let lines = try video(offer, limit: 500_001, start: 1_000_000)
        #expect(Array(lines[1...3]) == ["c=IN IP4 0.0.0.0", "b=TIAS:500001", "b=AS:501"])
        #expect(lines.allSatisfy { !$0.contains("x-google") })
        #expect(try video(offer, start: 1_000_000).allSatisfy { !$0.hasPrefix("b=") })
    }

    @Test func everyAnswerIsStillOne() throws {
        for (name, text) in Offers.publishers {
            let offer = try SessionDescription(parsing: text)
            let agreed = try PublishNegotiation.accept(
                offer: offer, local: testTransport, sessionID: 1, bitrateLimit: 800_000, startBitrate: 1_000_000)
            // Without the hint, which no offer has, all of it answers something.
            let answer = agreed.answer.description.replacing(/;x-google-start-bitrate=800/, with: "")
                .replacing(/a=fmtp:[0-9]+ x-google-start-bitrate=800\r\n/, with: "")
            checkAnswer(answer, to: offer, accepted: [0, 1], name: name)
            let again = try SessionDescription(parsing: agreed.answer.description)
            #expect(again == agreed.answer, "\(name)")
        }
    }
}

extension String {
    /// What stands behind each occurrence of a separator, and before the first.
    fileprivate func components(behind separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
