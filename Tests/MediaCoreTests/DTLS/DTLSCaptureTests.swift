import MediaTestSupport
import Testing

@testable import MediaCore

/// The hellos of real browsers, as recorded.
@Suite struct DTLSCaptureTests {
    static let files = [
        "dtls/capture-chrome-Google_Chrome_124_0_6367_118_unknown.pcap",
        "dtls/capture-chrome_linux_147_0_7727_24.pcap",
        "dtls/capture-firefox_linux_stable_153_0.pcap",
    ]

    /// What the first sender of a capture said before anybody answered.
    private func hello(_ file: String) throws -> [[UInt8]]? {
        guard let bytes = try Captures.bytes(file) else {
            print("no captures here: skipped")
            return nil
        }
        let datagrams = CapturedDatagram.all(inPcapng: bytes)
        let first = try #require(datagrams.first)
        return datagrams.prefix { $0.sourcePort == first.sourcePort }.map(\.payload)
    }

    /// Whether the link's server has answered with a flight that chooses AEAD_AES_128_GCM and asks for a certificate.
    private func hasAnswered(_ link: DTLSLink) -> Bool {
        let chosen: [UInt8] = [0x00, 0x0E, 0x00, 0x05, 0x00, 0x02, 0x00, 0x07, 0x00]
        return link.sent.contains { $0.bytes.starts(with: [22, 0xFE, 0xFD]) && $0.bytes[13] == 2 }
            && link.sent.contains { contains($0.bytes, chosen) }
            && link.serverState == .connecting && link.nextDeadline != nil
    }

    private func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: pattern) }
    }

    @Test func everyHelloIsAnswered() throws {
        for file in Self.files {
            guard let hello = try hello(file) else { return }
            let link = try DTLSLink()
            for datagram in hello { #expect(link.deliver(datagram, toServer: true) == .nothing) }
            #expect(hasAnswered(link), "\(file)")
            #expect(link.sent.allSatisfy { $0.bytes.count <= 1200 })
        }
    }

    @Test func aHelloInTwoDatagramsMayArriveAnyhow() throws {
        guard let hello = try hello(Self.files[1]) else { return }
        #expect(hello.count == 2)
        let (first, second) = (hello[0], hello[1])
        for order in [[second, first], [first, first, second, second], [second, second, first], [first, second]] {
            let link = try DTLSLink()
            for datagram in order { link.deliver(datagram, toServer: true) }
            #expect(hasAnswered(link))
        }
        // One is lost, and both are sent again under new record numbers.
        for received in hello {
            let link = try DTLSLink()
            link.deliver(received, toServer: true)
            #expect(link.sent.isEmpty && link.nextDeadline == nil)
            for (number, datagram) in hello.enumerated() {
                var again = datagram
                again[10] = UInt8(hello.count + number)
                link.deliver(again, toServer: true)
            }
            #expect(hasAnswered(link))
        }
    }

    /// Somebody else's hello, whole or in part, does not disturb a handshake that is on its way, or one that is done.
    @Test func aForeignHelloIsIgnored() throws {
        for file in Self.files {
            guard let hello = try hello(file) else { return }
            let link = try DTLSLink()
            link.start()
            link.run(for: .milliseconds(30))
            #expect(link.serverState == .connecting)
            for datagram in hello { link.deliver(datagram, toServer: true) }
            link.run()
            #expect(link.areConnected && link.sent.count == 4)
            for datagram in hello {
                #expect(link.deliver(datagram, toServer: true) == .dropped(.dtlsUnexpected))
                #expect(link.deliver(datagram, toServer: false) == .dropped(.dtlsMalformed))
            }
            #expect(link.areConnected && link.sent.count == 4)
        }
        // Half of a foreign hello comes first, its other half never: a whole one is answered all the same.
        guard let hello = try hello(Self.files[1]) else { return }
        let link = try DTLSLink()
        link.deliver(hello[1], toServer: true)
        link.start()
        link.run()
        #expect(link.areConnected)
    }
}
