import MediaTestSupport
import Testing

@testable import MediaCore

/// A watcher that asks for everything, all the time.
@Suite struct FloodTests {
    @Test func aThousandKeyframeRequestsASecond() throws {
        let call = try SimulatedCall(seed: 91)
        let (publisher, session) = try call.addPublisher()
        let (flooder, _) = try call.addWatcher(of: session.producers)
        let (other, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(3))
        let before = publisher.keyframeRequests.count
        let frames = other.decoded.count
        let ssrc = try #require(flooder.ssrcs[96])
        for index in 0..<3000 {
            // PLI and FIR in turn.
            if index % 2 == 0 {
                flooder.demandKeyframe(of: ssrc)
            } else {
                var bytes: [UInt8] = []
                let entry = FullIntraRequest.Entry(ssrc: ssrc, sequenceNumber: UInt8(truncatingIfNeeded: index))
                bytes.append(.fullIntraRequest(FullIntraRequest(sender: 7, entries: [entry])))
                flooder.send(rtcp: bytes)
            }
            call.run(for: .milliseconds(1))
        }
        call.run(for: .milliseconds(50))
        let requests = publisher.keyframeRequests.count - before
        #expect(requests >= 3 && requests <= 7)
        #expect(other.decoded.count - frames >= 88)
        #expect(other.complaints == [])
        let statistics = call.engine.statistics(at: call.instant).transports[1].outbound.first { $0.kind == "video" }
        #expect(statistics?.pliCount == 1500)
        #expect(statistics?.firCount == 1500)
    }

    @Test func everythingAgainEveryMillisecond() throws {
        for hasRetransmission in [true, false] {
            let call = try SimulatedCall(seed: 92)
            let (_, session) = try call.addPublisher()
            let (flooder, _) = try call.addWatcher(of: session.producers, hasRetransmission: hasRetransmission)
            let (other, _) = try call.addWatcher(of: session.producers)
            call.run(for: .seconds(3))
            let ssrc = try #require(flooder.ssrcs[96])
            let newest = try #require(flooder.newest[ssrc]?.index)
            let sent = call.traffic[flooder.address]?.bytes ?? 0
            let otherSent = call.traffic[other.address]?.bytes ?? 0
            let frames = other.decoded.count
            for index in 0..<1000 {
                let last = UInt16(truncatingIfNeeded: newest) &+ UInt16(index / 8)
                flooder.demand((0..<600).map { last &- 599 &+ UInt16($0) }, of: ssrc)
                call.run(for: .milliseconds(1))
            }
            // 512 packets are kept, 120 come anew, each goes again ten times at most.
            let cost = (call.traffic[flooder.address]?.bytes ?? 0) - sent
            let regular = (call.traffic[other.address]?.bytes ?? 0) - otherSent
            #expect(cost - regular >= 1_000_000)
            #expect(cost - regular <= (512 + 125) * 10 * 1000)
            #expect(other.decoded.count - frames >= 28)
            #expect(flooder.complaints == [] && other.complaints == [])
        }
    }

    @Test func askingForWhatNeverWas() throws {
        let call = try SimulatedCall(seed: 93)
        let (_, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(3))
        let ssrc = try #require(watcher.ssrcs[96])
        let newest = UInt16(truncatingIfNeeded: try #require(watcher.newest[ssrc]?.index))
        // Far ahead, far behind, and of streams that are somebody else's.
        watcher.demand((0..<500).map { newest &+ 100 &+ $0 }, of: ssrc)
        watcher.demand((0..<500).map { newest &- 20_000 &- $0 }, of: ssrc)
        watcher.demand((0..<500).map { newest &- $0 }, of: 12_345)
        call.run(for: .seconds(1))
        #expect(watcher.retransmissions == 0)
        #expect(call.engine.statistics(at: call.instant).drops["rtcpUnknownSource"] == 1)
    }
}
