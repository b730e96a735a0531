import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct WatchNegotiationTests {
    private func source(_ codec: MediaCodec, _ parameters: String = "", ssrc: UInt32) -> WatchSource {
        var extensions = RTPHeaderExtensionMap()
        for (identifier, kind) in RTPHeaderExtension.allCases.enumerated() where kind != .playoutDelay {
            extensions[kind] = UInt8(identifier + 1)
        }
        return WatchSource(
            codec: RTPCodecParameters(codec: codec, payloadType: 100, formatParameters: parameters), ssrc: ssrc,
            retransmissionSSRC: codec.kind == .video ? ssrc + 1 : nil, cname: "cname/1", streamID: "camera",
            trackID: "track-\(ssrc)", headerExtensions: extensions)
    }

    private func accept(
        _ text: String, _ sources: [WatchSource]
    ) throws -> (
        remote: RemoteTransportDescription, media: [(sourceIndex: Int, parameters: RTPParameters)],
        answer: SessionDescription
    ) {
        let offer = try SessionDescription(parsing: text)
        let agreed = try WatchNegotiation.accept(offer: offer, sources: sources, local: testTransport, sessionID: 7)
        let accepted = offer.media.indices.filter { agreed.answer.media[$0].port != 0 }
        #expect(accepted.count == agreed.media.count)
        checkAnswer(agreed.answer.description, to: offer, accepted: Set(accepted), name: "watch")
        return agreed
    }

    private func refusal(_ text: String, _ sources: [WatchSource]) -> String? {
        do {
            _ = try accept(text, sources)
            return nil
        } catch { return "\(error)" }
    }

    @Test func chromiumWatchesBoth() throws {
        let agreed = try accept(Offers.chromeWatch, [source(.opus, ssrc: 10), source(.vp8, ssrc: 20)])
        #expect(agreed.media.map(\.sourceIndex) == [1, 0])
        let video = agreed.media[0].parameters
        #expect(video.mid == "0" && video.kind == .video && video.cname == "cname/1" && video.reducedSizeRTCP)
        #expect(video.codec.payloadType == 96 && video.codec.retransmissionPayloadType == 97)
        #expect(video.encodings == [RTPEncodingParameters(ssrc: 20, retransmissionSSRC: 21)])
        #expect(video.headerExtensions[.mid] == 4 && video.headerExtensions[.videoOrientation] == 13)
        #expect(video.headerExtensions[.transportSequenceNumber] == 3)
        // The publisher's side has none, layers are not told, the viewer has not offered it.
        for kind in [RTPHeaderExtension.playoutDelay, .rid, .repairedRid, .dependencyDescriptor] {
            #expect(video.headerExtensions[kind] == nil, "\(kind)")
        }
        let lines = agreed.answer.media[0].lines.suffix(4).map(\.description)
        #expect(
            lines == [
                "a=msid:camera track-20", "a=ssrc-group:FID 20 21", "a=ssrc:20 cname:cname/1",
                "a=ssrc:21 cname:cname/1",
            ])
        let audio = agreed.media[1].parameters
        #expect(audio.codec.payloadType == 111 && audio.codec.retransmissionPayloadType == nil)
        #expect(audio.encodings == [RTPEncodingParameters(ssrc: 10)])
        #expect(
            agreed.answer.media[1].lines.suffix(2).map(\.description) == [
                "a=msid:camera track-10", "a=ssrc:10 cname:cname/1",
            ])
        #expect(agreed.answer.media.allSatisfy { $0.direction == .sendonly })
    }

    /// A viewer that offers what tells of layers gets the descriptor of each frame, and nothing about those it won't see.
    @Test func layersAreToldFrameByFrame() throws {
        let told = [RTPHeaderExtension.dependencyDescriptor, .videoLayersAllocation]
        let lines = told.enumerated().map { "a=extmap:\(11 + $0) \($1.uri)\r\n" }.joined()
        let offer = Offers.chromeWatch.replacing("a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repair", with: "a=x")
            .replacing("a=extmap:13 urn:3gpp", with: "\(lines)a=extmap:13 urn:3gpp")
        let video = try accept(offer, [source(.av1, ssrc: 20)])
        #expect(video.media[0].parameters.headerExtensions[.dependencyDescriptor] == 11)
        #expect(video.media[0].parameters.headerExtensions[.videoLayersAllocation] == nil)
        #expect(!video.answer.description.contains("video-layers-allocation"))
    }

    @Test func theViewersFormatForTheCodec() throws {
        let mode1 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="
        let cases: [(MediaCodec, String, UInt8?)] = [
            (.vp9, "profile-id=0", 98), (.vp9, "", 98), (.vp9, "profile-id=2", 100), (.vp9, "profile-id=1", nil),
            (.av1, "level-idx=8;profile=0;tier=0", 45), (.av1, "profile=1", nil),
            (.h264, mode1 + "42e01f", 109), (.h264, mode1 + "42c02a", 109), (.h264, mode1 + "42001f", 103),
            (.h264, mode1 + "4d0028", 117), (.h264, mode1 + "64001f", nil), (.h264, mode1 + "640c1f", nil),
            (.h264, "profile-level-id=42e01f", 115), (.h264, "", 107),
            (.h264, "packetization-mode=2;profile-level-id=42e01f", nil),
        ]
        for (codec, parameters, payloadType) in cases {
            let agreed = try? accept(Offers.chromeWatch, [source(codec, parameters, ssrc: 20)])
            #expect(agreed?.media[0].parameters.codec.payloadType == payloadType, "\(codec) \(parameters)")
        }
        // Nobody but a decoder of a larger profile is there: it will do.
        let mainOnly = Offers.chromeWatch.replacing("42e01f", with: "64001f").replacing("42001f", with: "f4001f")
        let agreed = try accept(mainOnly, [source(.h264, mode1 + "42e01f", ssrc: 20)])
        #expect([109, 117].contains(agreed.media[0].parameters.codec.payloadType))
    }

    @Test func aViewersDecoderMustTakeThePublishersH265() throws {
        let base = "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST"
        for (stream, viewer, fits) in [
            (base, base, true), (base, "", true), ("", base, true), (base, "tx-mode=SRST;level-id=180", true),
            (base, "level-id=90", false), ("level-id=120", base, false), (base, "level-id=256", false),
            (base, "profile-id=2", true), ("profile-id=2", base, false), ("profile-id=2", "profile-id=2", true),
            ("profile-id=4", "profile-id=2", false), (base, "profile-id=x", false), ("profile-id=32", base, false),
            (base, "tier-flag=1", true), ("tier-flag=1", base, false), (base, "tier-flag=2", false),
            (base, "tx-mode=MRST", false), ("tx-mode=MRMT", base, false), ("tx-mode=MRST", "tx-mode=MRST", false),
            (base, "profile-space=1", false),
        ] {
            let offer = Offers.chromeWatch.replacing("a=rtpmap:98 VP9/90000", with: "a=rtpmap:98 h265/90000")
                .replacing("a=fmtp:98 profile-id=0", with: viewer.isEmpty ? "a=x" : "a=fmtp:98 \(viewer)")
            let agreed = try? accept(offer, [source(.h265, stream, ssrc: 20)])
            #expect(agreed?.media[0].parameters.codec.payloadType == (fits ? 98 : nil), "\(stream) to \(viewer)")
            #expect(agreed?.media[0].parameters.codec.retransmissionPayloadType == (fits ? 99 : nil))
        }
        // Of several that will do, the same profile and tier.
        let two = Offers.chromeWatch.replacing("a=rtpmap:98 VP9/90000", with: "a=rtpmap:98 H265/90000")
            .replacing("a=fmtp:98 profile-id=0", with: "a=fmtp:98 profile-id=2;level-id=180")
            .replacing("a=rtpmap:100 VP9/90000", with: "a=rtpmap:100 H265/90000")
            .replacing("a=fmtp:100 profile-id=2", with: "a=fmtp:100 profile-id=1;level-id=180")
        #expect(try accept(two, [source(.h265, base, ssrc: 20)]).media[0].parameters.codec.payloadType == 100)
        #expect(
            refusal(Offers.chromeWatch, [source(.h265, "level-id=120", ssrc: 20)])
                == "line 8: m=video must offer H265 profile-id=1;tier-flag=0;level-id=120")
    }

    @Test func retransmissionNeedsBothEnds() throws {
        var quiet = source(.vp8, ssrc: 20)
        quiet.retransmissionSSRC = nil
        let without = Offers.chromeWatch.replacing("a=fmtp:97 apt=96", with: "a=fmtp:97 apt=95")
        for (offer, source) in [(Offers.chromeWatch, quiet), (without, source(.vp8, ssrc: 20))] {
            let video = try accept(offer, [source]).media[0].parameters
            #expect(video.codec.retransmissionPayloadType == nil)
            #expect(video.encodings == [RTPEncodingParameters(ssrc: 20)])
        }
    }

    @Test func firefoxWatches() throws {
        let mode1 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
        let agreed = try accept(Offers.firefoxWatch, [source(.h264, mode1, ssrc: 20), source(.opus, ssrc: 10)])
        #expect(agreed.media.map(\.sourceIndex) == [1, 0])
        #expect(agreed.media[1].parameters.codec.payloadType == 126)
        #expect(agreed.media[1].parameters.codec.retransmissionPayloadType == 127)
        #expect(agreed.answer.media[0].lines.contains(SDPLine("extmap", "3 \(RTPHeaderExtension.mid.uri)")))
    }

    @Test func sectionsWithoutASourceAreRejected() throws {
        let video = source(.vp8, ssrc: 20)
        #expect(try accept(Offers.chromeWatch, [video]).answer.media.map(\.port) == [9, 0])
        #expect(try accept(Offers.chromeWatch, [source(.opus, ssrc: 10)]).answer.media.map(\.port) == [0, 9])
        // Of two sources of a kind each section gets its own; a source whose codec is missing is passed over.
        let unwatchable = source(.h264, "packetization-mode=1;profile-level-id=f4001f", ssrc: 40)
        let agreed = try accept(Offers.chromeWatch, [unwatchable, video, source(.vp9, ssrc: 50)])
        #expect(agreed.media.map(\.sourceIndex) == [1])
        let publishing = Offers.chromeWatch.replacing("a=recvonly", with: "a=sendrecv")
        #expect(try accept(publishing, [video]).answer.media[0].direction == .sendonly)
    }

    /// A meeting of 32 streams on one connection: as many sections as are read, each of a browser's full length.
    @Test func sectionsOfAKindAreFilledInOrder() throws {
        let text = Offers.chromeWatch
        let (video, audio) = (text.firstRange(of: "m=video")!.lowerBound, text.firstRange(of: "m=audio")!.lowerBound)
        let mids = (0..<64).map { "\($0)" }.joined(separator: " ")
        var offer = text[..<video].replacing("BUNDLE 0 1", with: "BUNDLE \(mids)")
        for pair in 0..<32 {
            offer += text[video..<audio].replacing("a=mid:0", with: "a=mid:\(2 * pair)")
            offer += text[audio...].replacing("a=mid:1", with: "a=mid:\(2 * pair + 1)")
        }
        // Every second publisher sends no sound, and in front of all are those whose codec the viewer lacks.
        var sources = (0..<32).map {
            source(.h264, "packetization-mode=1;profile-level-id=f4001f", ssrc: 10 + 4 * UInt32($0))
        }
        for number in 0..<32 {
            if number % 2 == 0 { sources.append(source(.opus, ssrc: 1_000 + 4 * UInt32(number))) }
            sources.append(source(number % 3 == 0 ? .vp9 : .vp8, ssrc: 2_000 + 4 * UInt32(number)))
        }
        let started = ProcessorTime.now
        let agreed = try accept(String(offer), sources)
        #expect(ProcessorTime.now - started < .seconds(1))
        for kind in [MediaKind.video, .audio] {
            let given = agreed.media.filter { $0.parameters.kind == kind }
            #expect(given.map(\.sourceIndex) == sources.indices.dropFirst(32).filter { sources[$0].kind == kind })
            let expected = (0..<given.count).map { "\(2 * $0 + (kind == .audio ? 1 : 0))" }
            #expect(given.map(\.parameters.mid) == expected)
        }
        #expect(agreed.answer.media.filter { $0.port == 0 }.count == 16)
        print("32 pairs, \(offer.utf8.count) bytes: \(ProcessorTime.now - started)")
    }

    @Test func aMissingCodecIsNamed() {
        let h264 = source(.h264, "packetization-mode=1;profile-level-id=64001f", ssrc: 20)
        #expect(
            refusal(Offers.chromeWatch, [h264])
                == "line 8: m=video must offer H264 packetization-mode=1;profile-level-id=64001f")
        let audio = String(Offers.chromeWatch[..<Offers.chromeWatch.firstRange(of: "m=audio")!.lowerBound])
        #expect(
            refusal(audio, [source(.opus, ssrc: 10)]) == "the offer has no section that receives opus")
        #expect(
            refusal(Offers.chromeWatch.replacing("a=recvonly", with: "a=sendonly"), [h264])
                == "line 8: m=video receives nothing: a=sendonly")
        #expect(
            refusal(Offers.chromeWatch.replacing("a=rtcp-mux", with: "a=x"), [source(.vp8, ssrc: 20)])
                == "line 8: a=rtcp-mux is required in m=video")
        #expect(refusal(Offers.chromeWatch, []) != nil)
    }

    @Test func aPublishersWordsStayWords() throws {
        var hostile = source(.vp8, ssrc: 20)
        hostile.streamID = "a b\r\na=candidate:1"
        hostile.trackID = "\u{202E}\u{1B}"
        hostile.cname = String(repeating: "c", count: 1_000)
        let answer = try accept(Offers.chromeWatch, [hostile]).answer
        #expect(answer.media[0].lines.attribute("msid")?.value == "abacandidate1 -")
        #expect(answer.media[0].lines.attributes("candidate").count == 2)
        #expect(try SessionDescription(parsing: answer.description) == answer)
        #expect(answer.media[0].lines.attribute("ssrc")?.value == "20 cname:" + String(repeating: "c", count: 64))
    }

    @Test func identifiersOfTheTwoByteFormAreLeftOut() throws {
        let offer = Offers.chromeWatch.replacing("a=extmap:13 ", with: "a=extmap:20 ")
        #expect(
            try accept(offer, [source(.vp8, ssrc: 20)]).media[0].parameters.headerExtensions[.videoOrientation] == nil)
    }
}
