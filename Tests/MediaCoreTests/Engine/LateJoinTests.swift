import MediaTestSupport
import Testing

@testable import MediaCore

/// Those who join a running call: a picture within a second, and little trouble for the publisher.
@Suite struct LateJoinTests {
    private func begin(
        seed: UInt64, delay: MediaDuration = .milliseconds(10), loss: Double = 0
    ) throws -> (SimulatedCall, SimulatedPublisher, PublishSession) {
        let call = try SimulatedCall(seed: seed)
        call.link.delay = delay
        call.link.loss = loss
        let (publisher, session) = try call.addPublisher()
        #expect(call.run(atMost: .seconds(10)) { publisher.isConnected })
        call.run(for: .seconds(2))
        return (call, publisher, session)
    }

    /// The keyframe that the first one asked for, and what came after it, is kept for those who come soon: they see a
    /// picture as soon as they are connected, and the publisher hears nothing of them.
    @Test func firstPictureWithinASecond() throws {
        for delay: Int64 in [20, 50] {
            let (call, publisher, session) = try begin(seed: 71, delay: .milliseconds(delay))
            for _ in 0..<4 {
                let joined = call.instant
                let (watcher, _) = try call.addWatcher(of: session.producers)
                #expect(call.run(atMost: .seconds(1)) { !watcher.decoded.isEmpty }, "after a delay of \(delay) ms")
                // Six flights for ICE and DTLS, a frame, and half a round trip more for the keyframe.
                #expect(call.instant - joined >= .milliseconds(4 * delay))
                // A round trip, and a frame: what it waits for is there.
                if let connected = watcher.connectedAt, publisher.keyframes.count < 3 {
                    #expect(call.instant - connected <= .milliseconds(2 * delay + 38))
                }
                #expect(watcher.complaints == [])
                call.run(for: .seconds(1))
            }
            // The first of them, and one who came when more was kept than a watcher is sent at once.
            #expect(publisher.keyframes.count >= 2 && publisher.keyframes.count <= 5)
        }
    }

    @Test func firstPictureRightAfterAKeyframe() throws {
        let (call, publisher, session) = try begin(seed: 72, delay: .milliseconds(20))
        for wait: Int64 in [0, 100, 250, 400] {
            let (first, _) = try call.addWatcher(of: session.producers)
            #expect(call.run(atMost: .seconds(1)) { !first.decoded.isEmpty })
            call.run(for: .milliseconds(wait))
            let keyframes = publisher.keyframes.count
            let (second, _) = try call.addWatcher(of: session.producers)
            #expect(call.run(atMost: .seconds(1)) { !second.decoded.isEmpty }, "\(wait) ms after a keyframe")
            #expect(publisher.keyframes.count <= keyframes + 2)
            call.run(for: .seconds(1))
        }
    }

    @Test func firstPictureDespiteLoss() throws {
        var late: [MediaDuration] = []
        for seed: UInt64 in 73..<83 {
            let (call, _, session) = try begin(seed: seed, delay: .milliseconds(20), loss: 0.05)
            let joined = call.instant
            let (watcher, _) = try call.addWatcher(of: session.producers)
            #expect(call.run(atMost: .seconds(4)) { !watcher.decoded.isEmpty })
            if call.instant - joined > .seconds(1) { late.append(call.instant - joined) }
            #expect(watcher.complaints == [])
        }
        // A request or a handshake flight that is lost costs its time-out; twice in a row seldom.
        #expect(late.count <= 2, "\(late)")
        #expect(late.allSatisfy { $0 < .seconds(2) }, "\(late)")
    }

    @Test func fiftyAtOnceCostThreeKeyframes() throws {
        let (call, publisher, session) = try begin(seed: 84, delay: .milliseconds(20))
        let before = publisher.keyframes.count
        let watchers = try (0..<50).map { _ in try call.addWatcher(of: session.producers).0 }
        #expect(call.run(atMost: .seconds(1)) { watchers.allSatisfy { !$0.decoded.isEmpty } })
        call.run(for: .seconds(1))
        #expect(publisher.keyframes.count > before && publisher.keyframes.count <= before + 3)
        #expect(watchers.allSatisfy { $0.complaints.isEmpty })
    }

    @Test func aPublisherThatComesBackIsSeenAtOnce() throws {
        let (call, publisher, session) = try begin(seed: 85)
        let (watcher, _) = try call.addWatcher(of: session.producers)
        // It shows what was kept, and does not complain that nothing follows.
        watcher.sendsNACKs = false
        publisher.isPaused = true
        call.run(for: .seconds(5))
        publisher.isPaused = false
        let back = call.instant
        #expect(call.run(atMost: .seconds(1)) { watcher.decoded.contains { $0 > back } })
        // Nobody asked a silent publisher for ever.
        #expect(publisher.keyframeRequests.count <= 12)
    }
}
