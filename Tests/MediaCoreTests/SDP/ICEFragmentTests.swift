import Testing

@testable import MediaCore

@Suite struct ICEFragmentTests {
    private let trickle = [
        "a=ice-ufrag:EsAw", "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1", "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0", "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw",
        "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host generation 0 ufrag EsAw",
        "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0 ufrag EsAw",
        "a=end-of-candidates", "",
    ].joined(separator: "\r\n")

    @Test func trickledCandidates() throws {
        let fragment = try ICEFragment(parsing: trickle)
        #expect(fragment.credentials == ICECredentials(usernameFragment: "EsAw", password: "P2uYro0UCOQ4zxjKXaWCBui1"))
        #expect(fragment.sections.map(\.mid) == ["0"])
        #expect(fragment.candidates.map(\.address.port) == [61_764, 61_765])
        #expect(fragment.ignoredCandidates == 1)
        #expect(fragment.sections[0].endOfCandidates && !fragment.endOfCandidates && !fragment.isLite)
        var again = try ICEFragment(parsing: fragment.description)
        again.ignoredCandidates = 1
        #expect(again == fragment)
    }

    @Test func leniency() throws {
        let bare = try ICEFragment(parsing: "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\na=end-of-candidates")
        #expect(bare.candidates.count == 1 && bare.endOfCandidates && bare.credentials == nil)
        #expect(try ICEFragment(parsing: bare.description) == bare)
        let media = try ICEFragment(parsing: "m=video 9 RTP/AVP 0\na=mid:v\na=ice-ufrag:abcd\na=x-unknown:1\n")
        #expect(media.usernameFragment == "abcd" && media.password == nil && media.sections[0].mid == "v")
        #expect(try ICEFragment(parsing: "").sections.isEmpty)
    }

    @Test func badOnesAreRefused() {
        for (text, line) in [
            ("a=ice-ufrag:abc\n", 1), ("a=ice-ufrag:abcd\na=ice-pwd:short\n", 2), ("a=ice-ufrag:ab\"cd\n", 1),
            ("m=x\n", 1),
            ("a=mid:\u{1}\n", 1),
            ("m=audio 9 P 0\n" + String(repeating: "a=candidate:1\n", count: 65), 66),
            (String(repeating: "a=candidate:1\n", count: 10_000), 8_001),
            (String(repeating: "a=candidate:1\n", count: 20_000), 0),
        ] {
            let error = #expect(throws: SDPError.self) { try ICEFragment(parsing: text) }
            #expect(error?.line == line, "\(text.prefix(40))")
        }
    }

    @Test func restartsAreAnswered() throws {
        let answer = ICEFragment(answering: try ICEFragment(parsing: trickle), local: testTransport)
        let expected = """
            a=ice-lite
            a=ice-options:trickle ice2
            m=audio 9 UDP/TLS/RTP/SAVPF 111
            a=mid:0
            a=ice-ufrag:ourFrag1
            a=ice-pwd:ourPasswordOf24Charactrs
            a=candidate:1 1 udp 2130706431 192.0.2.7 40000 typ host
            a=candidate:2 1 udp 2130706175 2001:db8::7 40000 typ host
            a=end-of-candidates

            """
        #expect(answer.description == expected.replacing("\n", with: "\r\n"))
        #expect(try ICEFragment(parsing: answer.description) == answer)
    }

    @Test func damagedFragments() {
        let bytes = Array(trickle.utf8)
        var parsed = 0
        for count in bytes.indices {
            if (try? ICEFragment(parsing: String(decoding: bytes.prefix(count), as: UTF8.self))) != nil { parsed += 1 }
            var flipped = bytes
            flipped[count] ^= UInt8(1 << (count % 8))
            if let fragment = try? ICEFragment(parsing: String(decoding: flipped, as: UTF8.self)) {
                #expect(fragment.candidates.count <= 3)
            }
        }
        #expect(parsed > bytes.count / 2)
    }
}
