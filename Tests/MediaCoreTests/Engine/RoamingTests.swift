import MediaTestSupport
import Testing

@testable import MediaCore

/// Peers that change address, those who pretend to, and addresses that change hands.
@Suite struct RoamingTests {
    private let elsewhere = TransportAddress(ipv4: 0x0A00_0909, port: 1_234)

    private func begin(seed: UInt64) throws -> (SimulatedCall, PublishSession, SimulatedWatcher, SimulatedWatcher) {
        let call = try SimulatedCall(seed: seed)
        let (_, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        let (other, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(2))
        return (call, session, watcher, other)
    }

    @Test func mediaFollowsOnceOurCheckIsAnswered() throws {
        let (call, _, watcher, other) = try begin(seed: 131)
        let old = watcher.address
        let request = call.check(by: watcher, nominates: true)
        watcher.address = elsewhere
        let moved = call.instant
        call.inject(request, from: elsewhere)
        // The answer to it, and our own check: no media before that is answered, 20 ms later.
        call.run(for: .milliseconds(19))
        #expect(call.traffic[elsewhere]?.media ?? 0 == 0)
        #expect(call.traffic[elsewhere]?.stun == 2)
        call.run(for: .milliseconds(41))
        #expect(call.traffic[elsewhere]?.media ?? 0 > 0)
        let left = call.traffic[old]?.bytes
        let frames = watcher.decoded.count
        call.run(for: .seconds(2))
        #expect(call.traffic[old]?.bytes == left)
        #expect(watcher.decoded.count >= frames + 55)
        #expect(watcher.frozen(until: call.instant) < .milliseconds(400))
        #expect(watcher.complaints == [] && other.complaints == [])
        #expect(other.frozen(until: call.instant) == .zero)
        #expect(call.instant > moved && call.events.count == 3)
    }

    @Test func aForgedSourceGetsNoMediaAndFewChecks() throws {
        let (call, _, watcher, other) = try begin(seed: 132)
        let victim = elsewhere
        // An insider knows the credentials and forges checks from the victim's address for ten seconds.
        for _ in 0..<1000 {
            call.inject(call.check(by: watcher, nominates: true), from: victim)
            call.run(for: .milliseconds(10))
        }
        let traffic = try #require(call.traffic[victim])
        #expect(traffic.media == 0 && traffic.dtls == 0)
        let received = 1000 * call.check(by: watcher, nominates: true).count
        #expect(traffic.bytes <= 3 * received + 2_000)
        #expect(watcher.frozen(until: call.instant) == .zero)
        #expect(other.frozen(until: call.instant) == .zero)
    }

    /// Two sessions that claim one unvalidated address in turn made each other's list of claims longer with every
    /// check, without end.
    @Test func claimsInTurnCostNoMemory() throws {
        let (call, _, watcher, other) = try begin(seed: 133)
        for _ in 0..<500 {
            for peer in [watcher, other] { call.inject(call.check(by: peer, nominates: false), from: elsewhere) }
            call.run(for: .milliseconds(10))
        }
        for peer in [watcher, other] {
            let transport = try #require(call.transport(of: peer))
            let claims = call.engine.transports[transport].claims.count
            #expect(claims <= ICEAgent.maximumPaths)
        }
        let claims = call.engine.claims.count
        #expect(claims <= 1)
        #expect(watcher.frozen(until: call.instant) == .zero)
    }

    @Test func addressesOfOneSessionAreBounded() throws {
        let (call, _, watcher, other) = try begin(seed: 134)
        for index in 0..<5_000 {
            let source = TransportAddress(ipv4: 0xC000_0200 + UInt32(index % 251), port: UInt16(1_000 + index))
            call.inject(call.check(by: watcher, nominates: true), from: source)
            if index % 4 == 0 { call.run(for: .milliseconds(1)) }
        }
        let claims = call.engine.claims.count
        #expect(claims <= ICEAgent.maximumPaths)
        #expect(call.traffic.values.allSatisfy { $0.media == 0 || $0.stun > 0 })
        #expect(call.traffic.filter { $0.key.port < 10_000 }.allSatisfy { $0.value.media == 0 })
        let frames = other.decoded.count
        call.run(for: .seconds(1))
        #expect(other.decoded.count >= frames + 28)
        #expect(watcher.frozen(until: call.instant) == .zero)
    }

    /// A session ends, and a new one gets its port from the same address translator: nothing of the old is left there.
    @Test func anAddressServesASecondSession() throws {
        let (call, session, watcher, other) = try begin(seed: 135)
        watcher.isDead = true
        let address = watcher.address
        watcher.address = TransportAddress(ipv4: 1, port: 1)
        let (second, _) = try call.addWatcher(of: session.producers)
        second.address = address
        call.run(for: .seconds(2))
        // The old session has not even noticed that its peer is gone.
        #expect(second.isConnected)
        #expect(second.decoded.count >= 45)
        #expect(second.complaints == [])
        let count = call.engine.statistics(at: call.instant).transports.count
        #expect(count == 4)
        // What is still sent for the old one can't be read by the new, and ends with its consent.
        #expect(
            second.drops.keys.allSatisfy { [.srtpAuthentication, .notReady, .unknownAddress].contains($0) },
            "\(second.drops)")
        call.run(for: .seconds(30))
        #expect(call.engine.statistics(at: call.instant).transports.count == 3)
        let drops = second.drops
        let frames = second.decoded.count
        call.run(for: .seconds(1))
        #expect(second.drops == drops)
        #expect(second.decoded.count >= frames + 28)
        #expect(other.frozen(until: call.instant) == .zero)
        #expect(call.events.filter { $0.contains("transportClosed") }.count == 1)
    }
}
