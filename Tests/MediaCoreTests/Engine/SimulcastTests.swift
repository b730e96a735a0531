@testable import MediaTestSupport
import Testing

@testable import MediaCore

/// Layers of one picture: watchers get one of them.
@Suite struct SimulcastTests {
    /// Which layer a packet of the watcher's is of.
    private func isLow(_ payload: [UInt8]) -> Bool {
        SimulatedFrame.part(of: payload).map { $0.frame >= 100_000 } ?? false
    }

    /// Encoders switch layers off when the link is poor. Watchers stayed with the layer that had come first, and saw a
    /// still picture while another layer flowed.
    @Test func watchersLeaveALayerThatFellSilent() throws {
        let call = try SimulatedCall(seed: 231)
        let (publisher, session) = try call.addPublisher(signaling: .rid)
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(1))
        watcher.keepsPackets = true
        func pictures() -> [(header: RTPHeader, index: UInt64, payload: [UInt8])] {
            watcher.packets.filter { $0.header.payloadType == 96 }
        }
        // While both flow, the one that costs more is watched: their sizes are not known.
        var low = LowLayer(call: call, publisher: publisher, answered: publisher.keyframeRequests.count)
        low.play(for: 30)
        #expect(pictures().count >= 110)
        #expect(!pictures().contains { isLow($0.payload) })
        #expect(call.engine.statistics(at: call.instant).transports[0].inbound.count == 3)

        // For 300 ms the silence may be a pause.
        publisher.isVideoPaused = true
        let highest = try #require(pictures().last).index
        low.play(for: 8)
        #expect(try #require(pictures().last).index <= highest + 4)
        #expect(!pictures().contains { isLow($0.payload) })
        low.play(for: 50)

        let played = pictures()
        let start = try #require(played.firstIndex { isLow($0.payload) })
        #expect(SimulatedFrame.part(of: played[start].payload)?.isKeyframe == true)
        #expect(SimulatedFrame.part(of: played[start].payload)?.position == 0)
        #expect(played.count - start >= 30)
        #expect(played[start...].allSatisfy { isLow($0.payload) })
        // One stream, to the watcher: no number left out, time that only moves on, by about what has passed.
        for (earlier, later) in zip(played, played.dropFirst()) {
            #expect(later.index == earlier.index + 1)
            #expect(Int32(bitPattern: later.header.timestamp &- earlier.header.timestamp) >= 0)
        }
        let leap = Int32(bitPattern: played[start].header.timestamp &- played[start - 1].header.timestamp)
        #expect(leap >= 27_000 && leap < 54_000)
        #expect(watcher.complaints == [])

        // Back again, the better one is watched.
        publisher.isVideoPaused = false
        low.play(for: 30)
        let back = try #require(pictures()[start...].firstIndex { !isLow($0.payload) })
        #expect(SimulatedFrame.part(of: pictures()[back].payload)?.isKeyframe == true)
        #expect(pictures()[back...].allSatisfy { !isLow($0.payload) })
        #expect(watcher.complaints == [])
    }
}
