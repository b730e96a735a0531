import MediaTestSupport
import Testing

@testable import MediaCore

/// An estimate moves on a watcher's own, authenticated feedback alone.
@Suite struct EstimateAuthenticityTests {
    /// A call over a link of 1 Mbit/s, in steps of 20 ms. What the watcher sends in the fourth second is lost.
    private final class Scene {
        let call: SimulatedCall
        let publisher: SimulatedPublisher
        let watcher: SimulatedWatcher
        let session: WatchSession
        /// After each step.
        private(set) var estimates: [Int64] = []
        /// The watcher's SRTCP: all that arrived, and what was lost.
        private(set) var delivered: [[UInt8]] = []
        private(set) var withheld: [[UInt8]] = []
        private var underway: [(step: Int, bytes: [UInt8])] = []

        /// The number of the newest packet that left for the watcher.
        private(set) var newestDeparture: UInt16 = 0

        static let withheldSteps = 150..<200

        init() throws {
            call = try SimulatedCall(seed: 251) { $0.bitrateLimits = BitrateLimits() }
            call.injectsKeys = true
            let (publisher, published) = try call.addPublisher()
            // Pictures and sound take three quarters of the link.
            publisher.packetsPerFrame = 3
            call.link.rate = 1_000_000
            call.link.delay = .milliseconds(30)
            self.publisher = publisher
            (watcher, session) = try call.addWatcher(of: published.producers)
            call.isRecording = true
        }

        func run(_ disturb: (Scene, Int) -> Void = { _, _ in }) throws {
            var known = 0
            for step in 0..<300 {
                watcher.uplink.behaviour.loss = Self.withheldSteps.contains(step) ? 1 : 0
                call.run(for: .milliseconds(20))
                for (source, bytes) in call.recording[known...]
                where source == watcher.address && (200...206).contains(bytes[1]) && bytes[0] >> 6 == 2 {
                    if Self.withheldSteps.contains(step) {
                        withheld.append(bytes)
                    } else {
                        underway.append((step, bytes))
                    }
                }
                known = call.recording.count
                // 100 ms are more than the link takes.
                delivered += underway.prefix { $0.step < step - 5 }.map(\.bytes)
                underway.removeAll { $0.step < step - 5 }
                if let transport = call.transport(of: watcher) {
                    while call.engine.transports[transport].departures.entry(newestDeparture &+ 1) != nil {
                        newestDeparture &+= 1
                    }
                }
                disturb(self, step)
                estimates.append(try call.engine.estimatedBitrate(of: session.transport))
            }
        }

        var drops: [String: UInt64] { call.engine.statistics(at: call.instant).drops }
    }

    private static let stranger = TransportAddress(ipv4: 0x0A00_0808, port: 666)

    /// A message that says of the last hundred departures that none arrived, but one.
    private static func lie(of scene: Scene) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(
            .transportFeedback(
                TransportFeedback(
                    sender: 1, media: 2, baseSequenceNumber: scene.newestDeparture &- 100, statusCount: 101,
                    referenceTime: 5, feedbackCount: 0, receptions: [.init(offset: 100, delta: 4)])))
        return bytes
    }

    @Test func whatIsNotAuthenticMovesNothing() throws {
        let quiet = try Scene()
        try quiet.run()
        #expect(Set(quiet.estimates).count > 10 && quiet.delivered.count > 40 && quiet.withheld.count > 5)

        var random = MediaRandom.seeded(252)
        let attacked = try Scene()
        try attacked.run { scene, step in
            let (own, other) = (scene.watcher.address, scene.publisher.address)
            // What the watcher sent, once more and damaged, from its address and from others.
            for _ in 0..<4 {
                guard var datagram = scene.delivered.randomElement(using: &random) else { break }
                for source in [own, other, Self.stranger] { scene.call.inject(datagram, from: source) }
                if random.next() % 2 == 0 {
                    datagram[Int(random.next() % UInt64(datagram.count - 8)) + 8] ^= UInt8(1 << (random.next() % 8))
                } else {
                    datagram.removeLast(1 + Int(random.next() % UInt64(datagram.count - 20)))
                }
                for source in [own, other, Self.stranger] { scene.call.inject(datagram, from: source) }
            }
            // What never reached the engine is news, but comes from somebody else.
            for datagram in scene.withheld { scene.call.inject(datagram, from: Self.stranger) }
            for datagram in scene.withheld { scene.call.inject(datagram, from: other) }
            // Feedback that nobody encrypted, with and without the bit that says so.
            guard step % 10 == 0 else { return }
            for flag in [0, 0x80] as [UInt8] {
                let lie = Self.lie(of: scene) + [flag, 0, 0, 1] + Array(repeating: 0, count: 16)
                for source in [own, other, Self.stranger] { scene.call.inject(lie, from: source) }
            }
        }
        #expect(attacked.estimates == quiet.estimates)
        #expect(attacked.call.digest == quiet.call.digest)
        let drops = attacked.drops
        #expect(drops["srtpAuthentication"] ?? 0 > 500 && drops["srtpReplayed"] ?? 0 > 100)
    }

    /// The test can tell: the same messages move it when they come from where they should.
    @Test func whatIsAuthenticMovesIt() throws {
        let quiet = try Scene()
        try quiet.run()
        let late = try Scene()
        try late.run { scene, step in
            guard step == 210 else { return }
            for datagram in scene.withheld { scene.call.inject(datagram, from: scene.watcher.address) }
        }
        #expect(late.estimates[..<210] == quiet.estimates[..<210])
        #expect(late.estimates != quiet.estimates)
        let lied = try Scene()
        try lied.run { scene, step in
            if step >= 100, step % 5 == 0 { scene.watcher.send(rtcp: Self.lie(of: scene)) }
        }
        #expect(lied.estimates[..<100] == quiet.estimates[..<100])
        let (lowest, before) = (lied.estimates[100...].min() ?? 0, quiet.estimates[100...].min() ?? 0)
        #expect(lowest < before)
        #expect(lied.estimates.allSatisfy { $0 >= BitrateLimits().minimum && $0 <= BitrateLimits().maximum })
    }

    /// Another peer of the same engine speaks for itself, with its own keys.
    @Test func othersMoveTheirOwn() throws {
        let quiet = try Scene()
        try quiet.run()
        let other = try Scene()
        try other.run { scene, step in
            var bytes = Self.lie(of: scene)
            bytes.append(.receiverEstimate(ReceiverEstimate(sender: 1, bitrate: 50_000, ssrcs: [1])))
            if step % 5 == 0 { scene.publisher.send(rtcp: bytes) }
        }
        #expect(other.estimates == quiet.estimates)
        #expect(other.drops["srtpAuthentication"] == nil)
    }
}
