import MediaCore
import Testing

@testable import MediaTestSupport

/// Streams encrypted from end to end: payloads are random bytes, all that is known stands in the dependency descriptor.
@Suite struct OpaquePayloadTests {
    /// A watcher that asks for one layer after the other gets each, whole, and nothing above it.
    @Test func everyLayerIsSelectedByItsDescriptor() throws {
        for mode in LayeredMode.all where mode.isOpaque {
            let call = try SimulatedCall(seed: 77)
            call.injectsKeys = true
            let (publisher, session) = try call.addLayeredPublisher(mode)
            let (watcher, watch) = try call.addLayeredWatcher(mode, of: publisher, session.producers)
            let consumer = try #require(watch.consumers.first)
            var spans: [(encoding: Int, spatial: Int, temporal: Int, from: MediaInstant, to: MediaInstant)] = []
            for encoding in 0..<mode.encodings {
                for spatial in 0..<mode.spatialLayers {
                    for temporal in (0..<mode.temporalLayers).reversed() {
                        let preference = LayerPreference(
                            encodingID: mode.rid(encoding), spatialLayer: spatial, temporalLayer: temporal)
                        try call.engine.prefer(preference, for: consumer, at: call.instant)
                        call.run(for: .seconds(1))
                        let start = call.instant
                        call.run(for: .seconds(1))
                        spans.append((encoding, spatial, temporal, start, call.instant))
                    }
                }
            }
            let receiver = StrictReceiver(
                mode, publisher.encoders, watcher.departures, repeats: watcher.repeats, complaints: watcher.complaints)
            #expect(receiver.violations.isEmpty, "\(mode.name): \(receiver.violations.prefix(3))")
            for span in spans {
                let frames = receiver.frames.filter { $0.instant >= span.from && $0.instant < span.to }
                let truths = frames.map { publisher.encoders[$0.encoding].frames[$0.number] }
                #expect(frames.allSatisfy { $0.encoding == span.encoding }, "\(mode.name) \(span)")
                #expect(truths.allSatisfy { $0.spatial <= span.spatial }, "\(mode.name) \(span)")
                #expect(truths.allSatisfy { $0.temporal <= span.temporal }, "\(mode.name) \(span)")
                // Thirty pictures a second, half of them without the highest temporal layer, and so on.
                let expected = 30 >> (mode.temporalLayers - 1 - span.temporal)
                let count = truths.count { $0.spatial == span.spatial }
                #expect(count >= expected - 2 && count <= expected + 2, "\(mode.name) \(span): \(count)")
            }
        }
    }
}
