import MediaTestSupport
import Testing

@testable import MediaCore

/// The same seed gives the same run.
@Suite struct RepeatabilityTests {
    /// A call with loss, reordering, a late watcher and one that leaves.
    private func play(seed: UInt64, injectsKeys: Bool) throws -> SimulatedCall {
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = injectsKeys
        call.link.loss = 0.03
        call.link.jitter = .milliseconds(8)
        call.link.reorders = true
        call.link.duplication = 0.01
        let (publisher, session) = try call.addPublisher()
        let (_, early) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(2))
        _ = try call.addWatcher(of: session.producers, hasRetransmission: false)
        call.run(for: .seconds(2))
        call.close(early.transport)
        call.run(for: .seconds(1))
        publisher.isPaused = true
        publisher.sayGoodbye()
        call.run(for: .seconds(2))
        return call
    }

    @Test func injectedKeysRepeatEveryByte() throws {
        let first = try play(seed: 5, injectsKeys: true)
        let second = try play(seed: 5, injectsKeys: true)
        let other = try play(seed: 6, injectsKeys: true)
        #expect(first.digest == second.digest)
        #expect(first.engineSent.datagrams == second.engineSent.datagrams)
        #expect(first.engineSent.bytes == second.engineSent.bytes)
        #expect(first.events == second.events)
        #expect(first.digest != other.digest)
        #expect(first.engineSent.datagrams > 1200)
        #expect(first.events.contains { $0.contains("goodbye") })
    }

    @Test func realHandshakesRepeatEveryEvent() throws {
        let first = try play(seed: 7, injectsKeys: false)
        let second = try play(seed: 7, injectsKeys: false)
        #expect(first.events == second.events)
        #expect(first.engineSent.datagrams == second.engineSent.datagrams)
        // Three connect, the publisher's goodbye is told; what a command closed is not. Before anybody watches the
        // picture, and from then on, that is told too.
        #expect(first.events.count == 6)
        let drops = first.engine.statistics(at: first.instant).drops
        #expect(drops == second.engine.statistics(at: second.instant).drops)
    }
}
