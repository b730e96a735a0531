import MediaTestSupport
import Testing

@testable import MediaCore

/// What a publisher may claim of its layers: nothing of it ends the process or lets a number protect two packets.
@Suite struct HostileLayerTests {
    private static let high: UInt32 = 710_000
    private static let low: UInt32 = 720_000
    /// VP9: a keyframe of one packet without layers. Source: RFC 9628, section 4.2.
    private static let keyframe: [UInt8] = [0x0C, 1, 2]

    private func begin(
        seed: UInt64, picture: SimulatedOffer.Picture, hasRetransmission: Bool = true
    ) throws -> (SimulatedCall, SimulatedPublisher, ConsumerID) {
        let call = try SimulatedCall(seed: seed)
        call.picture = picture
        call.injectsKeys = true
        let (publisher, session) = try call.addPublisher(signaling: .rid)
        publisher.isVideoPaused = true
        let (_, watched) = try call.addWatcher(of: session.producers, hasRetransmission: hasRetransmission)
        call.run(for: .milliseconds(200))
        return (call, publisher, try #require(watched.consumers.last))
    }

    private func packet(
        _ ssrc: UInt32, _ index: UInt64, _ payload: [UInt8], timestamp: UInt32, hasMarker: Bool = true
    ) -> MadePacket {
        MadePacket(
            ssrc: ssrc, payloadType: hasMarker ? 0xE0 : 96, index: index, timestamp: timestamp,
            rid: ssrc == Self.high ? "h" : SimulatedOffer.lowRid, payload: payload)
    }

    /// A keyframe's lowest layer that the higher one does without was the first that a watcher began with, and the first
    /// that was left out. When it was to change to another encoding then, a range began behind its end.
    @Test func aChangeBeforeAnythingWasForwarded() throws {
        let (call, publisher, consumer) = try begin(seed: 841, picture: .vp9)
        // Of the second spatial layer, so that it counts as there; then the end of a picture.
        publisher.send(packet(Self.high, 8, [0x60, 0x02, 0, 1], timestamp: 3_000, hasMarker: false))
        publisher.send(packet(Self.high, 9, [0x44, 1, 2], timestamp: 3_000))
        call.run(for: .milliseconds(10))
        publisher.send(packet(Self.high, 10, [0x2D, 0, 0, 1], timestamp: 6_000, hasMarker: false))
        call.run(for: .milliseconds(10))
        let source = call.engine.consumers[consumer.slot].source
        #expect(source != nil)
        let taken = call.engine.consumers[consumer.slot].counters.packets
        #expect(taken == 0)
        publisher.send(packet(Self.low, 10, Self.keyframe, timestamp: 6_000))
        call.run(for: .milliseconds(10))
        try call.engine.prefer(
            LayerPreference(encodingID: SimulatedOffer.lowRid), for: consumer, at: call.instant)
        publisher.send(packet(Self.low, 11, Self.keyframe, timestamp: 9_000))
        call.run(for: .milliseconds(100))
        let sent = call.engine.consumers[consumer.slot].counters.packets
        #expect(sent >= 1)
    }
}
