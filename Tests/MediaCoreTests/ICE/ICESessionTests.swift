import Testing

@testable import MediaCore

/// What happens to a session after it has connected: consent, roaming, restart.
@Suite struct ICESessionTests {
    private func connected(consentTimeout: MediaDuration = .seconds(30)) -> ICENetwork {
        let network = ICENetwork(consentTimeout: consentTimeout)
        network.introduce([0])
        network.run(for: .seconds(1))
        #expect(network.server.state == .connected && network.client.state == .connected)
        return network
    }

    // MARK: Consent

    @Test func consentLastsWhilePeersAnswer() {
        let network = connected()
        let before = network.bytesTo
        network.run(for: .seconds(3_600))
        #expect(network.server.state == .connected && network.client.state == .connected)
        #expect(network.stuckDeadlines == 0)
        // 4 to 6 s between checks: 600 to 900 of them in an hour.
        let count = (network.bytesTo[ICENetwork.serverV4, default: 0] - before[ICENetwork.serverV4, default: 0]) / 100
        #expect((600...1_000).contains(count))
    }

    @Test func silentPeerIsDroppedExactlyAtTheTimeout() throws {
        for timeout in [2, 30, 100] as [Int64] {
            let network = connected(consentTimeout: .seconds(timeout))
            network.run(for: .seconds(20))
            network.clientIsDead = true
            network.run(for: .milliseconds(100))
            let expiry = network.server.lastConsent + .seconds(timeout)
            #expect(network.server.nextDeadline == expiry)
            network.run(for: (expiry - network.now) - .microseconds(1))
            #expect(network.server.state == .connected && network.server.selectedPath != nil)
            network.run(for: .microseconds(1))
            #expect(network.server.state == .disconnected && network.server.selectedPath == nil)
            #expect(network.serverOutcomes.last?.outcome == .consentExpired)
            #expect(network.server.nextDeadline == nil && network.server.paths.isEmpty)
            #expect(network.server.removedPaths == [NetworkPath(remote: ICENetwork.clientV4)])
            let expired = network.serverOutcomes.count
            let outcome = network.inject(network.request(nominate: true), from: ICENetwork.clientV4)
            #expect(outcome == .dropped(.closed) && network.serverOutcomes.count == expired + 1)
        }
    }

    @Test func clientStopsWhenItsRequestsGoUnanswered() {
        let network = connected()
        network.run(for: .seconds(20))
        network.serverIsDeaf = true
        network.run(for: .milliseconds(100))
        let expiry = network.client.lastConsent + .seconds(30)
        network.run(for: (expiry - network.now) - .microseconds(1))
        #expect(network.client.state == .connected)
        network.run(for: .microseconds(1))
        #expect(network.client.state == .disconnected)
        let sent = network.bytesTo[ICENetwork.serverV4]
        network.run(for: .seconds(100))
        #expect(network.bytesTo[ICENetwork.serverV4] == sent)
    }

    @Test func playedBackRequestKeepsNoConsentAlive() {
        let network = connected()
        network.clientIsDead = true
        let request = network.request()
        network.inject(request, from: ICENetwork.clientV4)
        let consent = network.server.lastConsent
        for _ in 0..<25 {
            network.run(for: .seconds(1))
            network.inject(request, from: ICENetwork.clientV4)
        }
        #expect(network.server.lastConsent == consent)
    }

    // MARK: Roaming and nomination

    private static let other = TransportAddress(ipv4: 0xC633_6402, port: 50_001)

    @Test func mediaMovesOnlyAfterOurCheckWasAnswered() {
        let network = connected()
        let old = network.server.selectedPath
        network.clientAddresses[0] = Self.other
        network.inject(network.request(nominate: true, priority: .max), from: Self.other)
        #expect(network.server.selectedPath == old && !network.serverHasValidated(Self.other))
        network.run(for: .milliseconds(39))
        #expect(network.server.selectedPath == old)
        network.run(for: .milliseconds(1))
        #expect(network.server.selectedPath == NetworkPath(remote: Self.other))
        #expect(network.serverOutcomes.last?.outcome == .selected(NetworkPath(remote: Self.other)))
        #expect(network.serverHasValidated(ICENetwork.clientV4))
    }

    /// A server with two validated paths: the first selected at priority 1000.
    private func withTwoPaths() -> (ICENetwork, NetworkPath, NetworkPath) {
        let network = connected()
        network.addClientAddress(Self.other)
        network.inject(network.request(), from: Self.other)
        network.run(for: .seconds(1))
        #expect(network.serverHasValidated(Self.other))
        network.inject(network.request(nominate: true, priority: 1_000), from: ICENetwork.clientV4)
        return (network, NetworkPath(remote: ICENetwork.clientV4), NetworkPath(remote: Self.other))
    }

