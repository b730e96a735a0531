import MediaTestSupport
import Testing

@testable import MediaCore

/// The transmit arena: what does not fit waits, and nothing is lost or sent twice.
@Suite struct OutputTests {
    /// 120 watchers, and a frame of twenty packets for each: more than two arenas.
    private func crowd(seed: UInt64) throws -> (SimulatedCall, SimulatedPublisher, [SimulatedWatcher], [WatchSession]) {
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = true
        let (publisher, session) = try call.addPublisher()
        publisher.packetsPerFrame = 20
        var watchers: [SimulatedWatcher] = []
        var sessions: [WatchSession] = []
        for _ in 0..<120 {
            let (watcher, session) = try call.addWatcher(of: session.producers)
            watchers.append(watcher)
            sessions.append(session)
        }
        call.run(for: .milliseconds(300))
        return (call, publisher, watchers, sessions)
    }

    @Test func moreThanOneArena() throws {
        let (call, publisher, watchers, sessions) = try crowd(seed: 101)
        // Everybody has seen every frame since the first keyframe that found them connected.
        for watcher in watchers {
            #expect(watcher.complaints == [])
            #expect(watcher.decoded.count >= 4 && watcher.decoded.count <= publisher.frames)
            #expect(watcher.retransmissions == 0)
        }
        let drops = call.engine.statistics(at: call.instant).drops
        #expect(drops["outputFull"] == nil)
        for session in sessions { call.close(session.transport) }
        call.run(for: .milliseconds(50))
        #expect(watchers.allSatisfy { $0.goodbyes.count == 2 })
    }

    /// A worker sends a bounded number of arenas a turn and then looks at its sockets and commands again. When the
    /// publisher left in between, the next stream's round went on at the place where the lost one's had stopped: beyond
    /// the end of its packets, which ended the process.
    @Test func aPublisherLeavesInTheMiddleOfARound() throws {
        let (call, publisher, _, _) = try crowd(seed: 102)
        let (other, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .milliseconds(300))
        call.holdsOutput = true
        call.run(for: .milliseconds(34))
        call.sendArena()
        let isMidway = call.engine.cursor.packet + call.engine.cursor.consumer > 0
        #expect(isMidway)
        let leaver = call.engine.paths[NetworkPath(remote: publisher.address)]
        call.engine.close(TransportID(slot: try #require(leaver)), at: call.instant)
        call.holdsOutput = false
        let frames = watcher.decoded.count
        call.run(for: .milliseconds(300))
        #expect(watcher.decoded.count >= frames + 8)
        #expect(watcher.complaints == [])
        #expect(other.frames > 15)
    }

    /// Likewise when a watcher left: those behind it moved up by one, and one of them missed the packets of a round.
    @Test func aWatcherLeavesInTheMiddleOfARound() throws {
        let (call, publisher, watchers, sessions) = try crowd(seed: 103)
        for _ in 0..<3 {
            call.holdsOutput = true
            call.run(for: .milliseconds(34))
            call.sendArena()
            let midway = call.engine.cursor.consumer
            #expect(midway > 3)
            // One of those that have had their packets, and the one that has some of them.
            for index in [midway - 2, midway] {
                let leaver = call.engine.producers[call.engine.streams[call.engine.dirty[0]].producer].consumers[index]
                call.engine.close(TransportID(slot: call.engine.consumers[leaver].transport), at: call.instant)
            }
            call.holdsOutput = false
            call.run(for: .milliseconds(70))
        }
        let staying = watchers.filter(\.goodbyes.isEmpty)
        #expect(staying.count == watchers.count - 6)
        #expect(staying.allSatisfy { $0.complaints.isEmpty && $0.retransmissions == 0 })
        #expect(staying.allSatisfy { $0.frozen(until: call.instant) == .zero })
        #expect(sessions.count == 120 && publisher.frames > 15)
    }
}
