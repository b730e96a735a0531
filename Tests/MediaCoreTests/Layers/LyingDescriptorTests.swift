import MediaCore
import Testing

@testable import MediaTestSupport

/// Descriptors that can't be true cost the stream they stand in some pictures, and nobody else anything.
@Suite struct LyingDescriptorTests {
    private struct Lie: Sendable {
        var name: String
        var mode: String
        var tell: @Sendable (inout LayeredPacket) -> Void
    }

    private static let lies = [
        Lie(name: "an unknown template", mode: "av1-l3t3") { packet in
            packet.descriptor[0] = packet.descriptor[0] & 0xC0 | (packet.descriptor[0] &+ 40) & 0x3F
        },
        Lie(name: "a descriptor of two bytes", mode: "av1-l1t3") { $0.descriptor = Array($0.descriptor.prefix(2)) },
        Lie(name: "a structure cut short", mode: "av1-l3t3-key") {
            $0.descriptor = [$0.descriptor[0], 0x12, 0x34, 0x80, 0x01]
        },
        Lie(name: "custom indications cut short", mode: "opaque-av1-l3t3-key") {
            $0.descriptor = Array($0.descriptor.prefix(3)) + [0x20]
        },
        Lie(name: "a structure with more layers than there can be", mode: "av1-l1t3") {
            // Templates each of one more spatial layer than the last, a dozen of them.
            $0.descriptor = Array($0.descriptor.prefix(3)) + [0x80, 0x00] + Array(repeating: 0xAA, count: 60)
        },
        Lie(name: "a structure that shrinks", mode: "av1-l3t3") {
            // L1T1, as Chrome has it; the packets that follow refer to what it no longer has.
            guard $0.descriptor[0] & 0x80 != 0 else { return }
            $0.descriptor =
                [0x80] + $0.descriptor[1..<3] + [0x80, 0x00, 0x3A, 0x41, 0x01, 0x80, 0xEF, 0x80, 0x86, 0x80]
        },
        Lie(name: "spatial layer 7", mode: "vp9-l3t3") { $0.payload[3] |= 0x0E },
        Lie(name: "spatial layer 7 of flexible VP9", mode: "vp9-flexible-l3t3-key") { $0.payload[3] |= 0x0E },
        Lie(name: "a VP9 structure that goes on behind the end", mode: "vp9-l1t3") {
            $0.payload = [0x82 | 0x20, $0.payload[1], $0.payload[2], $0.payload[3], 0, 0xF8, 1, 2]
        },
    ]

    @Test func whatLiesIsDroppedAndTheStreamRecovers() throws {
        for lie in Self.lies {
            let mode = try #require(LayeredMode.all.first { $0.name == lie.mode })
            let call = try SimulatedCall(seed: 41)
            call.injectsKeys = true
            // Between keyframes a watcher needs the highest layer alone, where layers do without one another.
            let frames = mode.predictsLayersInKeyframesOnly ? 1 : mode.spatialLayers
            let (publisher, session) = try call.addLayeredPublisher(mode)
            let (watcher, _) = try call.addLayeredWatcher(mode, of: publisher, session.producers)
            let (honest, other) = try call.addLayeredPublisher(mode)
            let (bystander, _) = try call.addLayeredWatcher(mode, of: honest, other.producers)
            call.run(for: .seconds(1))
            let played = watcher.decodedFrames
            #expect(played > 20, "\(lie.name)")
            func drops() -> UInt64 {
                call.engine.statistics(at: call.instant).drops["rtpUnusableDescriptor"] ?? 0
            }
            #expect(drops() == 0, "\(lie.name)")
            publisher.tamper = { _, packet in lie.tell(&packet) }
            call.run(for: .milliseconds(500))
            publisher.tamper = nil
            let requests = publisher.keyframeRequests.count
            #expect(drops() > 10, "\(lie.name): \(drops())")

            call.run(for: .milliseconds(1500))
            let recovered = watcher.decodedFrames
            let dropped = drops()
            call.run(for: .seconds(1))
            #expect(publisher.keyframeRequests.count > 0 && publisher.keyframeRequests.count >= requests)
            #expect(watcher.decodedFrames >= recovered + 28 * frames, "\(lie.name) lasts")
            #expect(drops() == dropped)
            let judged = StrictReceiver(
                mode, honest.encoders, bystander.departures, repeats: bystander.repeats,
                complaints: bystander.complaints)
            #expect(judged.violations.isEmpty, "\(lie.name): \(judged.violations.prefix(3))")
            #expect(judged.frames.count > 80 * frames)
        }
    }
}