    @Test func equalOrHigherPriorityWinsAtOnceAndAStragglerMovesNothingBack() {
        for priority in [1_000, 2_000] as [UInt32] {
            let (network, first, second) = withTwoPaths()
            let outcome = network.inject(network.request(nominate: true, priority: priority), from: second.remote)
            #expect(outcome == .selected(second))
            // Sent before the move, arrived after it.
            network.run(for: .milliseconds(30))
            #expect(network.inject(network.request(nominate: true, priority: 1_000), from: first.remote) == .nothing)
            #expect(network.server.selectedPath == second)
            // Plain checks on the old path go on without effect.
            for _ in 0..<10 {
                network.run(for: .milliseconds(480))
                network.inject(network.request(nominate: true, priority: priority), from: second.remote)
                network.inject(network.request(priority: 1_000), from: first.remote)
                #expect(network.server.selectedPath == second)
            }
            // A peer that comes back for good says so again.
            network.inject(network.request(nominate: true, priority: 1_000), from: first.remote)
            network.run(for: .milliseconds(480))
            let back = network.inject(network.request(nominate: true, priority: 1_000), from: first.remote)
            #expect(back == .selected(first))
        }
    }

    @Test func aggressiveNominationSettlesOnTheHighestPriority() {
        let (network, first, second) = withTwoPaths()
        // Every pair is nominated; only the best is kept alive with USE-CANDIDATE.
        network.inject(network.request(nominate: true, priority: 500), from: second.remote)
        #expect(network.server.selectedPath == first)
        for _ in 0..<20 {
            network.run(for: .milliseconds(200))
            network.inject(network.request(nominate: true, priority: 1_000), from: first.remote)
            network.inject(network.request(nominate: true, priority: 500), from: second.remote)
            #expect(network.server.selectedPath == first)
        }
    }

    @Test func lowerPriorityWinsWhenThePeerInsistsOrTheOldPathIsSilent() {
        let (network, _, second) = withTwoPaths()
        network.inject(network.request(nominate: true, priority: 500), from: second.remote)
        network.run(for: .milliseconds(480))
        // The old path is still checked, but no longer nominated.
        network.inject(network.request(priority: 1_000), from: ICENetwork.clientV4)
        let outcome = network.inject(network.request(nominate: true, priority: 500), from: second.remote)
        #expect(outcome == .selected(second))

        let (silent, _, other) = withTwoPaths()
        silent.clientIsDead = true
        silent.inject(silent.request(nominate: true, priority: 500), from: other.remote)
        silent.run(for: .milliseconds(6_900))
        #expect(silent.inject(silent.request(priority: 500), from: other.remote) == .nothing)
        silent.run(for: .milliseconds(100))
        #expect(silent.inject(silent.request(priority: 500), from: other.remote) == .selected(other))
    }

    /// A peer that nominates once and is then rebound by its NAT is heard from another port, and says USE-CANDIDATE no
    /// more: its media stayed at the old address until consent expired.
    @Test func aPeerReboundByItsNATIsFollowedOnceTheOldPathIsSilent() {
        let (network, first, second) = withTwoPaths()
        network.clientIsDead = true
        for _ in 0..<6 {
            network.run(for: .seconds(1))
            network.inject(network.request(priority: 1_000), from: second.remote)
            #expect(network.server.selectedPath == first)
        }
        network.run(for: .seconds(1))
        #expect(network.inject(network.request(priority: 1_000), from: second.remote) == .selected(second))
    }

    @Test func retransmittedNominationIsOne() {
        let (network, first, second) = withTwoPaths()
        let request = network.request(nominate: true, priority: 500)
        for _ in 0..<5 {
            network.inject(request, from: second.remote)
            network.run(for: .milliseconds(300))
        }
        #expect(network.server.selectedPath == first)
    }

