import MediaCore
import MediaTestSupport
import Testing

/// The links and ways of the congestion bench do what they say: no more, and no less.
@Suite struct CongestionBenchLinkTests {
    private static let packet = 1250

    private func instant(_ milliseconds: Double) -> MediaInstant {
        MediaInstant(nanoseconds: Int64(milliseconds * 1e6))
    }

    /// Departures, in milliseconds, of packets of 1250 bytes that come at equal distances; nil for the lost.
    private func departures(
        _ behaviour: BottleneckLink.Behaviour, every milliseconds: Double, count: Int, seed: UInt64 = 1
    ) -> [Double?] {
        var link = BottleneckLink(behaviour, seed: seed)
        return (0..<count).map { index in
            link.send(byteCount: Self.packet, at: instant(Double(index) * milliseconds))
                .map { Double($0.departure.nanoseconds) / 1e6 }
        }
    }

    @Test func aLinkSendsAtItsRate() {
        // 10 ms a packet at 1 Mbit/s.
        let departures = departures(.init(rate: Steps(1_000_000)), every: 20, count: 5)
        #expect(departures == [10, 30, 50, 70, 90])
    }

    @Test func aQueueHoldsItsTimeAndNoMore() {
        var link = BottleneckLink(.init(rate: Steps(1_000_000)), seed: 1)
        let sent = (0..<100).map { _ in link.send(byteCount: Self.packet, at: instant(0)) }
        let passed = sent.compactMap { $0 }
        #expect(passed.count == 30)
        #expect(passed.last?.departure == instant(300))
        #expect(passed.last?.waited == .milliseconds(290))
        #expect(link.tailDrops == 70)
        #expect(link.queueDelay(at: instant(100)) == .milliseconds(200))
        // What has left makes room.
        #expect(link.send(byteCount: Self.packet, at: instant(100)) != nil)
    }

    @Test func aRateChangesInTheMiddleOfAPacket() {
        // Half of the packet at 1 Mbit/s, the other at 0.5 Mbit/s.
        let departures = departures(.init(rate: Steps(1_000_000, [(0.005, 500_000)])), every: 1000, count: 2)
        #expect(departures == [15, 1020])
    }

    @Test func burstsLoseTheirShare() {
        var behaviour = BottleneckLink.Behaviour(rate: Steps(1_000_000_000))
        behaviour.bursts = .init(enter: 0.01, leave: 0.25)
        let lost = departures(behaviour, every: 1, count: 100_000).map { $0 == nil }
        let share = Double(lost.count { $0 }) / Double(lost.count)
        let expected = behaviour.bursts?.meanLoss ?? 0
        #expect((0.9 * expected...1.1 * expected).contains(share))
        let bursts = lost.indices.dropFirst().count { lost[$0] && !lost[$0 - 1] }
        let length = Double(lost.count { $0 }) / Double(bursts)
        #expect((3.6...4.4).contains(length))
    }

    @Test func randomLossLosesItsShare() {
        var behaviour = BottleneckLink.Behaviour(rate: Steps(1_000_000_000))
        behaviour.loss = Steps(0.05, [(10, 0)])
        let lost = departures(behaviour, every: 1, count: 20_000).map { $0 == nil }
        #expect((400...600).contains(lost[..<10_000].count { $0 }))
        #expect(!lost[10_000...].contains(true))
    }

    @Test func aPolicerPassesItsRate() {
        var behaviour = BottleneckLink.Behaviour(rate: Steps(100_000_000))
        behaviour.policer = .init(rate: 1_000_000, burstByteCount: 12_500)
        // At twice the rate for ten seconds, and at once ten packets that the bucket holds.
        let departures = departures(behaviour, every: 5, count: 2000)
        let passed = departures.compactMap { $0 }
        #expect((1000...1020).contains(passed.count))
        #expect(!departures[..<10].contains(nil))
        // Nothing waits.
        let longest = zip(departures, 0...).compactMap { departure, index in departure.map { $0 - Double(index) * 5 } }
        #expect((longest.max() ?? 1) < 0.2)
        // Below the rate it is not noticed.
        #expect(!self.departures(behaviour, every: 11, count: 500).contains(nil))
    }

    @Test func aggregationHandsOnInGroups() {
        var behaviour = BottleneckLink.Behaviour(rate: Steps(2_000_000))
        behaviour.aggregation = .milliseconds(20)
        let passed = departures(behaviour, every: 5, count: 400).compactMap { $0 }
        #expect(passed.count == 400)
        // Each belongs to the boundary that it stands behind, less than a millisecond.
        #expect(passed.allSatisfy { $0.truncatingRemainder(dividingBy: 20) <= 1 })
        #expect(passed.enumerated().allSatisfy { $1 - Double($0) * 5 >= 5 && $1 - Double($0) * 5 <= 26 })
        #expect(zip(passed, passed.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func jitterDelaysAndNeverReorders() {
        let receiver = Listener(sending: 5000, every: .milliseconds(20))
        let network = CongestionNetwork(links: [.init(rate: Steps(100_000_000))], seed: 3)
        let route = Route(links: [0], delay: Steps(.milliseconds(50)), jitter: .milliseconds(5))
        network.add(receiver, forward: route, backward: route)
        network.run(until: MediaInstant(nanoseconds: 101_000_000_000))
        #expect(receiver.arrivals.count == 5000)
        let numbers = receiver.arrivals.map(\.number)
        #expect(numbers == Array(0..<5000))
        let delays = receiver.arrivals.map { Double($0.at.nanoseconds) / 1e6 - Double($0.number) * 20 - 50.1 }
        // The mean of a Gaussian's absolute value is 0.8 of its deviation; 15 ms at most.
        let mean = delays.reduce(0, +) / 5000
        #expect((3.8...4.2).contains(mean))
        #expect((delays.min() ?? -1) > -0.01)
        #expect((12...15.01).contains(delays.max() ?? 0))
    }
}

/// Sends at equal distances, and notes what comes.
private final class Listener: SimulatedFlow {
    let name = "listener"
    let counts = FlowCounts()
    let estimate: Int64? = nil
    let start = MediaInstant(nanoseconds: 0)
    private(set) var arrivals: [(number: Int64, at: MediaInstant)] = []
    private let count: Int64
    private let interval: MediaDuration
    private var next: Int64 = 0

    init(sending count: Int64, every interval: MediaDuration) {
        self.count = count
        self.interval = interval
    }

    func sendable(at instant: MediaInstant) -> Int64 { .max }

    func wake(in network: CongestionNetwork) {
        guard next < count else { return }
        network.send(WirePacket(flow: 0, kind: .video, byteCount: 1250, number: next))
        next += 1
        network.wake(0, at: start + interval * next)
    }

    func receive(_ packet: WirePacket, in network: CongestionNetwork) {
        arrivals.append((packet.number, network.now))
    }

    func lose(_ packet: WirePacket, in network: CongestionNetwork) {}
}
