import Testing

@testable import MediaCore

@Suite struct ICEAttackTests {
    private static let victim = TransportAddress(ipv4: 0xCB00_7109, port: 9)

    private func connected(consentTimeout: MediaDuration = .seconds(30)) -> ICENetwork {
        let network = ICENetwork(consentTimeout: consentTimeout)
        network.introduce([0])
        network.run(for: .seconds(1))
        #expect(network.server.state == .connected)
        return network
    }

    @Test func forgedSourceMovesNoMedia() {
        let network = connected()
        let path = network.server.selectedPath
        var bytesIn = 0
        // An insider knows the credentials and forges the victim's address.
        for _ in 0..<500 {
            let request = network.request(nominate: true, priority: .max)
            bytesIn += request.count
            network.inject(request, from: Self.victim)
            network.run(for: .milliseconds(20))
            #expect(network.server.selectedPath == path)
        }
        #expect(!network.serverHasValidated(Self.victim))
        let bytesOut = network.bytesTo[Self.victim, default: 0]
        #expect(bytesOut < 3 * bytesIn)
        network.run(for: .seconds(60))
        #expect(network.bytesTo[Self.victim, default: 0] - bytesOut <= 7 * 120)
        #expect(network.server.selectedPath == path)
    }

    @Test func manyForgedSourcesGetFewChecksAndEvictNothingThatMatters() {
        let network = connected()
        let path = network.server.selectedPath
        let before = network.bytesTo
        var bytesIn = 0
        for number in 0..<2_000 as Range<UInt32> {
            let request = network.request(nominate: true, priority: .max)
            let outcome = network.inject(request, from: TransportAddress(ipv4: 0xCB00_0000 + number, port: 9))
            if outcome == .nothing { bytesIn += request.count }
            let count = network.server.paths.count
            let removed = network.server.removedPaths.count
            #expect(count <= ICEAgent.maximumPaths && removed <= 1)
            network.run(for: .milliseconds(1))
        }
        let bytesOut = network.bytesTo.values.reduce(0, +) - before.values.reduce(0, +)
        // Answers are smaller than requests; of checks to silent addresses there are 20 and 20 a second.
        #expect(bytesIn > 0 && bytesOut < bytesIn + 61 * 120)
        #expect(network.server.selectedPath == path)
        #expect(network.serverOutcomes.contains { $0.outcome == .dropped(.iceRateLimit) })
        // A real client is still heard.
        network.run(for: .seconds(1))
        let other = TransportAddress(ipv4: 0xC633_6402, port: 50_001)
        network.clientAddresses[0] = other
        network.inject(network.request(nominate: true), from: other)
        network.run(for: .seconds(1))
        #expect(network.serverHasValidated(other))
    }

    @Test func unauthenticatedRequestsGetSilenceAndChangeNothing() {
        let network = connected()
        let snapshot = network.serverSnapshot
        let sent = network.bytesTo
        var noIntegrity = STUNBuilder()
        noIntegrity.begin(.request, STUNTransactionID(high: 1, low: 1))
        noIntegrity.append(
            username: Array("\(network.server.local.usernameFragment):\(network.client.local.usernameFragment)".utf8))
        var bare = noIntegrity.bytes
        bare.set(bigEndian: UInt16(bare.count - 20), at: 2)
        let refused: [([UInt8], DropReason)] = [
            (network.request(password: "notThePasswordAtAll000"), .stunIntegrity),
            (network.request(receiver: "other"), .stunUnknownUsername), (bare, .stunIntegrity),
        ]
        for (bytes, reason) in refused {
            for source in [Self.victim, ICENetwork.clientV4] {
                let outcome = network.inject(bytes, from: source)
                #expect(outcome == .dropped(reason))
            }
        }
        let request = network.request()
        for offset in request.indices {
            for mask in [0x01, 0x10, 0x80, 0xFF] as [UInt8] {
                var changed = request
                changed[offset] ^= mask
                let outcome = network.inject(changed, from: Self.victim)
                // One bit makes it an indication, which is nothing to anybody.
                guard case .dropped = outcome else {
                    #expect(offset == 1 && outcome == .nothing, "byte \(offset) changed and taken")
                    continue
                }
            }
            network.inject(Array(request.prefix(offset)), from: Self.victim)
        }
        #expect(network.serverSnapshot == snapshot)
        #expect(network.bytesTo == sent)
    }

