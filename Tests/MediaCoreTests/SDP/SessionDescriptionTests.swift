import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct SessionDescriptionTests {
    private func error(_ text: String) -> SDPError? {
        do throws(SDPError) {
            _ = try SessionDescription(parsing: text)
            return nil
        } catch { return error }
    }

    @Test func printingIsAFixedPoint() throws {
        for (name, text) in Offers.publishers + [("watch", Offers.chromeWatch), ("watch", Offers.firefoxWatch)] {
            let parsed = try SessionDescription(parsing: text)
            #expect(parsed.media.count == 2, "\(name)")
            let again = try SessionDescription(parsing: parsed.description)
            #expect(again == parsed, "\(name)")
            #expect(again.description == parsed.description, "\(name)")
        }
        // What was written the way we write comes back byte for byte.
        let chrome = Offers.chromePublish()
        #expect(try SessionDescription(parsing: chrome).description == chrome)
    }

    @Test func linesKeepTheirNumbersAndText() throws {
        let text = "v=0\ns=-\r\nnot a line\n\nz=keep me\ra=x-odd:1:2: 3\na=flag\na=\nm=video 9/2 P 1 a\na=mid:v\n"
        let parsed = try SessionDescription(parsing: text)
        #expect(parsed.lines.map(\.number) == [1, 2, 5, 6, 7, 8])
        #expect(parsed.lines.map(\.description) == ["v=0", "s=-", "z=keep me", "a=x-odd:1:2: 3", "a=flag", "a="])
        #expect(parsed.media[0].number == 9)
        #expect(parsed.media[0].mediaLine == "m=video 9/2 P 1 a")
        #expect(parsed.media[0].mid?.number == 10)
        #expect(try SessionDescription(parsing: parsed.description) == parsed)
    }

    @Test func whatCannotBeReadIsRefusedWithItsLine() {
        #expect(error("")?.line == 0)
        #expect(error("s=-\r\nv=0\r\n")?.description == "line 1: a session description starts with v=0")
        #expect(error("v=1\r\n")?.line == 1)
        for media in ["m=", "m=audio", "m=audio 9", "m=audio 65536 P 0", "m=audio -1 P 0", "m=audio 9/x P 0"] {
            #expect(error("v=0\r\ns=-\r\n\(media)\r\n")?.line == 3, "\(media)")
        }
        #expect(error("v=0\r\ns=\u{1B}[31m\r\n")?.description == "line 2: control character 0x1b")
        #expect(error("v=0\r\na=\u{7F}\r\n")?.line == 2)
        #expect(error("v=0\r\na=\0\r\n")?.line == 2)
        #expect(error("v=0\r\na=tab\there\r\n") == nil)
    }

    @Test func errorsAreOneVisibleLine() {
        let error = SDPError(line: 3, "bad \"a\r\nb\u{1B}\u{202E}\" " + String(repeating: "x", count: 1_000_000))
        #expect(error.text.utf8.count <= 200)
        #expect(error.description.hasPrefix(#"line 3: bad "a\u{d}\u{a}b\u{1b}\u{202e}" xxx"#))
        #expect(error.description.utf8.allSatisfy { (32...126).contains($0) })
    }

    @Test func limitsHold() {
        #expect(error("v=0\r\n" + String(repeating: "m=audio 9 P 0\r\n", count: 64)) == nil)
        #expect(error("v=0\r\n" + String(repeating: "m=audio 9 P 0\r\n", count: 65))?.line == 66)
        #expect(error("v=0\n" + String(repeating: "a=b\n", count: 7_999)) == nil)
        #expect(error("v=0\n" + String(repeating: "a=b\n", count: 8_000))?.line == 8_001)
        #expect(error("v=0\ns=" + String(repeating: "x", count: 4_094)) == nil)
        #expect(error("v=0\ns=" + String(repeating: "x", count: 4_095))?.line == 2)
        #expect(error("v=0\nm=a 9 P" + String(repeating: " 1", count: 129))?.line == 2)
        for (attribute, maximum) in [
            ("candidate", 64), ("extmap", 64), ("ssrc", 256), ("rid", 16), ("fingerprint", 16),
        ] {
            let line = "a=\(attribute):1\n"
            let full = "v=0\nm=audio 9 P 0\n" + String(repeating: line, count: maximum)
            #expect(error(full) == nil, "\(attribute)")
            #expect(error(full + "m=video 9 P 0\n" + line) == nil, "\(attribute) is counted for each section")
            #expect(error(full + line)?.line == maximum + 3, "\(attribute)")
        }
    }

    @Test func bombsAreRefusedAtOnce() {
        let bombs = [
            "v=0\r\n" + String(repeating: "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", count: 10_000),
            "v=0\n" + String(repeating: "m=a 9 P\n", count: 7_000),
            "v=0\n" + String(repeating: "a=\n", count: 20_000),
            "v=0\r\ns=" + String(repeating: "x", count: 1_000_000),
            String(repeating: "\n", count: 262_144),
            String(repeating: "é", count: 500_000),
        ]
        for (index, bomb) in bombs.enumerated() {
            let started = ContinuousClock.now
            #expect(error(bomb) != nil, "\(index)")
            #expect(ContinuousClock.now - started < .milliseconds(50), "\(index)")
        }
    }

    @Test func captures() throws {
        guard let folder = Captures.folder else {
            print("captures are absent: skipped")
            return
        }
        var sizes: [String: Int] = [:]
        let names = try SDPCaptures.names(in: folder)
        for name in names {
            guard let bytes = try Captures.bytes("sdp/\(name)") else { continue }
            let parsed = try SessionDescription(parsing: String(decoding: bytes, as: UTF8.self))
            sizes[name] = parsed.media.count
            #expect(try SessionDescription(parsing: parsed.description) == parsed, "\(name)")
            for section in parsed.media {
                // Reading into the section must not trap either, whatever is in it.
                _ = try? section.mediaFormats()
                _ = try? section.headerExtensions(session: parsed.lines)
                _ = section.offeredStreams(payloadType: 96)
            }
        }
        #expect(sizes.count == names.count && names.count >= 38)
        #expect(sizes["jitsi_SDP_spec_ts_L673.sdp"] == 8)
        #expect(sizes["chrome-simulcast-rid-dd-vla-datachannel-offer.sdp"] == 2)
    }

    /// Every truncation and sampled one-byte changes: an error or a description that prints to itself, never a trap;
    /// and what is answered at all is answered by the rules.
    @Test func damagedOffers() throws {
        let bytes = Array(Offers.chromePublish().utf8)
        var random = MediaRandom.seeded(22)
        var damaged: [[UInt8]] = []
        for count in stride(from: 0, to: bytes.count, by: 7) { damaged.append(Array(bytes.prefix(count))) }
        for _ in 0..<1_000 {
            var copy = bytes
            let index = Int.random(in: 0..<copy.count, using: &random)
            copy[index] = UInt8.random(in: 0...255, using: &random)
            damaged.append(copy)
        }
        var refused = 0
        var answered = 0
        for bytes in damaged {
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(SDPError) {
                let offer = try SessionDescription(parsing: text)
                let result = try PublishNegotiation.accept(offer: offer, local: testTransport, sessionID: 1)
                answered += 1
                #expect(!result.media.isEmpty && result.answer.media.count == offer.media.count)
                #expect(!result.remote.fingerprints.isEmpty)
            } catch {
                refused += 1
                #expect(!error.text.isEmpty)
            }
        }
        #expect(refused > 200 && answered > 300)
        // Cut anywhere, it parses, but within v=0 and up to the port and protocol of an m= line.
        var unreadable = 0
        for count in bytes.indices {
            let parsed = try? SessionDescription(parsing: String(decoding: bytes.prefix(count), as: UTF8.self))
            if parsed == nil { unreadable += 1 }
            #expect((parsed?.media.count ?? 0) <= 2)
        }
        #expect((4...40).contains(unreadable))
    }
}
