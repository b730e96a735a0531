import COpenSSL
import Testing

@testable import MediaCore

@Suite struct DTLSAuthenticationTests {
    private let other = DTLSLink.clientCertificate.fingerprint
    private let server = DTLSLink.serverCertificate.fingerprint

    @Test func aWrongFingerprintEndsTheHandshakeWithoutKeys() throws {
        let link = try DTLSLink(clientTrusts: [other])
        link.start()
        link.run(for: .seconds(10))
        #expect(link.clientState == .failed && link.clientOutcomes.contains(.failed(.fingerprintMismatch)))
        #expect(link.clientKeys == nil && link.serverKeys == nil && link.serverState == .connecting)

        let second = try DTLSLink(serverTrusts: [server])
        second.start()
        second.run(for: .seconds(10))
        #expect(second.serverState == .failed && second.serverOutcomes.contains(.failed(.fingerprintMismatch)))
        #expect(second.clientKeys == nil && second.serverKeys == nil && second.clientState == .connecting)
        // The peer is told, by bad_certificate, and the failed side says nothing more.
        let answers = second.sent.filter { !$0.isToServer }
        #expect(answers.count == 2 && answers.last?.bytes.first == 21 && answers.last?.bytes.last == 42)
        #expect(second.deliver(second.sent[0].bytes, toServer: true) == .dropped(.closed))
    }

    @Test func oneMatchAmongSeveralIsEnough() throws {
        var flipped = server
        flipped.digest[31] ^= 1
        let link = try DTLSLink(clientTrusts: [flipped, server, other])
        link.start()
        link.run()
        #expect(link.areConnected)
        let wrong = try DTLSLink(clientTrusts: [flipped, other])
        wrong.start()
        wrong.run(for: .seconds(1))
        #expect(wrong.clientState == .failed)
    }

    @Test func longerHashesCount() throws {
        for algorithm in [CertificateFingerprint.Algorithm.sha384, .sha512] {
            let context = DTLSLink.serverCertificate.shared.context
            let certificate = try #require(SSL_CTX_get0_certificate(context))
            var digest = try #require(DTLSCertificate.digest(of: certificate, algorithm))
            for expected in [true, false] {
                let trusted = try #require(CertificateFingerprint(algorithm: algorithm, digest: digest))
                let link = try DTLSLink(clientTrusts: [trusted])
                link.start()
                link.run(for: .seconds(1))
                #expect(link.areConnected == expected)
                digest[0] ^= 0x80
            }
        }
    }

    @Test func certificatesDiffer() throws {
        let certificate = try DTLSCertificate.make(unixSeconds: 1_750_000_000)
        #expect(certificate.fingerprint != server && other != server)
        #expect(certificate.fingerprint.algorithm == .sha256 && certificate.fingerprint.digest.count == 32)
    }

    @Test func aBarePeerConnects() throws {
        let (outcome, peer) = try meet { _ in }
        guard case .connected(let keys) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(keys.profile == .aes128CMHMACSHA1_80 && peer.isConnected)
    }

    @Test func aClientMustShowACertificate() throws {
        let (outcome, peer) = try meet { ssl in
            SSL_certs_clear(ssl)
        }
        #expect(outcome == .failed(.missingCertificate) && !peer.isConnected)
    }

    @Test func aClientMustBindItsKeys() throws {
        let (outcome, _) = try meet { ssl in
            // SSL_OP_NO_EXTENDED_MASTER_SECRET, a macro that Swift can't import.
            SSL_set_options(ssl, 1)
        }
        #expect(outcome == .failed(.noExtendedMasterSecret))
    }

    @Test func aClientMustOfferAProfileOfOurs() throws {
        let none = try meet(profiles: nil) { _ in }
        #expect(none.0 == .failed(.noCommonProfile) && !none.1.isConnected)
        // AES128_CM_SHA1_32 only, which we don't know.
        let foreign = try meet(profiles: "SRTP_AES128_CM_SHA1_32") { _ in }
        #expect(foreign.0 == .failed(.noCommonProfile) && !foreign.1.isConnected)
        let link = try DTLSLink(clientProfiles: [.aeadAES128GCM], serverProfiles: [.aeadAES256GCM])
        link.start()
        link.run(for: .seconds(1))
        #expect(link.serverState == .failed && link.serverKeys == nil && link.clientKeys == nil)
        // The peer is told, by handshake_failure.
        #expect(link.sent.contains { !$0.isToServer && $0.bytes.first == 21 && $0.bytes.last == 40 })
    }

    @Test func aServerMustChooseAProfile() throws {
        let peer = try OpenSSLPeer(
            role: .server, trusts: DTLSLink.serverCertificate.fingerprint, profiles: nil)
        var client = try DTLSAssociation(
            role: .client, certificate: DTLSLink.serverCertificate,
            remoteFingerprints: [DTLSLink.clientCertificate.fingerprint])
        var arena = TransmitArena(byteCapacity: 1 << 16, maximumEntries: 64)
        client.start(on: DTLSLink.path, at: MediaInstant(nanoseconds: 0), transmit: &arena)
        var outcomes: [DTLSOutcome] = []
        for _ in 0..<6 {
            var sent: [[UInt8]] = []
            for entry in arena.entries { sent.append(arena.datagram(entry).array) }
            arena.removeAll()
            for answer in sent.flatMap(peer.receive) {
                outcomes.append(
                    client.receive(
                        answer.span.bytes, from: DTLSLink.path, at: MediaInstant(nanoseconds: 0), transmit: &arena))
            }
        }
        #expect(outcomes.contains(.failed(.noCommonProfile)))
        let isConnected = outcomes.contains { if case .connected = $0 { true } else { false } }
        #expect(!isConnected)
    }

    /// Data channels come later: what belongs to them is authenticated, counted and dropped.
    @Test func applicationDataIsDropped() throws {
        let peer = try OpenSSLPeer(role: .client, trusts: server)
        let link = try DTLSLink()
        _ = exchange(peer, link)
        for size in [1, 700, 1000] {
            for datagram in peer.write([UInt8](repeating: 7, count: size)) {
                #expect(link.deliver(datagram, toServer: true) == .dropped(.dtlsUnexpected))
                #expect(link.deliver(datagram, toServer: true) == .dropped(.dtlsMalformed), "a replay")
                #expect(link.serverState == .connected)
            }
        }
    }

    private func meet(
        profiles: String? = "SRTP_AES128_CM_SHA1_80", _ configure: (OpaquePointer) -> Void
    ) throws -> (DTLSOutcome, OpenSSLPeer) {
        let peer = try OpenSSLPeer(role: .client, trusts: server, profiles: profiles, configure: configure)
        return (exchange(peer, try DTLSLink()), peer)
    }

    /// Runs a handshake of a bare client with the link's server; returns the first outcome that matters.
    private func exchange(_ peer: OpenSSLPeer, _ link: DTLSLink) -> DTLSOutcome {
        var outcome = DTLSOutcome.nothing
        var pending = peer.start()
        while !pending.isEmpty {
            var answers: [[UInt8]] = []
            for datagram in pending {
                let before = link.sent.count
                let next = link.deliver(datagram, toServer: true)
                if outcome == .nothing { outcome = next }
                answers += link.sent.dropFirst(before).map(\.bytes).flatMap(peer.receive)
            }
            pending = answers
        }
        return outcome
    }
}