    @Test func floodFromElsewhereStarvesNobody() {
        let network = connected(consentTimeout: .seconds(5))
        let bad = network.request(password: "notThePasswordAtAll000")
        var verified = 0
        for number in 0..<10_000 as Range<UInt32> {
            let outcome = network.inject(bad, from: TransportAddress(ipv4: 0xCB00_0000 + number & 0xFFFF, port: 9))
            verified += outcome == .dropped(.stunIntegrity) ? 1 : 0
            network.run(for: .milliseconds(1))
        }
        // Ten seconds at 200 a second, and the burst.
        #expect((2_000...2_101).contains(verified))
        let paths = network.server.paths.count
        #expect(paths == 1 && network.server.state == .connected)
        #expect(!network.serverOutcomes.contains { $0.outcome == .consentExpired })
    }

    @Test func forgedResponsesAreRefused() throws {
        let network = connected()
        network.inject(network.request(nominate: true), from: Self.victim)
        let snapshot = network.serverSnapshot
        let path = try #require(network.server.paths.first { $0.path.remote == Self.victim })
        let transactionID = try #require(path.check?.transactionID)
        func response(_ kind: STUNMessage.Class, _ id: STUNTransactionID, _ password: String) -> [UInt8] {
            var builder = STUNBuilder()
            builder.begin(kind, id)
            if kind == .errorResponse { builder.append(errorCode: 487) }
            _ = builder.finish(key: STUNIntegrityKey(password: password))
            return builder.bytes
        }
        let password = network.client.local.password
        let wrong = "notThePasswordAtAll000"
        let otherID = STUNTransactionID(high: 3, low: 4)
        let outcomes = [
            network.inject(response(.successResponse, transactionID, wrong), from: Self.victim),
            network.inject(response(.errorResponse, transactionID, wrong), from: Self.victim),
            network.inject(response(.successResponse, otherID, password), from: Self.victim),
            network.inject(response(.successResponse, transactionID, password), from: ICENetwork.clientV4),
            network.inject(response(.successResponse, transactionID, password), from: Self.victim, local: 1),
        ]
        let expected: [DropReason] = [
            .stunIntegrity, .stunIntegrity, .stunUnknownTransaction, .stunUnknownTransaction, .stunUnknownTransaction,
        ]
        #expect(outcomes == expected.map { .dropped($0) })
        #expect(network.serverSnapshot == snapshot)
        // The same answer from the right place counts, so the refusals above were for the right reasons.
        let selected = network.inject(response(.successResponse, transactionID, password), from: Self.victim)
        #expect(selected == .nothing || selected == .selected(path.path))
        #expect(network.serverHasValidated(Self.victim))
    }

    @Test func unknownAttributesAndWrongRolesAreAnsweredOnlyWhenSigned() throws {
        let network = connected()
        let snapshot = network.serverSnapshot
        let wrong = "notThePasswordAtAll000"
        #expect(
            network.inject(network.request(role: .controlled(1), password: wrong), from: Self.victim)
                == .dropped(.stunIntegrity))
        #expect(
            network.inject(network.request(password: wrong, unknown: true), from: Self.victim)
                == .dropped(.stunIntegrity))
        #expect(network.bytesTo[Self.victim] == nil)
        for (request, code) in [(network.request(role: .controlled(1)), 487), (network.request(unknown: true), 420)] {
            let outcome = network.inject(request, from: Self.victim)
            #expect(outcome == .dropped(.stunUnexpected) && network.serverSnapshot == snapshot)
            let answer = try #require(network.lastDatagram)
            let message = try STUNMessage.parse(answer.span.bytes)
            let isSigned = message.verifyIntegrity(
                in: answer.span.bytes, key: STUNIntegrityKey(password: network.server.local.password))
            #expect(message.errorCode == UInt16(code) && isSigned && answer.count <= request.count)
            #expect(message.verifyFingerprint(in: answer.span.bytes) == true)
        }
    }
}
