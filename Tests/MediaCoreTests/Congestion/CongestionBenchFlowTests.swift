import MediaCore
import MediaTestSupport
import Synchronization
import Testing

/// The flows of the congestion bench, and the figures it takes of them: what is good is called good, and what is bad
/// is called bad.
@Suite struct CongestionBenchFlowTests {
    private func route(_ links: [Int], delay: Int64 = 25) -> Route {
        Route(links: links, delay: Steps(.milliseconds(delay)))
    }

    private func run(
        rate: Int64 = 1_000_000, flows: [CongestionCase.Flow.Kind], seconds: Double = 30, seed: UInt64 = 1,
        loss: Double = 0,
        estimator: @escaping CongestionCase.EstimatorSource = { _ in KnowingEstimator(Steps(950_000)) }
    ) -> CongestionRun {
        var link = BottleneckLink.Behaviour(rate: Steps(rate))
        link.loss = Steps(loss)
        let flows = flows.map { CongestionCase.Flow($0, forward: route([0]), backward: route([])) }
        return CongestionCase("test", "", seconds: seconds, links: [link], flows: flows, figures: [])
            .run(seed: seed, estimator: estimator)
    }

    private var media: MediaFlow.Configuration {
        var configuration = MediaFlow.Configuration()
        configuration.source.maximum = 4_000_000
        configuration.source.minimum = 50_000
        return configuration
    }

    @Test func whoKnowsTheCapacityUsesItWithoutQueues() {
        let run = run(flows: [.media(media)])
        let share = run.utilisation(2..<30)
        #expect((0.92...0.98).contains(share))
        #expect(run.queueDelay(2..<30, percentile: 0.95) < 0.04)
        #expect(run.loss(0..<30) == 0)
        #expect(run.timeToReach(0.7, after: 0) <= 1)
    }

    @Test func whoSendsTwiceAsMuchFillsTheQueueAndLosesHalf() {
        let run = run(flows: [.media(media)]) { _ in KnowingEstimator(Steps(2_000_000)) }
        let loss = run.loss(2..<30)
        #expect((0.45...0.55).contains(loss))
        let delay = run.queueDelay(2..<30, percentile: 0.5)
        #expect((0.27...0.3).contains(delay))
        let share = run.utilisation(2..<30)
        #expect((0.98...1.01).contains(share))
        #expect(run.timeToFit(after: 5) == .infinity)
    }

    @Test func whoSendsTooLittleLeavesTheLinkEmpty() {
        let run = run(flows: [.media(media)]) { _ in KnowingEstimator(Steps(300_000)) }
        let share = run.utilisation(2..<30)
        #expect((0.28...0.32).contains(share))
        #expect(run.timeToReach(0.7, after: 0) == .infinity)
        #expect(run.timeToFit(after: 5) == 0)
    }

