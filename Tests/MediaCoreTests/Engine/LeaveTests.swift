import MediaTestSupport
import Testing

@testable import MediaCore

/// The end of a call, however it comes about: everybody is told, nothing stays.
@Suite struct LeaveTests {
    private struct Scene {
        var call: SimulatedCall
        var publisher: SimulatedPublisher
        var published: PublishSession
        var watchers: [SimulatedWatcher]
        var watched: [WatchSession]
    }

    private func begin(seed: UInt64, consentTimeout: MediaDuration = .seconds(30)) throws -> Scene {
        let call = try SimulatedCall(seed: seed, consentTimeout: consentTimeout)
        let (publisher, published) = try call.addPublisher()
        var scene = Scene(call: call, publisher: publisher, published: published, watchers: [], watched: [])
        for index in 0..<3 {
            let (watcher, session) = try call.addWatcher(of: published.producers, hasRetransmission: index > 0)
            scene.watchers.append(watcher)
            scene.watched.append(session)
        }
        call.run(for: .seconds(2))
        #expect(call.events.count == 4)
        return scene
    }

    /// Closes the watchers as a host does once their publisher has left; then everything must be gone.
    private func finish(_ scene: Scene) {
        let call = scene.call
        for session in scene.watched { #expect(call.close(session.transport)) }
        call.run(for: .seconds(2))
        for watcher in scene.watchers {
            #expect(watcher.goodbyes == Set(watcher.ssrcs.values))
            #expect(watcher.goodbyes.count == 2)
            #expect(watcher.isClosed)
            #expect(watcher.complaints == [])
        }
        call.expectNothingLeft()
    }

    @Test func byCommand() throws {
        let scene = try begin(seed: 61)
        #expect(scene.call.close(scene.published.transport))
        #expect(!scene.call.close(scene.published.transport))
        scene.call.run(for: .milliseconds(100))
        #expect(scene.publisher.isClosed)
        // Who closes is not told.
        #expect(scene.call.events.count == 4)
        finish(scene)
    }

    @Test func byCloseNotify() throws {
        let scene = try begin(seed: 62)
        scene.publisher.close(at: scene.call.instant)
        scene.call.run(for: .milliseconds(100))
        #expect(scene.call.events.count == 5)
        #expect(scene.call.events.last?.contains("closeNotify") == true)
        #expect(scene.call.events.last?.contains("publisher-0") == true)
        finish(scene)
    }

    /// The goodbye closes the transport while its datagram is still being handled; counting the datagram afterwards
    /// reached for a transport that was gone and ended the process.
    @Test func byGoodbye() throws {
        let scene = try begin(seed: 63)
        scene.publisher.sayGoodbye()
        scene.call.run(for: .milliseconds(100))
        #expect(scene.call.events.count == 5)
        #expect(scene.call.events.last?.contains("goodbye") == true)
        #expect(scene.publisher.isClosed)
        finish(scene)
    }

    @Test func bySilence() throws {
        let scene = try begin(seed: 64, consentTimeout: .seconds(6))
        scene.publisher.isDead = true
        let died = scene.call.instant
        let publisher = scene.publisher.address
        scene.call.run(for: .seconds(3))
        #expect(scene.call.events.count == 4)
        #expect(scene.call.run(atMost: .seconds(4)) { scene.call.events.count == 5 })
        #expect(scene.call.events.last?.contains("consentExpired") == true)
        #expect(scene.call.instant - died <= .seconds(6))
        // Whoever fell silent is sent nothing any more.
        let sent = scene.call.traffic[publisher]?.bytes
        scene.call.run(for: .seconds(10))
        #expect(scene.call.traffic[publisher]?.bytes == sent)
        // The others are still there.
        #expect(scene.call.events.count == 5)
        finish(scene)
    }

    @Test func aWatcherLeavesAndTheOthersStay() throws {
        let scene = try begin(seed: 65)
        scene.watchers[0].close(at: scene.call.instant)
        scene.call.run(for: .seconds(1))
        #expect(scene.call.events.count == 5)
        #expect(scene.call.events.last?.contains("watcher-1") == true)
        let frames = scene.watchers[1].decoded.count
        scene.call.run(for: .seconds(1))
        #expect(scene.watchers[1].decoded.count >= frames + 28)
        let consumers = scene.call.engine.consumers.count
        #expect(consumers == 4)
        #expect(scene.call.engine.statistics(at: scene.call.instant).transports.count == 3)
    }

    @Test func goodbyesForOthersAreNothing() throws {
        let scene = try begin(seed: 66)
        let streams = scene.call.engine.streams.count
        for ssrcs in [[1, 2, 3], Array(scene.watchers[0].ssrcs.values), [scene.publisher.videoSSRC]] {
            var bytes: [UInt8] = []
            bytes.append(.receiverReport(ReceiverReport(ssrc: 7)))
            bytes.append(.goodbye(Goodbye(ssrcs: ssrcs)))
            // The publisher says it of what is not its own, and of one of its two; a watcher of the publisher's.
            scene.publisher.send(rtcp: bytes)
            scene.watchers[1].send(rtcp: bytes)
            scene.call.run(for: .milliseconds(300))
        }
        #expect(scene.call.events.count == 4)
        let kept = scene.call.engine.streams.count
        #expect(kept == streams)
        #expect(scene.call.engine.statistics(at: scene.call.instant).drops["rtcpUnknownSource"] ?? 0 >= 5)
        let frames = scene.watchers[0].decoded.count
        scene.call.run(for: .seconds(1))
        #expect(scene.watchers[0].decoded.count >= frames + 28)
    }

    @Test func aHandshakeThatNeverComesIsEndedInTime() throws {
        let call = try SimulatedCall(seed: 67)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        // The publisher's checks get through, its handshake does not; the watcher never says a word.
        watcher.isDead = true
        publisher.isDead = true
        let created = call.instant
        call.run(for: .milliseconds(14_990))
        #expect(call.events == [])
        #expect(call.engine.statistics(at: call.instant).transports.count == 2)
        call.run(for: .milliseconds(20))
        #expect(call.events.count == 2)
        #expect(call.events.allSatisfy { $0.contains("handshakeTimeout") })
        #expect(
            call.events.contains { $0.contains("publisher-0") } && call.events.contains { $0.contains("watcher-1") })
        #expect(call.instant - created == .milliseconds(15_010))
        call.expectNothingLeft()
    }

    @Test func aHandshakeThatStallsIsEndedInTime() throws {
        let call = try SimulatedCall(seed: 68)
        let (publisher, _) = try call.addPublisher()
        // ICE alone succeeds: 30 checks a second come and are answered, DTLS never.
        #expect(call.run(atMost: .seconds(1)) { call.engine.paths.count == 1 })
        publisher.dropsHandshake = true
        call.run(for: .seconds(14))
        #expect(call.events == [])
        call.run(for: .seconds(2))
        #expect(call.events.count == 1 && call.events[0].contains("handshakeTimeout"))
        #expect(call.events[0].hasPrefix("16000 "))
        call.expectNothingLeft()
    }
}

extension SimulatedCall {
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
