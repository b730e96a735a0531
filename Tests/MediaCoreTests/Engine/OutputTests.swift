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
        let isMidway = call.engine.departed > 0 && call.engine.departed < call.engine.departing.count
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
            let midway = call.engine.departed
            #expect(midway > 3)
            // One of those that have had their packets, and the next one.
            for index in [midway - 2, midway] {
                call.engine.close(TransportID(slot: call.engine.departing[index]), at: call.instant)
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

    @Test func twoHundredWatchers() throws {
        let call = try SimulatedCall(seed: 104)
        call.injectsKeys = true
        let (publisher, session) = try call.addPublisher()
        let watchers = try (0..<200).map { _ in try call.addWatcher(of: session.producers).0 }
        #expect(call.run(atMost: .seconds(1)) { watchers.allSatisfy { !$0.decoded.isEmpty } })
        let started = ContinuousClock.now
        call.run(for: .seconds(1))
        let elapsed = ContinuousClock.now - started
        #expect(watchers.allSatisfy { $0.complaints.isEmpty && $0.frozen(until: call.instant) == .zero })
        #expect(watchers.allSatisfy { $0.decoded.count >= 29 && $0.decoded.count <= publisher.frames })
        #expect(publisher.keyframes.count <= 4)
        // 34,000 packets, encrypted and decrypted in a debug build.
        #expect(elapsed < .seconds(30))
        let drops = call.engine.statistics(at: call.instant).drops
        #expect(drops == [:])
        let timers = call.engine.timers.count
        #expect(timers <= 201 * 20)
    }

    /// Many transports that end in one step: at their deadline, or when their owner closes them and sends as it goes.
    @Test func threeThousandLeaveAtOnce() throws {
        let call = try SimulatedCall(seed: 105, consentTimeout: .seconds(20))
        call.injectsKeys = true
        let (publisher, session) = try call.addPublisher()
        call.run(for: .milliseconds(200))
        publisher.isPaused = true
        call.run(for: .milliseconds(50))
        var watched: [WatchSession] = []
        for _ in 0..<3_000 { watched.append(try call.addMuteWatcher(of: session.producers)) }
        // What is kept of the picture goes to each of them first.
        call.run(for: .milliseconds(1))
        let before = call.traffic.values.reduce(0) { $0 + $1.media }
        for session in watched { #expect(call.close(session.transport)) }
        let goodbyes = call.traffic.values.reduce(0) { $0 + $1.media } - before
        #expect(goodbyes == 6_000)
        #expect(call.engine.statistics(at: call.instant).drops == [:])

        // Without sending in between what does not fit is dropped, but not in silence.
        watched = []
        for _ in 0..<1_200 { watched.append(try call.addMuteWatcher(of: session.producers)) }
        for session in watched { call.engine.close(session.transport, at: call.instant) }
        while call.sendArena() {}
        let sent = call.traffic.values.reduce(0) { $0 + $1.media } - before - goodbyes
        let dropped = call.engine.statistics(at: call.instant).drops["outputFull"] ?? 0
        #expect(sent > 1_000)
        #expect(UInt64(sent) + dropped == 2_400)

        // At the deadline the engine makes room itself.
        for _ in 0..<500 { _ = try call.addMuteWatcher(of: session.producers) }
        call.run(for: .seconds(21))
        #expect(call.events.filter { $0.contains("consentExpired") }.count == 500)
        let left = call.engine.transports.count
        #expect(left == 1)
        #expect(call.engine.statistics(at: call.instant).drops["outputFull"] == dropped)
    }

    /// A worker that falls behind keeps a bounded number of packets waiting.
    @Test func aWorkerThatFallsBehind() throws {
        let call = try SimulatedCall(seed: 106)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(1))
        call.holdsOutput = true
        call.run(for: .seconds(15))
        var (waiting, kept): (UInt64, UInt64) = (0, 0)
        for index in 0..<call.engine.consumers.slotCount {
            guard let consumer = call.engine.consumers.id(at: index) else { continue }
            guard let source = call.engine.consumers[consumer].source else { continue }
            let end = call.engine.streams[source].arrivals.end
            waiting += end - call.engine.consumers[consumer].position
            kept += end - max(call.engine.consumers[consumer].position, call.engine.streams[source].arrivals.start)
        }
        #expect(waiting > kept && kept > 1_000 && kept <= 2 * 1_024)
        call.holdsOutput = false
        call.run(for: .seconds(3))
        #expect(call.engine.statistics(at: call.instant).drops["outputFull"] == waiting - kept)
        let frames = watcher.decoded.count
        call.run(for: .seconds(1))
        #expect(watcher.decoded.count >= frames + 28)
        #expect(!publisher.isClosed)
    }
}
