import Testing

@testable import MediaCore

@Suite struct DTLSHandshakeTests {
    @Test func bothEndsGetTheSameKeys() throws {
        let link = try DTLSLink()
        #expect(link.clientState == .new && link.serverState == .new && link.nextDeadline == nil)
        link.start()
        #expect(link.clientState == .connecting)
        link.run()
        let (client, server) = (try #require(link.clientKeys), try #require(link.serverKeys))
        #expect(client.profile == .aeadAES128GCM && server.profile == .aeadAES128GCM)
        #expect(client.local == server.remote && client.remote == server.local && client.local != client.remote)
        #expect(client.local.key.count == 16 && client.local.salt.count == 12)
        #expect(link.areConnected && link.nextDeadline == nil)
        // Four flights of a datagram each, in two round trips.
        #expect(link.sent.count == 4 && link.now == MediaInstant(nanoseconds: 5_080_000_000))
    }

    @Test func everyProfileHasItsLengths() throws {
        for profile in SRTPProfile.allCases {
            let link = try DTLSLink(clientProfiles: [profile])
            link.start()
            link.run()
            let (client, server) = (try #require(link.clientKeys), try #require(link.serverKeys))
            #expect(client.profile == profile && server.profile == profile)
            #expect(client.local == server.remote && client.remote == server.local)
            for key in [client.local, client.remote] {
                #expect(key.key.count == profile.keyLength && key.salt.count == profile.saltLength)
            }
        }
    }

    @Test func theServersOrderCounts() throws {
        let reversed: [SRTPProfile] = SRTPProfile.preference.reversed()
        for (mine, theirs) in [(SRTPProfile.preference, reversed), (reversed, SRTPProfile.preference)] {
            let link = try DTLSLink(clientProfiles: theirs, serverProfiles: mine)
            link.start()
            link.run()
            #expect(link.clientKeys?.profile == mine[0] && link.serverKeys?.profile == mine[0])
        }
    }

    @Test func datagramsKeepToTheirSize() throws {
        for size in Array(stride(from: 256, through: 1000, by: 9)) + [1200, 1500] {
            let link = try DTLSLink(maximumDatagramSize: size)
            link.start()
            link.run()
            let longest = link.sent.map(\.bytes.count).max() ?? 0
            #expect(link.areConnected)
            #expect(longest <= size, "\(longest) of \(size)")
        }
    }

    /// A third of all datagrams lost, some doubled, all out of order, in datagrams so small that flights take several.
    @Test func completesUnderLoss() throws {
        let runs = 400
        var completed = 0
        var slowest = MediaDuration.zero
        for seed in 0..<UInt64(runs) {
            let link = try DTLSLink(maximumDatagramSize: 300, seed: seed)
            link.lossPercent = 30
            link.duplicationPercent = 10
            link.jitter = .milliseconds(60)
            let start = link.now
            link.start()
            link.run()
            guard link.areConnected, let keys = link.clientKeys, keys.local == link.serverKeys?.remote else {
                Issue.record("seed \(seed): \(link.clientState) \(link.serverState)")
                continue
            }
            completed += 1
            slowest = max(slowest, link.now - start)
        }
        print("DTLS under 30 % loss, datagrams of 300: \(completed) of \(runs), slowest \(slowest.inSeconds) s")
        #expect(completed == runs)
    }

    @Test func aSilentPeerIsGivenUp() throws {
        let link = try DTLSLink()
        link.filter = { _, _ in false }
        let start = link.now
        link.start()
        link.run()
        #expect(link.clientState == .failed && link.nextDeadline == nil)
        #expect(link.clientOutcomes.last == .failed(.timeout))
        #expect(link.sent.count == 1 + DTLSAssociation.maximumRetransmissions)
        #expect(link.now - start == .seconds(17))
        let gaps = zip(link.sent.dropFirst(), link.sent).map { $0.arrival - $1.arrival }
        #expect(Array(gaps.prefix(5)) == [200, 400, 800, 1600, 2000].map { MediaDuration.milliseconds($0) })
    }

    /// The last flight is lost: the client repeats its own, and the finished server answers, at a bounded rate.
    @Test func aFinishedServerAnswersRepetition() throws {
        let link = try DTLSLink()
        link.filter = { isToServer, bytes in isToServer || bytes[0] != 20 }
        link.start()
        link.run(for: .milliseconds(100))
        #expect(link.serverState == .connected && link.clientState == .connecting)
        let repetition = try #require(link.sent.last { $0.isToServer }).bytes
        let before = link.sent.count
        var outcomes: [DTLSOutcome] = []
        for _ in 0..<50 {
            outcomes.append(link.deliver(repetition, toServer: true))
            link.now = link.now + .milliseconds(10)
        }
        #expect(link.sent.count - before == 5, "once each 100 ms")
        #expect(outcomes[0] == .nothing && outcomes[1] == .dropped(.dtlsUnexpected))
        link.filter = { _, _ in true }
        link.run()
        #expect(link.areConnected && link.clientKeys?.local == link.serverKeys?.remote)
    }

    /// A ChangeCipherSpec that overtakes what belongs before it is dropped by the receiver; the copy must not look like
    /// a replay of it, or the handshake would never end.
    @Test func anOvertakingChangeCipherSpecIsNoDeadEnd() throws {
        let link = try DTLSLink(maximumDatagramSize: 300)
        var lost = 0
        link.filter = { isToServer, bytes in
            guard isToServer, bytes.count > 25, bytes[0] == 22, bytes[13] == 11, lost < 1 else { return true }
            lost += 1
            return false
        }
        link.start()
        link.run(for: .seconds(2))
        #expect(lost == 1 && link.areConnected)
    }

    @Test func closesBothWays() throws {
        for clientCloses in [true, false] {
            let link = try DTLSLink()
            link.start()
            link.run()
            if clientCloses { link.closeClient() } else { link.closeServer() }
            link.run()
            let outcomes = clientCloses ? link.serverOutcomes : link.clientOutcomes
            #expect(outcomes.contains(.closed))
            #expect(link.clientState == .closed && link.serverState == .closed)
            // The handshake's four, a close_notify and its answer.
            #expect(link.sent.count == 6)
            #expect(link.deliver(link.sent[0].bytes, toServer: true) == .dropped(.closed))
        }
    }

    @Test func closingEarlySaysNothing() throws {
        let link = try DTLSLink()
        link.start()
        link.closeClient()
        link.closeServer()
        #expect(link.clientState == .closed && link.serverState == .closed && link.sent.count == 1)
    }

    @Test func refusesAnImpossibleConfiguration() {
        let certificate = DTLSLink.clientCertificate
        let trusted = [certificate.fingerprint]
        #expect(throws: DTLSError.missingFingerprint) {
            _ = try DTLSAssociation(role: .client, certificate: certificate, remoteFingerprints: [])
        }
        #expect(throws: DTLSError.missingProfile) {
            _ = try DTLSAssociation(
                role: .client, certificate: certificate, remoteFingerprints: trusted, profiles: [])
        }
        for size in [Int.min, 255, 1501, .max] {
            #expect(throws: DTLSError.maximumDatagramSizeOutOfRange(size)) {
                _ = try DTLSAssociation(
                    role: .server, certificate: certificate, remoteFingerprints: trusted, maximumDatagramSize: size)
            }
        }
        #expect(throws: DTLSError.self) { try DTLSCertificate.make(unixSeconds: .max) }
        #expect(throws: DTLSError.self) { try DTLSCertificate.make(unixSeconds: .min) }
    }
}
