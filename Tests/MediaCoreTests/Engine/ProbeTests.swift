import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct ProbeTests {
    /// Chromium probes the link with copies, in the retransmission stream, of packets it has just sent. When the original
    /// was lost, the copy is there before anybody notices the loss. It was stored and forwarded, yet the list of missing
    /// packets did not hear of it: it was asked for ten times, and then a keyframe was, several times in a call.
    @Test func aCopyThatComesUnaskedIsNotAskedFor() throws {
        let call = try SimulatedCall(seed: 11)
        let (publisher, session) = try call.addPublisher()
        publisher.probeInterval = 25
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(10))
        #expect(watcher.complaints == [])
        #expect(publisher.retransmissions >= 40)
        #expect(publisher.demanded == [])
        // One for the watcher's first picture; one more when it connects in mid-frame.
        #expect(publisher.keyframeRequests.count <= 2)
        #expect(watcher.decoded.count >= 270)
    }
}
