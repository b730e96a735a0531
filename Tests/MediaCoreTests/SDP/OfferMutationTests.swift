import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct OfferMutationTests {
    private static let extraLines = [
        "a=simulcast:send h,~m;l", "a=rid:h send pt=96", "a=rid:m send", "a=ssrc-group:SIM 1 2 3", "a=extmap:15 x",
        "m=audio 0 UDP/TLS/RTP/SAVPF", "a=bundle-only", "a=group:BUNDLE", "a=mid:", "a=rtpmap:", "a=fmtp:", "a=ssrc:",
        "a=ssrc:4294967296", "a=fingerprint:", "a=rid:", "a=simulcast:", "a=simulcast:send", "a=extmap:", "a=rtcp-fb:",
        "a=rtcp-fb:* ", "a=candidate:", "a=candidate", "a=mid", "a=setup", "a=ice-ufrag", "a=group",
    ]
    private static let words = ["0", "-1", "99999999999999999999", "", "é\u{301}", "~", ",", ";", ":", "/", "="]

    private func mutate(_ lines: inout [String], pool: [String], random: inout MediaRandom) {
        let index = Int.random(in: 0..<lines.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where lines.count > 1: lines.remove(at: index)
        case 1: lines.insert(pool.randomElement(using: &random) ?? "", at: index)
        case 2: lines.swapAt(index, Int.random(in: 0..<lines.count, using: &random))
        case 3:
            var words = lines[index].split(separator: " ").map(String.init)
            guard !words.isEmpty else { return }
            words[Int.random(in: 0..<words.count, using: &random)] = Self.words.randomElement(using: &random) ?? ""
            lines[index] = words.joined(separator: " ")
        default: lines[index] = String(lines[index].prefix(Int.random(in: 0...lines[index].count, using: &random)))
        }
    }

    /// Lines removed, repeated, moved, cut and given odd words: what is still answered is answered by the rules, and
    /// everything printed reads back the same.
    @Test func shuffledOffers() throws {
        var random = MediaRandom.seeded(29)
        let offers = (Offers.publishers.map(\.1) + [Offers.chromeWatch, Offers.firefoxWatch])
            .map { $0.split(whereSeparator: \.isNewline).map(String.init) }
        let pool = offers.flatMap { $0 } + Self.extraLines
        let source = WatchSource(
            codec: RTPCodecParameters(codec: .vp8, payloadType: 96), ssrc: 1, retransmissionSSRC: 2, cname: "c",
            streamID: "s", trackID: "t", headerExtensions: RTPHeaderExtensionMap())
        var answered = 0
        var refused = 0
        for round in 0..<500 {
            var lines = offers[round % offers.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&lines, pool: pool, random: &random) }
            let text = lines.joined(separator: "\r\n")
            guard let offer = try? SessionDescription(parsing: text) else {
                refused += 1
                continue
            }
            #expect(try SessionDescription(parsing: offer.description) == offer)
            let published = try? PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: 1).answer
            let watched = try? WatchNegotiation.accept(
                offer: offer, sources: [source], local: testTransport, sessionID: 1
            ).answer
            if published == nil && watched == nil { refused += 1 }
            for answer in [published, watched].compactMap(\.self) {
                answered += 1
                let accepted = offer.media.indices.filter { answer.media[$0].port != 0 }
                checkAnswer(answer.description, to: offer, accepted: Set(accepted), name: "round \(round)")
                #expect(try SessionDescription(parsing: answer.description) == answer)
            }
            if let fragment = try? ICEFragment(parsing: text) {
                var again = try ICEFragment(parsing: fragment.description)
                again.ignoredCandidates = fragment.ignoredCandidates
                #expect(again == fragment)
            }
        }
        #expect(answered > 100 && refused > 100)
    }

    /// Every byte of a browser's offer with one bit turned, and every beginning of it: nothing traps, and whatever is still
    /// accepted is answered by the rules.
    @Test func everyByteFlippedAndEveryBeginning() throws {
        let bytes = Array(Offers.chromePublish().utf8)
        var (accepted, refused) = (0, 0)
        func offer(_ bytes: some Collection<UInt8>, negotiates: Bool) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard let offer = try? SessionDescription(parsing: text) else { return refused += 1 }
            guard negotiates else { return }
            if let agreed = try? PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: 1) {
                accepted += 1
                #expect(agreed.answer.media.count == offer.media.count)
                #expect(agreed.media.allSatisfy { $0.codec.payloadType < 128 })
            } else {
                refused += 1
            }
        }
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= [0x01, 0x20, 0x80][position % 3]
            offer(damaged, negotiates: true)
            offer(bytes[..<position], negotiates: position % 3 == 0)
        }
        #expect(accepted > 500 && refused > 500)
    }

    /// As much work as fits into the limits.
    @Test func largestOffersAreHandledAtOnce() throws {
        let base = Offers.chromePublish()
        let formats = (0..<128).map { "\($0)" }.joined(separator: " ")
        let section = "m=video 9 UDP/TLS/RTP/SAVPF \(formats)\r\na=rtcp-mux\r\n"
        let maps = (0..<128).map { "a=rtpmap:\($0) H264/90000\r\n" }.joined()
        let offers = [
            base + String(repeating: "a=rtcp-fb:* nack\r\n", count: 7_700),
            base + String(repeating: "a=fmtp:96 \(String(repeating: "a=b;", count: 900))\r\n", count: 55),
            base + String(repeating: "a=ssrc-group:SIM \(String(repeating: "7 ", count: 20))\r\n", count: 3_800),
            base + "a=rid:q send\r\na=simulcast:send \(String(repeating: "x,", count: 2_000))q\r\n",
            base.replacing("BUNDLE 0 1", with: "BUNDLE 0 1" + String(repeating: " 0", count: 1_900)),
            base + String(repeating: section, count: 62),
            base + String(repeating: section + maps, count: 58),
            "v=0\r\n" + (0..<62).map { "\(section)a=mid:\($0)\r\n" }.joined(),
        ]
        for (index, text) in offers.enumerated() {
            let started = ProcessorTime.now
            let offer = try SessionDescription(parsing: text)
            let agreed = try? PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: 1)
            #expect((agreed != nil) == (index < 7), "\(index)")
            #expect(ProcessorTime.now - started < .milliseconds(200), "\(index)")
        }
    }

    /// A group of a thousand names and a section of thousands of lines: each name was looked for in all lines, which
    /// held up a worker's media for a second in a debug build.
    @Test func aLongGroupAndALongSection() throws {
        let text = Offers.chromeWatch
        let names = (0..<1_000).map { String($0 + 1_300, radix: 36) }.joined(separator: " ")
        let audio = text.firstRange(of: "m=audio")!.lowerBound
        let video = text.firstRange(of: "m=video")!.lowerBound
        let offer =
            text[..<video].replacing("BUNDLE 0 1", with: "BUNDLE \(names) 1")
            + text[audio...].replacing("a=mid:1\r\n", with: "")
            + String(repeating: "a=x\r\n", count: 7_800) + "a=mid:1\r\n"
        let source = WatchSource(
            codec: RTPCodecParameters(codec: .opus, payloadType: 96), ssrc: 1, retransmissionSSRC: nil,
            cname: "c", streamID: "s", trackID: "t", headerExtensions: RTPHeaderExtensionMap())
        let started = ProcessorTime.now
        let agreed = try WatchNegotiation.accept(
            offer: try SessionDescription(parsing: String(offer)), sources: [source], local: testTransport, sessionID: 1
        )
        #expect(ProcessorTime.now - started < .milliseconds(400))
        #expect(agreed.media.count == 1)
    }
}
