import Testing

@testable import MediaCore

/// What audio sections agree on beyond their codec: redundancy, and silence that is not sent.
@Suite struct RedundantAudioNegotiationTests {
    private func offer(_ formats: String, _ lines: [String], direction: String) -> String {
        let attributes =
            ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0"]
            + ["m=audio 9 UDP/TLS/RTP/SAVPF \(formats)"] + Offers.transport
            + ["a=mid:0", "a=\(direction)", "a=rtcp-mux"] + lines
        return attributes.map { $0 + "\r\n" }.joined()
    }

    private let chromium = ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;usedtx=1"]
    private let redundancy = ["a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"]

    private func publish(
        _ formats: String, _ lines: [String], prefersRedundantAudio: Bool = false
    ) throws -> (parameters: RTPParameters, answer: MediaDescription) {
        let offer = try SessionDescription(parsing: offer(formats, lines, direction: "sendonly"))
        let agreed = try PublishNegotiation.accept(
            offer: offer, local: testTransport, sessionID: 7, prefersRedundantAudio: prefersRedundantAudio)
        checkAnswer(agreed.answer.description, to: offer, accepted: [0], name: formats)
        return (agreed.media[0], agreed.answer.media[0])
    }

    private func watch(
        _ formats: String, _ lines: [String], of codec: RTPCodecParameters
    ) throws -> (parameters: RTPParameters, answer: MediaDescription) {
        let offer = try SessionDescription(parsing: offer(formats, lines, direction: "recvonly"))
        let source = WatchSource(
            codec: codec, ssrc: 10, cname: "c", streamID: "s", trackID: "t", headerExtensions: RTPHeaderExtensionMap())
        let agreed = try WatchNegotiation.accept(offer: offer, sources: [source], local: testTransport, sessionID: 7)
        checkAnswer(agreed.answer.description, to: offer, accepted: [0], name: formats)
        return (agreed.media[0].parameters, agreed.answer.media[0])
    }

    @Test func publishersAreAskedForItOnlyWhenPreferred() throws {
        for (formats, prefers, expected) in [
            ("111 63", false, ["111", "63"]), ("111 63", true, ["63", "111"]), ("63 111", false, ["111", "63"]),
        ] {
            let agreed = try publish(formats, chromium + redundancy, prefersRedundantAudio: prefers)
            #expect(agreed.answer.formats == expected)
            #expect(agreed.parameters.codec.payloadType == 111 && agreed.parameters.codec.redundantPayloadType == 63)
        }
        let without = try publish("111", chromium, prefersRedundantAudio: true)
        #expect(without.answer.formats == ["111"] && without.parameters.codec.redundantPayloadType == nil)
    }

    @Test func otherRedundancyIsNotTaken() throws {
        for lines in [
            ["a=rtpmap:63 red/48000/2"], ["a=rtpmap:63 red/48000/2", "a=fmtp:63 111/0"],
            ["a=rtpmap:63 red/48000/2", "a=fmtp:63 110/110"], ["a=rtpmap:63 red/8000", "a=fmtp:63 111/111"],
            ["a=rtpmap:63 red/48000/2", "a=fmtp:63 111/"], ["a=rtpmap:63 red/48000/2", "a=fmtp:63 x/x"],
            ["a=rtpmap:63 red/48000", "a=fmtp:63 111/111"],
        ] {
            let agreed = try publish("111 63", chromium + lines)
            #expect(agreed.answer.formats == ["111"] && agreed.parameters.codec.redundantPayloadType == nil)
        }
        // One that looks like RTCP.
        let agreed = try publish("111 72", chromium + ["a=rtpmap:72 red/48000/2", "a=fmtp:72 111/111"])
        #expect(agreed.answer.formats == ["111"])
    }

    /// Whatever the publisher has: it is made for them when they lose sound.
    @Test func watchersGetItWhenTheyHaveIt() throws {
        var codec = try publish("111 63", chromium + redundancy).parameters.codec
        let both = try watch("111 63", chromium + redundancy, of: codec)
        #expect(both.answer.formats == ["111", "63"] && both.parameters.codec.redundantPayloadType == 63)
        // Its own payload type for it.
        let other = try watch(
            "111 120", chromium + ["a=rtpmap:120 red/48000/2", "a=fmtp:120 111/111"], of: codec)
        #expect(other.parameters.codec.redundantPayloadType == 120)
        // Inside it its own number of Opus stands.
        let renumbered = try watch(
            "109 63", ["a=rtpmap:109 opus/48000/2", "a=rtpmap:63 red/48000/2", "a=fmtp:63 109/109"], of: codec)
        #expect(renumbered.answer.formats == ["109", "63"] && renumbered.parameters.codec.redundantPayloadType == 63)
        let plain = try watch("111", chromium, of: codec)
        #expect(plain.answer.formats == ["111"] && plain.parameters.codec.redundantPayloadType == nil)
        codec.redundantPayloadType = nil
        #expect(try watch("111 63", chromium + redundancy, of: codec).answer.formats == ["111", "63"])
        let unknown = ["a=rtpmap:63 red/48000/2", "a=fmtp:63 110/110"]
        #expect(try watch("111 63", chromium + unknown, of: codec).answer.formats == ["111"])
    }

    /// Whether silence is sent is for the ends to say: their words come back to them. Source: RFC 7587, section 6.1.
    @Test func discontinuousTransmissionIsAgreedOn() throws {
        let published = try publish("111", chromium)
        #expect(published.parameters.codec.formatParameters == "minptime=10;usedtx=1")
        #expect(published.answer.lines.contains { $0.description == "a=fmtp:111 minptime=10;usedtx=1" })
        let watched = try watch("111", chromium, of: published.parameters.codec)
        #expect(watched.answer.lines.contains { $0.description == "a=fmtp:111 minptime=10;usedtx=1" })
    }
}
