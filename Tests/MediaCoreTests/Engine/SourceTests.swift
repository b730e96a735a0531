import MediaTestSupport
import Testing

@testable import MediaCore

/// How packets find their stream, and streams that change.
@Suite struct SourceTests {
    @Test func streamsThatNoOneAnnounced() throws {
        for signaling in [SimulatedOffer.Signaling.mid, .rid] {
            let call = try SimulatedCall(seed: 161)
            call.link.loss = 0.02
            let (publisher, session) = try call.addPublisher(signaling: signaling)
            #expect(call.run(atMost: .seconds(5)) { publisher.isConnected })
            let (watcher, _) = try call.addWatcher(of: session.producers)
            #expect(call.run(atMost: .seconds(3)) { !watcher.decoded.isEmpty })
            call.run(for: .seconds(5))
            #expect(watcher.complaints == [])
            #expect(watcher.frozen(until: call.instant) < .seconds(1))
            #expect(watcher.audioPackets >= 230)
            // Retransmissions found their stream too.
            let inbound = call.engine.statistics(at: call.instant).transports[0].inbound
            #expect(inbound.count == 2)
            let video = try #require(inbound.first { $0.kind == "video" })
            #expect(video.ssrc == publisher.videoSSRC)
            #expect(video.retransmittedPacketsReceived >= 5)
            #expect(publisher.keyframes.count <= 4)
        }
    }

    @Test func aSourceThatChangesAfterSilence() throws {
        for signaling in [SimulatedOffer.Signaling.ssrc, .mid, .rid] {
            let call = try SimulatedCall(seed: 162)
            let (publisher, session) = try call.addPublisher(signaling: signaling)
            let (watcher, _) = try call.addWatcher(of: session.producers)
            call.run(for: .seconds(2))
            publisher.isVideoPaused = true
            call.run(for: .milliseconds(2_500))
            publisher.changeVideoSource()
            publisher.isVideoPaused = false
            let back = call.instant
            #expect(call.run(atMost: .seconds(1)) { watcher.decoded.contains { $0 > back } })
            call.run(for: .seconds(2))
            // The watcher sees one stream: no hole in numbers, time that goes on.
            #expect(watcher.complaints == [])
            #expect(watcher.retransmissions == 0)
            #expect(watcher.decoded.count >= 100)
            #expect(watcher.ssrcs.count == 2)
            let inbound = call.engine.statistics(at: call.instant).transports[0].inbound
            #expect(inbound.filter { $0.kind == "video" }.map(\.ssrc) == [publisher.videoSSRC])
            let streams = call.engine.streams.count
            #expect(streams == 2)
        }
    }

    /// A live stream keeps its place: another source with the same names is refused until the first has been silent.
    @Test func aSourceThatChangesAtOnceWaits() throws {
        let call = try SimulatedCall(seed: 163)
        let (publisher, session) = try call.addPublisher(signaling: .mid)
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(2))
        let first = publisher.videoSSRC
        publisher.changeVideoSource()
        call.run(for: .milliseconds(1_500))
        func videoSources() -> [UInt32] {
            call.engine.statistics(at: call.instant).transports[0].inbound.filter { $0.kind == "video" }.map(\.ssrc)
        }
        #expect(videoSources() == [first])
        call.run(for: .seconds(3))
        #expect(videoSources() == [publisher.videoSSRC])
        #expect(watcher.complaints == [])
        let frames = watcher.decoded.count
        call.run(for: .seconds(1))
        #expect(watcher.decoded.count >= frames + 28)
    }

    @Test func twoCallsKnowNothingOfEachOther() throws {
        let call = try SimulatedCall(seed: 164)
        call.link.loss = 0.01
        let (first, firstSession) = try call.addPublisher()
        let (second, secondSession) = try call.addPublisher()
        second.packetsPerFrame = 3
        #expect(call.run(atMost: .seconds(5)) { first.isConnected && second.isConnected })
        let watchers = try [firstSession, secondSession].map { try call.addWatcher(of: $0.producers).0 }
        // One watches the sound of the first and the picture of the second.
        let (mixed, _) = try call.addWatcher(of: [firstSession.producers[0], secondSession.producers[1]])
        call.run(for: .seconds(3))
        #expect(watchers[0].packetsPerFrame == [4])
        #expect(watchers[1].packetsPerFrame == [3])
        #expect(mixed.packetsPerFrame == [3])
        // What one publisher says of the other's streams is nothing.
        var bytes: [UInt8] = []
        bytes.append(.goodbye(Goodbye(ssrcs: [first.audioSSRC, first.videoSSRC])))
        second.send(rtcp: bytes)
        let requests = first.keyframeRequests.count
        for ssrc in [first.videoSSRC, watchers[0].ssrcs[96] ?? 0] {
            watchers[1].demandKeyframe(of: ssrc)
            watchers[1].demand([1, 2, 3], of: ssrc)
        }
        call.run(for: .milliseconds(300))
        #expect(first.keyframeRequests.count <= requests + 1)
        let connected = call.events.count { $0.contains("transportConnected") }
        #expect(connected == 5)
        call.close(firstSession.transport)
        let frames = [watchers[1].decoded.count, mixed.decoded.count, mixed.audioPackets]
        let stopped = watchers[0].decoded.count
        call.run(for: .seconds(2))
        #expect(watchers[1].decoded.count >= frames[0] + 55)
        #expect(mixed.decoded.count >= frames[1] + 55)
        #expect(mixed.audioPackets <= frames[2] + 2)
        #expect(watchers[0].decoded.count <= stopped + 2)
        #expect(!call.events.contains { $0.contains("transportClosed") })
        for watcher in watchers + [mixed] { #expect(watcher.complaints == []) }
    }
}
