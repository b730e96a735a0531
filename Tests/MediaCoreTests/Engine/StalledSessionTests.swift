import MediaTestSupport
import Testing

@testable import MediaCore

/// Sessions that begin and never come to anything: they end in time, and cost nothing until then.
@Suite struct StalledSessionTests {
    /// A peer that finished DTLS counted as connected, and so no longer had to hurry. One that never nominated had no
    /// consent to lose either: its session stayed until the process ended.
    @Test func aSessionThatNeverNominatesIsFreed() throws {
        let call = try SimulatedCall(seed: 221)
        let peer = try IdlePeer(call)
        let session = try call.engine.publish(offer: peer.offer, name: "idle", at: call.instant)
        try peer.validate(session.transport)
        peer.shakeHands()
        #expect(peer.isHandshakeDone)
        let statistics = call.engine.statistics(at: call.instant).transports
        #expect(statistics.map(\.dtlsState) == ["connected"])
        #expect(statistics.map(\.iceState) != ["connected"])

        call.run(for: .milliseconds(14_900))
        let before = call.engine.transports.count
        #expect(before == 1)
        #expect(call.events.filter { $0.contains("transportClosed") } == [])
        call.run(for: .milliseconds(101))
        let closed = try #require(call.events.last)
        #expect(closed.hasPrefix("16000 ") && closed.contains("handshakeTimeout") && closed.contains("idle"))
        call.expectNothingLeft()
    }

    /// An address belongs to the session that validated it last. The handshake of the one before was left without a way
    /// to send, its retransmission stayed due, and the engine was called again at once for as long as it lasted.
    @Test func aHandshakeThatLostItsAddressKeepsNobodyAwake() throws {
        let call = try SimulatedCall(seed: 222)
        let peer = try IdlePeer(call)
        let first = try call.engine.publish(offer: peer.offer, name: "first", at: call.instant)
        let second = try call.engine.publish(offer: peer.offer, name: "second", at: call.instant)
        try peer.validate(first.transport)
        peer.beginHandshake()
        #expect(call.engine.statistics(at: call.instant).transports.map(\.dtlsState) == ["connecting", "new"])
        try peer.validate(second.transport)
        let owner = call.engine.paths[NetworkPath(remote: peer.address)]
        #expect(owner == second.transport.slot)

        let now = call.instant + .seconds(2)
        var turns = 0
        while turns < 10, let due = call.engine.nextDeadline, due <= now {
            call.engine.advance(to: now)
            while call.engine.fillOutput(at: now) { call.engine.outputSent() }
            turns += 1
        }
        try #require(turns < 10)
        // Both end when their time is over.
        call.run(for: .seconds(16))
        #expect(call.events.filter { $0.contains("handshakeTimeout") }.count == 2)
        call.expectNothingLeft()
    }

    /// The engine is ICE-lite: it waits for the peer's checks. A peer that is lite too would wait as well.
    @Test func anOfferOfALitePeerIsRefused() throws {
        let call = try SimulatedCall(seed: 223)
        let peer = try IdlePeer(call)
        let (_, session) = try call.addPublisher()
        let lite = peer.offer.replacing("t=0 0\r\n", with: "t=0 0\r\na=ice-lite\r\n")
        func refusal(_ body: () throws -> Void) -> String? {
            do {
                try body()
            } catch MediaEngineError.unacceptableOffer(let reason) {
                return reason
            } catch {}
            return nil
        }
        let (transports, producers) = (call.engine.transports.count, call.engine.producers.count)
        let refusals = [
            refusal { _ = try call.engine.publish(offer: lite, name: "lite", at: call.instant) },
            refusal {
                let offer = lite.replacing("sendonly", with: "recvonly")
                _ = try call.engine.watch(
                    offer: offer, name: "lite", producers: session.producers, at: call.instant)
            },
        ]
        #expect(refusals.allSatisfy { $0?.contains("ice-lite") == true })
        let left = [call.engine.transports.count, call.engine.producers.count, call.engine.consumers.count]
        #expect(left == [transports, producers, 0])
        // The same offer of a peer that checks is served.
        #expect(throws: Never.self) {
            try call.engine.publish(offer: peer.offer, name: "full", at: call.instant)
        }
    }
}
