import MediaTestSupport
import Testing

@testable import MediaCore

/// Bad links: what is lost comes again, what can't come again is asked for as a keyframe, and neither without bounds.
@Suite struct LossTests {
    private struct Outcome {
        var publisher: SimulatedPublisher
        var watchers: [SimulatedWatcher]
        var frozen: [MediaDuration]
        var call: SimulatedCall
    }

    /// Three watchers, one of them without RTX, for 20 s.
    private func play(seed: UInt64, _ shape: (inout SimulatedLink.Behaviour) -> Void) throws -> Outcome {
        let call = try SimulatedCall(seed: seed)
        shape(&call.link)
        let burst = call.link.burst
        // A burst ends after so many datagrams: where there are few, that is no burst but an outage.
        func thinOut(_ link: inout SimulatedLink) {
            guard burst != nil else { return }
            link.behaviour.burst = nil
            link.behaviour.loss = 0.05
        }
        let (publisher, session) = try call.addPublisher()
        thinOut(&publisher.downlink)
        #expect(call.run(atMost: .seconds(5)) { publisher.isConnected })
        var watchers: [SimulatedWatcher] = []
        for index in 0..<3 {
            let (watcher, _) = try call.addWatcher(of: session.producers, hasRetransmission: index < 2)
            thinOut(&watcher.uplink)
            watchers.append(watcher)
        }
        #expect(call.run(atMost: .seconds(5)) { watchers.allSatisfy { !$0.decoded.isEmpty } })
        call.run(for: .seconds(20))
        return Outcome(
            publisher: publisher, watchers: watchers, frozen: watchers.map { $0.frozen(until: call.instant) },
            call: call)
    }

    @Test func fivePercentBothWays() throws {
        for seed: UInt64 in [11, 12] {
            let outcome = try play(seed: seed) { $0.loss = 0.05 }
            for (watcher, frozen) in zip(outcome.watchers, outcome.frozen) {
                #expect(watcher.complaints == [])
                #expect(watcher.decoded.count >= 590)
                #expect(frozen < .seconds(1), "frozen for \(frozen)")
                // 5 % of 2400 packets and of their retransmissions are lost on the way down.
                #expect(watcher.audioPackets >= 850 && watcher.audioPackets <= 1_010)
            }
            for watcher in outcome.watchers.prefix(2) {
                #expect(watcher.retransmissions >= 80 && watcher.retransmissions <= 400)
            }
            #expect(outcome.watchers[2].retransmissions == 0)
            #expect(outcome.publisher.retransmissions >= 80 && outcome.publisher.retransmissions <= 400)
            #expect(outcome.publisher.keyframes.count <= 10)
            // Reports say what was lost.
            let lost = outcome.publisher.reports[outcome.publisher.videoSSRC]?.packetsLost ?? 0
            #expect(lost >= 70 && lost <= 250)
        }
    }

    @Test func bursts() throws {
        // Bursts of five on average, one in a hundred packets begins one.
        let outcome = try play(seed: 21) { $0.burst = (enter: 0.01, leave: 0.2) }
        for (watcher, frozen) in zip(outcome.watchers, outcome.frozen) {
            #expect(watcher.complaints == [])
            #expect(watcher.decoded.count >= 570)
            #expect(frozen < .seconds(2), "frozen for \(frozen)")
        }
        #expect(outcome.publisher.keyframes.count <= 15)
    }

    @Test func reorderingDuplicationAndJitter() throws {
        // 40 ms of jitter let about twenty packets overtake one, on each of two links.
        let outcome = try play(seed: 31) {
            $0.jitter = .milliseconds(40)
            $0.reorders = true
            $0.duplication = 0.05
        }
        for (watcher, frozen) in zip(outcome.watchers, outcome.frozen) {
            #expect(watcher.complaints == [])
            #expect(watcher.decoded.count >= 600)
            #expect(frozen == .zero, "frozen for \(frozen)")
            #expect(watcher.drops[.srtpReplayed, default: 0] > 50)
        }
        // Nothing was lost: what was asked for again only came late.
        #expect(outcome.publisher.keyframes.count <= 3)
        #expect(outcome.publisher.retransmissions < outcome.publisher.videoPackets / 2)
    }

    @Test func everythingAtOnce() throws {
        let outcome = try play(seed: 41) {
            $0.loss = 0.03
            $0.burst = (enter: 0.002, leave: 0.2)
            $0.delay = .milliseconds(30)
            $0.jitter = .milliseconds(20)
            $0.reorders = true
            $0.duplication = 0.02
        }
        for (watcher, frozen) in zip(outcome.watchers, outcome.frozen) {
            #expect(watcher.complaints == [])
            #expect(watcher.decoded.count >= 560)
            #expect(frozen < .seconds(2), "frozen for \(frozen)")
        }
    }

    @Test func anOutageEndsWithAKeyframe() throws {
        let call = try SimulatedCall(seed: 51)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(3))
        let keyframes = publisher.keyframes.count
        let decoded = watcher.decoded.count
        // More packets than anybody asks for again.
        publisher.uplink.behaviour.loss = 1
        call.run(for: .seconds(10))
        publisher.uplink.behaviour.loss = 0
        let back = call.instant
        call.run(for: .seconds(3))
        #expect(watcher.complaints == [])
        // Two a second are asked for in vain, one more when the packets come again.
        #expect(publisher.keyframes.count > keyframes && publisher.keyframes.count <= keyframes + 24)
        #expect(watcher.decoded.count >= decoded + 60 && watcher.decoded.count <= decoded + 92)
        let resumed = watcher.decoded.first { $0 > back + .milliseconds(20) }
        #expect(resumed.map { $0 - back < .seconds(1) } == true)
        #expect(watcher.frozen(until: call.instant) < .milliseconds(11_000))
    }
}
