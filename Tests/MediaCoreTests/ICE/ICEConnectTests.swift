import Testing

@testable import MediaCore

@Suite struct ICEConnectTests {
    @Test func connectsInTwoRoundTrips() throws {
        for index in [0, 1] {
            let network = ICENetwork()
            network.introduce([index])
            network.run(for: .seconds(3))
            let clientAddress = network.clientAddresses[index]
            let serverPath = NetworkPath(remote: clientAddress, local: UInt8(index))
            let clientPath = NetworkPath(remote: network.serverAddresses[index], local: UInt8(index))
            #expect(network.server.selectedPath == serverPath && network.server.state == .connected)
            #expect(network.client.selectedPath == clientPath && network.client.state == .connected)
            // Check at 0, its answer at 40 ms; the nomination leaves at 50, paced.
            #expect(network.serverOutcomes == [.init(milliseconds: 70, outcome: .selected(serverPath))])
            #expect(network.clientOutcomes == [.init(milliseconds: 90, outcome: .selected(clientPath))])
            #expect(network.stuckDeadlines == 0)
        }
    }

    @Test func bothFamiliesSettleOnTheBetterPair() {
        let network = ICENetwork()
        network.introduce()
        network.run(for: .seconds(3))
        #expect(network.server.selectedPath == NetworkPath(remote: ICENetwork.clientV4, local: 0))
        #expect(network.client.selectedPath == NetworkPath(remote: ICENetwork.serverV4, local: 0))
        let selections = network.serverOutcomes.count
        #expect(selections == 1 && network.clientOutcomes.count == 1 && network.stuckDeadlines == 0)
    }

    @Test func connectsUnderLoss() {
        var late = 0
        for seed in 1...300 as ClosedRange<UInt64> {
            let network = ICENetwork(seed: seed)
            network.lossPercent = 30
            network.introduce()
            network.run(for: .seconds(15))
            if network.server.state != .connected || network.client.state != .connected { late += 1 }
            network.lossPercent = 0
            network.run(for: .seconds(30))
            #expect(network.server.state == .connected && network.client.state == .connected, "seed \(seed)")
            // Both ends must agree on the pair.
            #expect(network.server.selectedPath?.local == network.client.selectedPath?.local, "seed \(seed)")
            #expect(network.stuckDeadlines == 0)
        }
        #expect(late <= 3)
    }

    @Test func sameInputsGiveTheSameOutputs() {
        func outcome(_ seed: UInt64) -> ([ICENetwork.Record], [TransportAddress: Int]) {
            let network = ICENetwork(seed: seed)
            network.lossPercent = 30
            network.introduce()
            network.run(for: .seconds(60))
            return (network.serverOutcomes + network.clientOutcomes, network.bytesTo)
        }
        #expect(outcome(5) == outcome(5))
    }

    @Test func trickledCandidateConnects() {
        let network = ICENetwork()
        network.introduce([])
        network.client.setRemote(network.server.local, candidates: [], localPaths: [0], at: network.now)
        network.run(for: .seconds(1))
        #expect(network.client.state == .checking && network.server.state == .new)
        let candidate = ICECandidate(host: ICENetwork.serverV4, localPreference: 1, foundation: "1")
        network.client.addRemoteCandidate(candidate, at: network.now)
        network.run(for: .seconds(1))
        #expect(network.client.state == .connected && network.server.state == .connected)
    }

    @Test func candidatesAreCappedAndChecksToThemPaced() {
        let network = ICENetwork()
        network.introduce([])
        network.clientAddresses += [2, 3].map { TransportAddress(ipv4: 0xC633_6400 + $0, port: 50_000) }
        let candidates = (0..<10_000).map { number in
            let address = TransportAddress(ipv4: 0xCB00_7100 + UInt32(number), port: 9)
            return ICECandidate(kind: .host, address: address, foundation: "1", priority: 5)
        }
        network.client.setRemote(
            network.server.local, candidates: candidates, localPaths: [0, 1, 2, 3], at: network.now)
        let count = network.client.paths.count
        #expect(count == ICEAgent.maximumPairs)
        network.run(for: .milliseconds(999))
        #expect(network.bytesTo.count == 20)
        network.run(for: .seconds(600))
        #expect(network.bytesTo.values.allSatisfy { $0 <= 4 * 7 * 120 })
        #expect(network.client.nextDeadline == nil && network.stuckDeadlines == 0)
        let unusable = TransportAddress(ipv4: 0xE000_0001, port: 9)
        network.client.addRemoteCandidate(
            ICECandidate(kind: .host, address: unusable, foundation: "1", priority: 5), at: network.now)
        let isKept = network.client.contains(NetworkPath(remote: unusable))
        #expect(!isKept)
    }

    @Test func answersBeforeTheDescriptionAndChecksAfter() {
        let network = ICENetwork()
        let request = network.request(nominate: true)
        network.inject(request, from: ICENetwork.clientV4)
        #expect(network.server.state == .checking && network.server.selectedPath == nil)
        #expect(network.bytesTo[ICENetwork.clientV4, default: 0] <= request.count)
        network.introduce([0])
        network.run(for: .seconds(2))
        #expect(network.server.selectedPath == NetworkPath(remote: ICENetwork.clientV4, local: 0))
    }
}
