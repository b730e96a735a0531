import MediaTestSupport
import Testing

@testable import MediaCore

/// Which SSRCs get a stream of their own, on either side.
@Suite struct StreamBindingTests {
    /// Each stream has a store of megabytes. Where the offer named no RID, any RID a packet made up got a stream: one
    /// publisher could take as much memory as it liked.
    @Test func ridsNobodyNegotiatedMakeNoStreams() throws {
        let call = try SimulatedCall(seed: 201)
        let (publisher, _) = try call.addPublisher(signaling: .mid)
        publisher.isVideoPaused = true
        call.run(for: .seconds(1))
        let before = call.engine.streams.count
        #expect(before == 1)
        for number: UInt32 in 0..<200 {
            publisher.send(
                MadePacket(ssrc: 500_000 + number, index: 7, rid: "r\(number)", payload: MadePacket.keyframeStart))
            call.run(for: .milliseconds(2))
        }
        call.run(for: .milliseconds(50))
        let streams = call.engine.streams.count
        #expect(streams == 2)
        let statistics = call.engine.statistics(at: call.instant)
        #expect(statistics.drops["rtpUnknownSource"] == 199)
        // The first one is as good as without its name.
        let video = try #require(statistics.transports[0].inbound.first { $0.kind == "video" })
        #expect(video.ssrc == 500_000)
        #expect(video.packetsReceived == 1)
    }

    /// A name that was negotiated has one live stream, and no other name has any.
    @Test func onlyNegotiatedRidsMakeStreams() throws {
        let call = try SimulatedCall(seed: 202)
        let (publisher, _) = try call.addPublisher(signaling: .rid)
        publisher.isVideoPaused = true
        call.run(for: .seconds(1))
        for (number, rid) in ["x", "h", "l", "h", "hh", nil].enumerated() {
            publisher.send(
                MadePacket(ssrc: UInt32(600_000 + number), index: 7, rid: rid, payload: MadePacket.keyframeStart))
            call.run(for: .milliseconds(50))
        }
        let statistics = call.engine.statistics(at: call.instant)
        #expect(statistics.transports[0].inbound.filter { $0.kind == "video" }.map(\.ssrc) == [600_001, 600_002])
        #expect(statistics.drops["rtpUnknownSource"] == 4)
    }

    /// All that one watcher gets is under one key, so two streams with one SSRC would share nonces. They were drawn
    /// independently of each other.
    @Test func theSourcesOfOneWatcherDiffer() throws {
        let call = try SimulatedCall(seed: 203)
        let (_, session) = try call.addPublisher()
        for _ in 0..<20 {
            let watcher = try call.addWatcher(of: session.producers).1.transport.slot
            let ssrcs = call.engine.transports[watcher].consumers.flatMap { consumer in
                [call.engine.consumers[consumer].ssrc, call.engine.consumers[consumer].retransmissionSSRC]
            }
            // Sound has no retransmissions.
            #expect(ssrcs.filter { $0 == 0 }.count == 1)
            #expect(Set(ssrcs).count == 4)
        }
    }
}
