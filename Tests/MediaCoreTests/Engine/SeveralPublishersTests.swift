import MediaTestSupport
import Testing

@testable import MediaCore

/// A watcher whose sound is one publisher's and whose picture is another's: when one of the two ends, the other goes on.
@Suite struct SeveralPublishersTests {
    private enum Way: CaseIterable { case command, closeNotify, silence, busy }

    @Test func whenOnePublisherEndsTheOtherGoesOn() throws {
        for (index, way) in Way.allCases.enumerated() {
            for endsPicture in [false, true] {
                try run(seed: UInt64(700 + index), way, endsPicture: endsPicture)
            }
        }
    }

    private func run(seed: UInt64, _ way: Way, endsPicture: Bool) throws {
        let call = try SimulatedCall(seed: seed, consentTimeout: .seconds(6))
        let sound = try call.addPublisher()
        let picture = try call.addPublisher()
        let (watcher, watched) = try call.addWatcher(of: [sound.1.producers[0], picture.1.producers[1]])
        #expect(watched.consumers.count == 2)
        call.run(for: .seconds(2))
        let ending = endsPicture ? picture : sound
        switch way {
        case .command: #expect(call.close(ending.1.transport))
        case .closeNotify: ending.0.close(at: call.instant)
        case .silence: ending.0.isDead = true
        case .busy:
            // What has arrived waits to be forwarded when its publisher goes.
            call.holdsOutput = true
            call.run(for: .milliseconds(100))
            #expect(call.close(ending.1.transport))
            call.holdsOutput = false
        }
        call.run(for: way == .silence ? .seconds(7) : .seconds(1))
        #expect(call.engine.statistics(at: call.instant).transports.count == 2, "\(way)")

        let (packets, frames) = (watcher.audioPackets, watcher.decoded.count)
        let ended = try #require(
            watcher.ssrcs[endsPicture ? 96 : 111])
        for _ in 0..<10 {
            // A watcher may go on to ask for what is gone.
            watcher.demand(Array(0..<100), of: ended)
            watcher.demandKeyframe(of: ended)
            call.run(for: .milliseconds(100))
        }
        let more = (packets: watcher.audioPackets - packets, frames: watcher.decoded.count - frames)
        #expect(endsPicture ? more.packets >= 48 && more.frames == 0 : more.packets == 0 && more.frames >= 28, "\(way)")
        #expect(!watcher.isClosed)
        #expect(watcher.complaints == [], "\(way)")

        #expect(call.close((endsPicture ? sound : picture).1.transport))
        #expect(call.close(watched.transport))
        call.run(for: .milliseconds(100))
        #expect(watcher.isClosed)
        #expect(watcher.goodbyes == Set(watcher.ssrcs.values), "\(way)")
        call.expectNothingLeft()
    }

    @Test func sectionsAreFilledInTheOrderAskedFor() throws {
        let call = try SimulatedCall(seed: 710)
        let first = try call.addPublisher()
        let second = try call.addPublisher()
        let (_, session) = try call.addWatcher(of: second.1.producers + first.1.producers)
        let producers = session.consumers.map { call.engine.consumers[$0.slot].producer }
        #expect(producers == second.1.producers.map(\.slot))
        #expect(throws: MediaEngineError.self) {
            #expect(call.close(first.1.transport))
            _ = try call.addWatcher(of: second.1.producers + first.1.producers)
        }
        #expect(call.engine.transports.count == 2)
    }
}
