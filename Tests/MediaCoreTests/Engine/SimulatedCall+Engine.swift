import MediaTestSupport
import Testing

@testable import MediaCore

/// Looks inside the engine under test.
extension SimulatedCall {
    /// The transport that a peer's address belongs to.
    func transport(of peer: SimulatedPeer) -> SlotID? {
        engine.paths[NetworkPath(remote: peer.address)]
    }

    /// How many synchronization sources a peer's transport knows.
    func sourceCount(of peer: SimulatedPeer) -> Int {
        guard let transport = transport(of: peer) else { return 0 }
        return engine.transports[transport].sources.count
    }

    /// The highest extended sequence number received of a source; 0 when it is unknown.
    func highest(of ssrc: UInt32) -> Int64 {
        for index in 0..<engine.streams.slotCount {
            guard let stream = engine.streams.id(at: index), engine.streams[stream].ssrc == ssrc else { continue }
            return engine.streams[stream].store.highest ?? 0
        }
        return 0
    }

    /// An engine without transports keeps nothing of those it had.
    func expectNothingLeft() {
        let kept = [
            "statistics": engine.statistics(at: instant).transports.count, "transports": engine.transports.count,
            "producers": engine.producers.count, "consumers": engine.consumers.count, "streams": engine.streams.count,
            "paths": engine.paths.count, "claims": engine.claims.count, "fragments": engine.fragments.count,
            "dirty": engine.dirty.count, "touched": engine.touched.count, "output": engine.output.entries.count,
        ]
        #expect(kept.filter { $0.value != 0 } == [:])
        for peer in peers { peer.isDead = true }
        run(for: .seconds(31))
        let deadline = engine.nextDeadline
        #expect(deadline == nil)
    }
}
