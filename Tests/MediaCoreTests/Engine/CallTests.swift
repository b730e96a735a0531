import MediaTestSupport
import Testing

@testable import MediaCore

/// Whole calls under virtual time: ICE, DTLS, media, loss.
@Suite struct CallTests {
    @Test func aCallOnGoodLinks() throws {
        let call = try SimulatedCall(seed: 1)
        let (publisher, session) = try call.addPublisher()
        #expect(session.producers.count == 2)
        call.run(for: .seconds(2))
        #expect(publisher.isConnected)
        var watchers: [SimulatedWatcher] = []
        for _ in 0..<3 { watchers.append(try call.addWatcher(of: session.producers).0) }
        call.run(for: .seconds(10))
        for watcher in watchers {
            #expect(watcher.complaints == [])
            #expect(watcher.decoded.count >= 280 && watcher.decoded.count <= 305)
            #expect(watcher.audioPackets >= 480 && watcher.audioPackets <= 505)
            #expect(watcher.retransmissions == 0)
        }
        #expect(publisher.keyframes.count >= 2 && publisher.keyframes.count <= 4)
    }
}