    @Test func pathsAreCappedAndOldOnesGiveWay() {
        let network = connected()
        let path = network.server.selectedPath
        // The peer really is at all of these.
        for port in 1...40 as ClosedRange<UInt16> {
            let address = TransportAddress(ipv4: 0xC633_6409, port: port)
            network.addClientAddress(address)
            let outcome = network.inject(network.request(), from: address)
            #expect(port < 16 ? outcome == .nothing : outcome == .dropped(.icePathLimit))
            network.run(for: .milliseconds(100))
        }
        #expect(network.server.paths.count == ICEAgent.maximumPaths && network.server.selectedPath == path)
        network.run(for: .seconds(31))
        let late = TransportAddress(ipv4: 0xC633_640A, port: 1)
        #expect(network.inject(network.request(), from: late) == .nothing)
        #expect(network.server.removedPaths.count == 1 && network.server.selectedPath == path)
    }

    // MARK: Restart

    @Test func restartKeepsMediaUntilTheNewSessionSelects() throws {
        let network = connected()
        let selectedPath = network.server.selectedPath
        let old = try #require(selectedPath)
        let oldFragment = network.server.local.usernameFragment
        let oldPassword = network.server.local.password
        let (local, remote) = (ICECredentials(random: &network.random), ICECredentials(random: &network.random))
        network.server.restart(local: local, remote: remote, at: network.now)
        #expect(network.server.selectedPath == old && network.serverHasValidated(old.remote))
        #expect(network.server.state == .checking)
        let stale = network.request(nominate: true, password: oldPassword, receiver: oldFragment)
        #expect(network.inject(stale, from: old.remote) == .dropped(.stunUnknownUsername))

        // The client comes back from elsewhere.
        let selections = network.serverOutcomes.count
        network.clientAddresses[0] = Self.other
        network.client.restart(local: remote, remote: local, at: network.now)
        network.run(for: .milliseconds(69))
        #expect(network.server.selectedPath == old)
        network.run(for: .milliseconds(200))
        let new = NetworkPath(remote: Self.other)
        #expect(network.server.selectedPath == new && network.server.state == .connected)
        #expect(network.serverOutcomes.count == selections + 1)
        #expect(network.client.state == .connected)
        network.run(for: .seconds(120))
        #expect(network.server.state == .connected && network.client.state == .connected)
    }

    @Test func restartThatNobodyTakesUpEndsWithConsent() {
        let network = connected()
        let consent = network.server.lastConsent
        let (local, remote) = (ICECredentials(random: &network.random), ICECredentials(random: &network.random))
        network.server.restart(local: local, remote: remote, at: network.now)
        #expect(network.server.nextDeadline == consent + .seconds(30))
        network.run(for: .seconds(31))
        #expect(network.server.state == .disconnected)
        #expect(network.client.state == .disconnected || network.client.consentDeadline != nil)
    }

    @Test func restartOnTheSamePathTellsNothingNew() {
        let network = connected()
        let outcomes = network.serverOutcomes
        let (local, remote) = (ICECredentials(random: &network.random), ICECredentials(random: &network.random))
        network.server.restart(local: local, remote: remote, at: network.now)
        network.client.restart(local: remote, remote: local, at: network.now)
        network.run(for: .seconds(1))
        #expect(network.server.state == .connected && network.client.state == .connected)
        #expect(network.serverOutcomes == outcomes)
    }

    // MARK: Roles

    @Test func twoControllingAgentsGiveUpQuietly() {
        let network = ICENetwork(serverMode: .controlling)
        network.introduce([0])
        network.server.setRemote(
            network.client.local,
            candidates: [ICECandidate(host: ICENetwork.clientV4, localPreference: 1, foundation: "1")],
            localPaths: [0], at: network.now)
        network.run(for: .seconds(60))
        #expect(network.server.selectedPath == nil && network.client.selectedPath == nil)
        #expect(network.stuckDeadlines == 0)
        #expect(network.server.nextDeadline == nil && network.client.nextDeadline == nil)
        let sent = network.bytesTo.values.reduce(0, +)
        #expect(sent < 10_000)
        // One of them has the larger tie-breaker and says so.
        let refusals = (network.serverOutcomes + network.clientOutcomes).count {
            $0.outcome == .dropped(.stunUnexpected)
        }
        #expect(refusals > 0)
    }

    @Test func controllingAgentLearnsPeerReflexivePairs() {
        let network = ICENetwork()
        network.introduce([])
        network.client.setRemote(network.server.local, candidates: [], localPaths: [0], at: network.now)
        // A full agent's check from an address no candidate named; here the server stands in for it.
        network.inject(network.request(), from: ICENetwork.clientV4)
        network.run(for: .seconds(2))
        #expect(network.client.selectedPath == NetworkPath(remote: ICENetwork.serverV4))
        #expect(network.server.selectedPath == NetworkPath(remote: ICENetwork.clientV4))
    }
}