    @Test func theSamePacketsFollowFromTheSameSeed() {
        let test = CongestionCase.all.first { $0.name == "loss-5" }
        guard let test else { return #expect(Bool(false)) }
        let runs = [1, 1, 2].map { test.run(seed: $0) { _ in KnowingEstimator(Steps(600_000)) } }
        let texts = runs.map { test.json(of: [$0]) }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test(arguments: [TCPWindow.Algorithm.reno, .cubic]) func oneTCPFillsALink(_ algorithm: TCPWindow.Algorithm) {
        var file = TCPFlow.Configuration()
        file.algorithm = algorithm
        let run = run(rate: 2_000_000, flows: [.tcp(file)], seconds: 60)
        let share = run.utilisation(5..<60)
        #expect((0.9...1.001).contains(share))
        // It fills the queue until something is lost, and then backs off.
        #expect((run.links[0].queueDelay.max() ?? 0) > 0.25)
        let loss = run.loss(0..<60)
        #expect(loss > 0 && loss < 0.05)
    }

    @Test(arguments: [TCPWindow.Algorithm.reno, .cubic]) func twoTCPsShareALink(_ algorithm: TCPWindow.Algorithm) {
        var file = TCPFlow.Configuration()
        file.algorithm = algorithm
        var later = file
        later.start = 5
        let run = run(rate: 2_000_000, flows: [.tcp(file), .tcp(later)], seconds: 120)
        #expect(run.ratio(20..<120, of: [0, 1]) < 1.5)
        let share = run.utilisation(5..<120, of: [0, 1])
        #expect((0.9...1.001).contains(share))
    }

    @Test func tcpSlowsDownOnALossyLink() {
        let clean = run(rate: 10_000_000, flows: [.tcp(TCPFlow.Configuration())])
        let lossy = run(rate: 10_000_000, flows: [.tcp(TCPFlow.Configuration())], loss: 0.02)
        #expect(clean.utilisation(5..<30) > 0.9)
        // 1.22 segments of 1500 bytes a round trip of 50 ms, over the root of the loss; half of that with delayed
        // acknowledgements and timeouts.
        let rate = lossy.rate(5..<30)
        #expect((1_000_000...2_400_000).contains(rate))
    }

    @Test func shortTCPsFetchTheirObjects() {
        let pages = (0..<10).map { place in
            var page = TCPFlow.Configuration()
            page.isShort = true
            page.beginsOn = place < 2
            return CongestionCase.Flow.Kind.tcp(page)
        }
        let run = run(rate: 20_000_000, flows: pages, seconds: 300)
        // 40 KB every ten seconds and a little, ten times.
        let rate = (0..<10).reduce(0) { $0 + run.rate(0..<300, of: $1) }
        #expect((240_000...380_000).contains(rate))
        #expect(run.flows[0].sent[0] > 0 && run.flows[5].sent[0] == 0)
    }

    @Test func aSourceFollowsItsTarget() {
        var configuration = media
        configuration.source.pauses = [10..<20]
        let run = run(rate: 10_000_000, flows: [.media(configuration)]) { _ in
            KnowingEstimator(Steps(1_000_000, [(20, 6_000_000)]))
        }
        let before = run.rate(1..<10)
        #expect((950_000...1_050_000).contains(before))
        #expect(run.rate(10.2..<20) == 0)
        #expect(run.utilisation(10.2..<20) == 0)
        // Not beyond its bound.
        let after = run.rate(21..<30)
        #expect((3_800_000...4_200_000).contains(after))
        #expect((0.95...1.05).contains(run.utilisation(21..<30)))
    }

    @Test func whatOverfillsThePacerIsShedInFrames() {
        var configuration = media
        configuration.source.adaptation = .none
        configuration.source.maximum = 2_500_000
        configuration.source.needsKeyframes = true
        let run = run(flows: [.media(configuration)])
        // 1 Mbit/s of 2.5: most frames stay behind, what leaves fits.
        #expect((100...800).contains(run.flows[0].shedFrames))
        #expect(run.loss(0..<30) == 0)
        let share = run.utilisation(2..<30)
        #expect((0.75...1).contains(share))
    }

    @Test func keyframesAreFollowedToTheirLastPacket() {
        var configuration = media
        configuration.source.keyframes = [(5, 60)]
        let run = run(flows: [.media(configuration)], seconds: 10)
        #expect(run.flows[0].keyframes.count == 1)
        let keyframe = run.flows[0].keyframes[0]
        #expect(keyframe.packets == 60 && keyframe.arrived == 60)
        // 590 ms at the pacing rate, and the way.
        let time = (keyframe.lastArrival - keyframe.madeAt).inSeconds
        #expect((0.55...0.75).contains(time))
    }

    @Test func everyPacketIsReportedOnce() {
        let log = FeedbackLog()
        let run = run(flows: [.media(media)], seconds: 10, loss: 0.05) { _ in
            RecordingEstimator(log: log, knowing: KnowingEstimator(Steps(800_000)))
        }
        let reports = log.reports.withLock { $0 }
        let sent = run.flows[0].sentPackets.reduce(0, +)
        let lost = run.flows[0].lostPackets.reduce(0, +)
        let numbers = reports.map(\.report.sequenceNumber)
        #expect(numbers == Array(0..<Int64(numbers.count)))
        // The last are on their way.
        #expect((sent - 30...sent).contains(numbers.count))
        let reportedLost = reports.count { $0.report.arrival == nil }
        #expect((lost - 5...lost).contains(reportedLost))
        #expect(reports.reduce(0) { $0 + $1.report.byteCount } <= log.sent.withLock { $0 })
        // In units of 250 µs; 25 ms and the transmission after the departure.
        let epoch = (reports[0].report.arrival ?? MediaInstant(nanoseconds: 0)) - reports[0].report.departure
        for (report, at) in reports {
            guard let arrival = report.arrival else { continue }
            #expect(arrival.nanoseconds % 250_000 == 0)
            let delay = (arrival - report.departure - epoch).inSeconds
            #expect(delay > -0.015 && delay < 0.3)
            let age = (at - report.departure).inSeconds
            #expect(age >= 0.05 && age < 0.5)
        }
    }

    /// The bars of RFC 8867's first case can be cleared, and they are not by who does not know.
    @Test func barsTellGoodFromBad() {
        guard let test = CongestionCase.all.first(where: { $0.name == "5.1-50ms" }) else { return #expect(Bool(false)) }
        let share = 0.95
        let capacity = Steps(
            Int64(1_000_000 * share),
            [(40, Int64(2_500_000 * share)), (60, Int64(600_000 * share)), (80, Int64(1_000_000 * share))])
        let good = test.run(seed: 1) { _ in KnowingEstimator(capacity) }
        for figure in test.figures {
            let value = figure.figure(of: [good])
            #expect(figure.isMet(by: value), "\(figure.name): \(figure.text(value))")
        }
        let timid = test.run(seed: 1) { _ in KnowingEstimator(Steps(300_000)) }
        let bold = test.run(seed: 1) { _ in KnowingEstimator(Steps(1_500_000)) }
        let missed = [timid, bold].map { run in test.figures.filter { !$0.isMet(by: $0.figure(of: [run])) }.map(\.name)
        }
        #expect(missed[0] == ["utilisation from 10 s", "rise to 2.5: 90 % after", "rise to 1.0: 90 % after"])
        #expect(missed[1] == ["queue delay p95", "loss", "drop to 0.6: below after"])
    }
}

/// What an estimator was told.
private final class FeedbackLog: Sendable {
    let reports = Mutex<[(report: PacketReport, at: MediaInstant)]>([])
    let sent = Mutex(0)
}

private struct RecordingEstimator: BandwidthEstimator {
    let log: FeedbackLog
    var knowing: KnowingEstimator
    var rates: SendRates { knowing.rates }
    var nextDeadline: MediaInstant? { knowing.nextDeadline }

    init(log: FeedbackLog, knowing: KnowingEstimator) {
        self.log = log
        self.knowing = knowing
    }

    mutating func sent(byteCount: Int, at instant: MediaInstant) { log.sent.withLock { $0 += byteCount } }
    mutating func receive(_ reports: [PacketReport], at instant: MediaInstant) {
        log.reports.withLock { $0 += reports.map { ($0, instant) } }
    }
    mutating func begin(at instant: MediaInstant) {}
    mutating func advance(to instant: MediaInstant) {}
    mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant) {}
    mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant) {}
    mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant) {}
    mutating func takeProbe() -> ProbeCluster? { nil }
    mutating func setUsefulBitrate(_ bitrate: Int64?, next: Int64?, at instant: MediaInstant) {}
}
