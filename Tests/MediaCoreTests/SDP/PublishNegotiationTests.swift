import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct PublishNegotiationTests {
    private typealias Agreement = (
        remote: RemoteTransportDescription, media: [RTPParameters], answer: SessionDescription
    )

    private func accept(_ text: String) throws -> Agreement {
        let offer = try SessionDescription(parsing: text)
        return try PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: .max)
    }

    private func refusal(_ text: String) -> String? {
        do {
            _ = try accept(text)
            return nil
        } catch { return "\(error)" }
    }

    @Test func everyProgramIsAnswered() throws {
        for (name, text) in Offers.publishers {
            let agreed = try accept(text)
            let offer = try SessionDescription(parsing: text)
            checkAnswer(agreed.answer.description, to: offer, accepted: [0, 1], name: name)
            #expect(Set(agreed.media.map(\.kind)) == [.audio, .video], "\(name)")
            #expect(agreed.media.allSatisfy { !$0.cname.isEmpty && $0.encodings.count == 1 }, "\(name)")
            #expect(agreed.remote.weAreServer == (name != "FFmpeg"), "\(name)")
            let again = try SessionDescription(parsing: agreed.answer.description)
            #expect(again == agreed.answer, "\(name)")
        }
    }

    @Test func chromiumInDetail() throws {
        let agreed = try accept(Offers.chromePublish())
        #expect(agreed.remote.credentials.usernameFragment == "4mR1")
        #expect(agreed.remote.candidates.map(\.address) == [TransportAddress("192.168.115.173", port: 64_356)])
        #expect(agreed.remote.ignoredCandidates == 2)
        #expect(!agreed.remote.endOfCandidates && !agreed.remote.isLite)
        #expect(agreed.remote.fingerprints.map(\.attributeValue) == ["sha-256 " + Offers.fingerprint])

        var audio = RTPHeaderExtensionMap()
        audio[.audioLevel] = 1
        audio[.absoluteSendTime] = 2
        audio[.transportSequenceNumber] = 3
        audio[.mid] = 4
        #expect(
            agreed.media[0]
                == RTPParameters(
                    mid: "0", kind: .audio,
                    codec: RTPCodecParameters(
                        codec: .opus, payloadType: 111, redundantPayloadType: 63,
                        formatParameters: "minptime=10;useinbandfec=1", feedback: .transportWide),
                    headerExtensions: audio, encodings: [RTPEncodingParameters(ssrc: 2_096_647_523)],
                    cname: "XafHSPS71ySwVueL",
                    reducedSizeRTCP: true))
        let video = agreed.media[1]
        #expect(
            video.codec
                == RTPCodecParameters(
                    codec: .vp8, payloadType: 96, retransmissionPayloadType: 97,
                    feedback: [.nack, .pictureLoss, .fullIntraRequest, .transportWide, .receiverEstimate]))
        #expect(
            video.encodings == [
                RTPEncodingParameters(ssrc: 3_463_951_252, retransmissionSSRC: 1_461_041_037)
            ])
        #expect(video.headerExtensions[.rid] == 10 && video.headerExtensions[.videoOrientation] == 13)

        let expected = """
            v=0
            o=- 4611686018427387903 2 IN IP4 127.0.0.1
            s=-
            t=0 0
            a=group:BUNDLE 0 1
            a=extmap-allow-mixed
            a=msid-semantic: WMS *
            a=ice-lite
            a=ice-options:trickle ice2
            m=audio 9 UDP/TLS/RTP/SAVPF 111 63
            c=IN IP4 0.0.0.0
            a=rtcp:9 IN IP4 0.0.0.0
            a=candidate:1 1 udp 2130706431 192.0.2.7 40000 typ host
            a=candidate:2 1 udp 2130706175 2001:db8::7 40000 typ host
            a=end-of-candidates
            a=ice-ufrag:ourFrag1
            a=ice-pwd:ourPasswordOf24Charactrs
            a=fingerprint:\(testTransport.fingerprint.attributeValue)
            a=setup:passive
            a=mid:0
            a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
            a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
            a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
            a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
            a=recvonly
            a=rtcp-mux
            a=rtcp-rsize
            a=rtpmap:111 opus/48000/2
            a=rtcp-fb:111 transport-cc
            a=fmtp:111 minptime=10;useinbandfec=1
            a=rtpmap:63 red/48000/2
            a=fmtp:63 111/111
            m=video 9 UDP/TLS/RTP/SAVPF 96 97

            """.replacing("\n", with: "\r\n")
        #expect(agreed.answer.description.hasPrefix(expected))
    }

    @Test func preferredCodecsAreKept() throws {
        // H.264 in front: mode 1, and constrained baseline before baseline.
        let cases: [(String, MediaCodec, UInt8, UInt8)] = [
            ("103", .h264, 109, 114), ("107", .h264, 109, 114), ("109", .h264, 109, 114), ("117", .h264, 117, 118),
            ("39", .h264, 109, 114), ("45", .av1, 45, 46), ("98", .vp9, 98, 99), ("100", .vp9, 100, 101),
            ("119", .vp8, 96, 97), ("97", .vp8, 96, 97),
        ]
        for (first, codec, payloadType, retransmission) in cases {
            let text = Offers.chromePublish(preferring: first)
            let agreed = try accept(text)
            #expect(agreed.media[1].codec.codec == codec, "\(first)")
            #expect(agreed.media[1].codec.payloadType == payloadType, "\(first)")
            #expect(agreed.media[1].codec.retransmissionPayloadType == retransmission, "\(first)")
            let offer = try SessionDescription(parsing: text)
            checkAnswer(agreed.answer.description, to: offer, accepted: [0, 1], name: first)
        }
        // Only mode 0 is there: it is taken.
        let firefox = Offers.firefoxPublish.replacing("120 124 121 125 126 127 97 98", with: "97 98")
        #expect(try accept(firefox).media[1].codec.payloadType == 97)
        // A payload type that looks like RTCP is not.
        let clash = Offers.firefoxPublish.replacing("120 124 121", with: "72 120 124 121")
            .replacing("a=rtpmap:120", with: "a=rtpmap:72 VP9/90000\r\na=rtpmap:120")
        #expect(try accept(clash).media[1].codec.payloadType == 120)
    }

    @Test func h265IsTakenUnlessItComesInPieces() throws {
        let offer = Offers.chromePublish(preferring: "98").replacing(
            "a=rtpmap:98 VP9/90000", with: "a=rtpmap:98 H265/90000")
        for (parameters, taken) in [
            ("level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST", true), ("level-id=180", true),
            ("sprop-max-don-diff=0", true), ("sprop-max-don-diff=1", false), ("sprop-depack-buf-nalus=2", false),
            ("tx-mode=MRST", false), ("profile-space=2", false), ("level-id=-1", false),
        ] {
            let agreed = try accept(offer.replacing("a=fmtp:98 profile-id=0", with: "a=fmtp:98 \(parameters)"))
            #expect(agreed.media[1].codec.codec == (taken ? .h265 : .vp8), "\(parameters)")
            if taken { #expect(agreed.answer.description.contains("a=fmtp:98 \(parameters)\r\n")) }
        }
    }

    @Test func firefoxBundleOnlySectionIsAnOffer() throws {
        let agreed = try accept(Offers.firefoxPublish)
        #expect(agreed.media.map(\.kind) == [.audio, .video])
        #expect(agreed.media[1].encodings == [RTPEncodingParameters(ssrc: 2_711_410, retransmissionSSRC: 2_711_411)])
        // It only receives the playout delay: nothing for us to receive.
        #expect(agreed.media[1].headerExtensions[.playoutDelay] == nil)
        #expect(agreed.media[1].headerExtensions[.transportSequenceNumber] == 7)
        #expect(!agreed.media[0].reducedSizeRTCP && agreed.media[1].reducedSizeRTCP)
        // Outside the group port 0 means what it always does.
        let outside = Offers.firefoxPublish.replacing("a=group:BUNDLE 0 1", with: "a=group:BUNDLE 0")
        let answer = try accept(outside).answer
        #expect(answer.media.map(\.port) == [9, 0])
        #expect(answer.bundleGroup == ["0"])
    }

    @Test func withoutRetransmissionFormatThereIsNone() throws {
        let offer = Offers.firefoxPublish.replacing("a=rtpmap:124 rtx/90000", with: "a=rtpmap:124 x/90000")
        let video = try accept(offer).media[1]
        #expect(video.codec.retransmissionPayloadType == nil)
        #expect(video.encodings == [RTPEncodingParameters(ssrc: 2_711_410)])
    }

    @Test func transportWideFeedbackNeedsItsExtension() throws {
        #expect(try accept(Offers.firefoxPublish).media[1].codec.feedback.contains(.transportWide))
        let without = Offers.firefoxPublish.replacing("wide-cc-extensions-01", with: "wide-cc-extensions-99")
        let agreed = try accept(without)
        #expect(!agreed.media[1].codec.feedback.contains(.transportWide))
        #expect(!agreed.answer.description.contains("transport-cc"))
    }

    @Test func otherSectionsAreRejectedInPlace() throws {
        let chrome = Offers.chromePublish()
        let data = [
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=ice-ufrag:4mR1",
            "a=ice-pwd:d7Ou6mHlq1enMEWs0v0VAYov", "a=fingerprint:sha-256 \(Offers.fingerprint)", "a=setup:actpass",
            "a=mid:2", "a=sctp-port:5000", "",
        ].joined(separator: "\r\n")
        let first = chrome.firstRange(of: "m=audio")!.lowerBound
        let offers = [
            // The data channel in front, with the bundle's tag.
            (String(chrome[..<first]).replacing("BUNDLE 0 1", with: "BUNDLE 2 0 1") + data + chrome[first...], [1, 2]),
            (chrome.replacing("BUNDLE 0 1", with: "BUNDLE 0 1 2") + data, [0, 1]),
            (chrome.replacing("m=audio 64356", with: "m=audio 0"), [1]),
            (
                chrome.replacing("a=msid:0836cc8e 40abf2d3", with: "a=x").replacing(
                    "a=sendonly\r\na=x", with: "a=recvonly"), [1]
            ),
            (chrome.replacing("a=sendonly\r\na=msid:0836cc8e bdbd2c0a", with: "a=inactive"), [0]),
            (chrome.replacing("a=sendonly", with: "a=sendrecv"), [0, 1]),
            (chrome.replacing("a=sendonly", with: "a=x-none"), [0, 1]),
            (chrome.replacing("opus/48000/2", with: "opus/48000"), [1]),
            (chrome.replacing("BUNDLE 0 1", with: "BUNDLE 1 0"), [0, 1]),
        ]
        for (index, (text, accepted)) in offers.enumerated() {
            let agreed = try accept(text)
            let offer = try SessionDescription(parsing: text)
            checkAnswer(agreed.answer.description, to: offer, accepted: Set(accepted), name: "offer \(index)")
            #expect(agreed.media.count == accepted.count, "\(index)")
        }
        // A second camera is one too many, unless the caller allows it.
        let second = chrome.firstRange(of: "m=video")!.lowerBound
        let two =
            chrome.replacing("BUNDLE 0 1", with: "BUNDLE 0 1 3")
            + String(chrome[second...]).replacing("a=mid:1", with: "a=mid:3").replacing("3463951252", with: "77")
            .replacing("1461041037", with: "78")
        #expect(try accept(two).answer.media.map(\.port) == [9, 9, 0])
        let offer = try SessionDescription(parsing: two)
        let both = try PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: 1, sectionsPerKind: 2)
        #expect(both.media.map(\.mid) == ["0", "1", "3"])
        checkAnswer(both.answer.description, to: offer, accepted: [0, 1, 2], name: "two cameras")
    }

    @Test func simulcastLayersAreAccepted() throws {
        guard let bytes = try Captures.bytes("sdp/chrome-simulcast-rid-dd-vla-datachannel-offer.sdp") else {
            print("captures are absent: skipped")
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let agreed = try accept(text)
        checkAnswer(
            agreed.answer.description, to: try SessionDescription(parsing: text), accepted: [0], name: "simulcast")
        #expect(agreed.media[0].encodings.map(\.rid) == ["h", "m", "l"])
        #expect(agreed.media[0].headerExtensions[.dependencyDescriptor] == 12)
        let lines = agreed.answer.media[0].lines.suffix(4).map(\.description)
        #expect(lines == ["a=rid:h recv", "a=rid:m recv", "a=rid:l recv", "a=simulcast:recv h;m;l"])
        let untold = try accept(text.replacing("sdes:rtp-stream-id", with: "sdes:x"))
        #expect(untold.media[0].encodings == [RTPEncodingParameters()])
        #expect(!untold.answer.description.contains("a=rid") && !untold.answer.description.contains("a=simulcast"))
        let paused = text.replacing("send h;m;l", with: "send h;~m,h;l")
        #expect(try accept(paused).answer.description.contains("a=simulcast:recv h;~m;l\r\n"))
        #expect(try accept(paused).media[0].encodings.map(\.isPaused) == [false, true, false])
        #expect(agreed.media[0].headerExtensions[.videoLayersAllocation] == 14)
    }

    /// Chromium's video section with these lines instead of its SSRCs, and the extension that tells streams apart.
    private func simulcast(_ lines: [String]) -> String {
        var kept = Offers.chromePublish().split(separator: "\r\n").map(String.init)
        let video = kept.firstIndex { $0.hasPrefix("m=video") } ?? 0
        kept = kept.enumerated().filter { $0 < video || !$1.hasPrefix("a=ssrc") }.map(\.element)
        return (kept + lines).map { $0 + "\r\n" }.joined()
    }

    private func encodings(_ lines: [String]) throws -> ([RTPEncodingParameters], String) {
        let agreed = try accept(simulcast(lines))
        return (agreed.media[1].encodings, agreed.answer.description)
    }

    @Test func fourEncodingsAreTakenInTheSendersOrder() throws {
        let rids = (1...6).map { "a=rid:r\($0) send" }
        var (taken, answer) = try encodings(rids + ["a=simulcast:send r6;r5;~r1;r2,r3;r4"])
        #expect(taken.map(\.rid) == ["r6", "r5", "r1", "r2"])
        #expect(taken.map(\.isPaused) == [false, false, true, false])
        #expect(
            answer.hasSuffix(
                "a=rid:r6 recv\r\na=rid:r5 recv\r\na=rid:r1 recv\r\na=rid:r2 recv\r\na=simulcast:recv r6;r5;~r1;r2\r\n"
            ))
        // All of them paused: they may start later.
        (taken, answer) = try encodings(rids + ["a=simulcast:send ~r1;~r2"])
        #expect(taken.map(\.rid) == ["r1", "r2"] && taken.allSatisfy(\.isPaused))
        // Without an order their own lines give it.
        (taken, answer) = try encodings(rids)
        #expect(taken.map(\.rid) == ["r1", "r2", "r3", "r4"])
        #expect(!answer.contains("a=simulcast") && !answer.contains("r5"))
        // Streams that it wants to receive are not ours to take.
        (taken, answer) = try encodings(rids + ["a=rid:r7 recv", "a=simulcast:recv r7 send r1;r2"])
        #expect(taken.map(\.rid) == ["r1", "r2"])
        #expect(answer.hasSuffix("a=simulcast:recv r1;r2\r\n"))
    }

    @Test func simulcastBySourceGroups() throws {
        let sources = [1, 2, 3, 11, 12, 13].map { "a=ssrc:\($0) cname:c" }
        let pairs = ["a=ssrc-group:FID 1 11", "a=ssrc-group:FID 2 12", "a=ssrc-group:FID 3 13"]
        let (taken, answer) = try encodings(sources + ["a=ssrc-group:SIM 1 2 3"] + pairs)
        #expect(
            taken == [
                RTPEncodingParameters(ssrc: 1, retransmissionSSRC: 11),
                RTPEncodingParameters(ssrc: 2, retransmissionSSRC: 12),
                RTPEncodingParameters(ssrc: 3, retransmissionSSRC: 13),
            ])
        #expect(!answer.contains("a=simulcast") && !answer.contains("a=ssrc"))
        let many = (1...9).map { "a=ssrc:\($0) cname:c" } + ["a=ssrc-group:SIM 9 8 7 6 5 4 3 2 1"]
        #expect(try encodings(many).0.map(\.ssrc) == [9, 8, 7, 6])
    }

    @Test func whatAPublisherSaysOfItsLayersIsTaken() throws {
        let uri = RTPHeaderExtension.videoLayersAllocation.uri
        #expect(RTPHeaderExtension(uri: uri) == .videoLayersAllocation)
        let agreed = try accept(simulcast(["a=extmap:12 \(uri)"]))
        #expect(agreed.media[1].headerExtensions[.videoLayersAllocation] == 12)
        #expect(agreed.answer.description.contains("a=extmap:12 \(uri)\r\n"))
        #expect(RTPHeaderExtension.allCases.allSatisfy { RTPHeaderExtension(uri: $0.uri) == $0 })
    }

    @Test func browserCapturesAreUnderstood() throws {
        guard Captures.folder != nil else {
            print("captures are absent: skipped")
            return
        }
        let offers = [("chrome_sdp_json_L7.sdp", [1, 2]), ("parser_rs_L1160.sdp", [0])]
        for (name, accepted) in offers {
            guard let bytes = try Captures.bytes("sdp/\(name)") else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            let agreed = try accept(text)
            let offer = try SessionDescription(parsing: text)
            checkAnswer(agreed.answer.description, to: offer, accepted: Set(accepted), name: name)
        }
    }

    /// What an offer must have, each with the line that the refusal names.
    @Test func incompleteOffersAreRefused() {
        let chrome = Offers.chromePublish()
        func line(_ text: String, _ wanted: String) -> Int {
            text.components(wanted)
        }
        let audio = line(chrome, "m=audio")
        let video = line(chrome, "m=video")
        let fingerprint = "a=fingerprint:sha-256 \(Offers.fingerprint)"
        let cases: [(String, String, String)] = [
            (
                "UDP/TLS/RTP/SAVPF 111", "RTP/AVP 111",
                "line \(audio): m=audio uses RTP/AVP; UDP/TLS/RTP/SAVPF is required"
            ),
            (
                "UDP/TLS/RTP/SAVPF 96", "RTP/AVPF 96",
                "line \(video): m=video uses RTP/AVPF; UDP/TLS/RTP/SAVPF is required"
            ),
            (
                "UDP/TLS/RTP/SAVPF 96", "RTP/SAVP 96",
                "line \(video): m=video uses RTP/SAVP; UDP/TLS/RTP/SAVPF is required"
            ),
            (
                "UDP/TLS/RTP/SAVPF 96", "TCP/DTLS/RTP/SAVPF 96",
                "line \(video): m=video uses TCP/DTLS/RTP/SAVPF; UDP/TLS/RTP/SAVPF is required"
            ),
            ("a=rtcp-mux", "a=x", "line \(audio): a=rtcp-mux is required in m=audio"),
            ("a=mid:0", "a=x", "line \(audio): a=mid is required in m=audio"),
            ("a=mid:1", "a=x", "line \(video): a=mid is required in m=video"),
            ("a=mid:1", "a=mid:0", "line \(line(chrome, "a=mid:1")): a=mid:0 is there twice"),
            ("a=mid:0", "a=mid:", "line \(line(chrome, "a=mid:0")): a=mid must be a token of 1 to 16 characters"),
            (
                "a=mid:0", "a=mid:12345678901234567",
                "line \(line(chrome, "a=mid:0")): a=mid must be a token of 1 to 16 characters"
            ),
            ("a=mid:0", "a=mid:a@b", "line \(line(chrome, "a=mid:0")): a=mid must be a token of 1 to 16 characters"),
            (
                "a=group:BUNDLE 0 1", "a=x",
                "line \(audio): m=audio must be in the BUNDLE group: one transport is served"
            ),
            (
                "a=group:BUNDLE 0 1", "a=group:BUNDLE 0",
                "line \(video): m=video must be in the BUNDLE group: one transport is served"
            ),
            (
                "a=group:BUNDLE 0 1", "a=group:LS 0 1",
                "line \(audio): m=audio must be in the BUNDLE group: one transport is served"
            ),
            (fingerprint, "a=x", "line \(audio): a=fingerprint is required"),
            (
                "a=fingerprint:sha-256", "a=fingerprint:sha-1",
                "line \(line(chrome, fingerprint)): a=fingerprint with sha-256, sha-384 or sha-512 is required"
            ),
            ("a=setup:actpass", "a=x", "line \(audio): a=setup is required"),
            (
                "a=setup:actpass", "a=setup:holdconn",
                "line \(line(chrome, "a=setup")): a=setup:holdconn can't be answered"
            ),
            (
                "a=ice-ufrag:4mR1", "a=ice-ufrag:4mR",
                "line \(line(chrome, "a=ice-ufrag")): a=ice-ufrag must be 4 to 256 letters, digits, + or /"
            ),
            (
                "a=ice-ufrag:4mR1", "a=ice-ufrag:4m:1",
                "line \(line(chrome, "a=ice-ufrag")): a=ice-ufrag must be 4 to 256 letters, digits, + or /"
            ),
            (
                "a=ice-ufrag:4mR1", "a=ice-ufrag:" + String(repeating: "a", count: 257),
                "line \(line(chrome, "a=ice-ufrag")): a=ice-ufrag must be 4 to 256 letters, digits, + or /"
            ),
            (
                "a=ice-pwd:d7Ou6mHlq1enMEWs0v0VAYov", "a=ice-pwd:d7Ou6mHlq1enMEWs0v0VA",
                "line \(line(chrome, "a=ice-pwd")): a=ice-pwd must be 22 to 256 letters, digits, + or /"
            ),
            ("a=ice-pwd", "a=x", "line \(line(chrome, "a=ice-ufrag")): a=ice-pwd is required beside a=ice-ufrag"),
            ("a=ice-ufrag", "a=x", "line \(line(chrome, "a=ice-pwd") ): a=ice-ufrag is required beside a=ice-pwd"),
            ("SAVPF 96 97", "SAVPF 96 97 128", "line \(video): m=video has the payload type \"128\""),
            ("SAVPF 96 97", "SAVPF 96 97 97", "line \(video): m=video has the payload type 97 twice"),
            (
                "a=rtpmap:98 VP9", "a=rtpmap:96 VP9",
                "line \(line(chrome, "a=rtpmap:98")): a second a=rtpmap for payload type 96"
            ),
            ("a=extmap:6 ", "a=extmap:5 ", "line \(line(chrome, "a=extmap:6")): a=extmap has the identifier 5 twice"),
            ("3463951252", "2096647523", "line \(video): SSRC 2096647523 is claimed twice"),
            ("a=sendonly", "a=recvonly", "line \(audio): m=audio sends nothing: a=recvonly"),
            ("a=sendonly", "a=inactive", "line \(audio): m=audio sends nothing: a=inactive"),
            ("m=audio 64356", "m=audio 999999", "line \(audio): m= has the port \"999999\""),
        ]
        for (old, new, expected) in cases {
            #expect(chrome.contains(old), "\(old)")
            #expect(refusal(chrome.replacing(old, with: new)) == expected, "\(old) -> \(new)")
        }
        let both = chrome.replacing("m=audio 64356", with: "m=audio 0").replacing("m=video 9", with: "m=video 0")
        #expect(refusal(both) == "line \(audio): m=audio has port 0")
        let audioOnly = String(chrome[..<chrome.firstRange(of: "m=video")!.lowerBound])
        #expect(refusal(audioOnly) == nil)
        #expect(refusal(audioOnly.replacing("a=group:BUNDLE 0 1", with: "a=x")) == nil)
        #expect(
            refusal(audioOnly.replacing(" opus/", with: " speex/")) == "line \(audio): m=audio offers none of: opus")
        #expect(refusal("v=0\r\n") == "the offer has no audio or video section")
    }

    @Test func otherHashesBesideOneWeKnowAreIgnored() throws {
        let known = "a=fingerprint:sha-256 \(Offers.fingerprint)"
        let text = Offers.chromePublish().replacing(known, with: "a=fingerprint:sha-1 AA:BB\r\n\(known)\r\n\(known)")
        #expect(try accept(text).remote.fingerprints.count == 2)
    }

    @Test func rolesFollowTheOffer() throws {
        let chrome = Offers.chromePublish()
        for (setup, weAreServer, answer) in [
            ("actpass", true, "passive"), ("active", true, "passive"), ("passive", false, "active"),
        ] {
            let agreed = try accept(chrome.replacing("a=setup:actpass", with: "a=setup:\(setup)"))
            #expect(agreed.remote.weAreServer == weAreServer, "\(setup)")
            #expect(agreed.answer.media.allSatisfy { $0.lines.attribute("setup")?.value == answer }, "\(setup)")
        }
        let lite = chrome.replacing("t=0 0\r\n", with: "t=0 0\r\na=ice-lite\r\na=end-of-candidates\r\n")
        #expect(try accept(lite).remote.isLite && accept(lite).remote.endOfCandidates)
    }

    /// Transport attributes that differ from section to section: those of the bundle's tag count.
    @Test func theTaggedSectionsTransportIsUsed() throws {
        let chrome = Offers.chromePublish()
        let video = chrome.firstRange(of: "m=video")!.lowerBound
        let split =
            chrome[..<video]
            + String(chrome[video...]).replacing("a=ice-ufrag:4mR1", with: "a=ice-ufrag:other")
            .replacing("a=ice-options:trickle", with: "a=candidate:1 1 udp 1 192.0.2.99 1 typ host")
        #expect(try accept(String(split)).remote.credentials.usernameFragment == "4mR1")
        #expect(try accept(String(split)).remote.candidates.count == 1)
        let reversed = split.replacing("BUNDLE 0 1", with: "BUNDLE 1 0")
        let agreed = try accept(String(reversed))
        #expect(agreed.remote.credentials.usernameFragment == "other")
        #expect(agreed.remote.candidates.map(\.address.addressText) == ["192.0.2.99"])
        #expect(agreed.answer.bundleGroup == ["1", "0"])
    }
}

extension String {
    /// The number, from 1, of the first line that starts with `prefix`.
    fileprivate func components(_ prefix: String) -> Int {
        (split(separator: "\r\n").firstIndex { $0.hasPrefix(prefix) } ?? -1) + 1
    }
}
