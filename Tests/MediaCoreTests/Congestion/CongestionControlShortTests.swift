import MediaCore
import MediaTestSupport
import Testing

/// The short form of `make ccbench`: some of its cases, one seed each, with the bars that are asked there.
@Suite struct CongestionControlShortTests {
    private static let estimator: CongestionCase.EstimatorSource = { GoogleCongestionControl(limits: $0) }

    private func test(_ name: String) throws -> CongestionCase {
        try #require(CongestionCase.all.first { $0.name == name })
    }

    /// Every figure clears its bar.
    private func check(_ test: CongestionCase, _ run: CongestionRun) {
        for figure in test.figures {
            let value = figure.figure(of: [run])
            #expect(figure.isMet(by: value), "\(test.name), \(figure.name): \(figure.text(value)), \(figure.barText)")
        }
    }

    @Test(arguments: ["loss-5", "aggregation-2M", "join-long-queue", "band-capacity"])
    func barsAreCleared(_ name: String) throws {
        let test = try test(name)
        check(test, test.run(seed: 1, estimator: Self.estimator))
    }

    @Test func aFixedLinkIsUsedAndNotOverused() throws {
        let test = try test("fixed-1M-50ms")
        let run = test.run(seed: 1, estimator: Self.estimator)
        check(test, run)
        // Neither the estimate nor what is sent stands above the link in the long run.
        let estimate = run.estimate(6..<65)
        #expect((800_000...1_050_000).contains(estimate))
        #expect(run.loss(0..<65) < 0.01)
        #expect(run.utilisation(6..<65) <= 1.001)
    }

    @Test func capacityIsFollowedUpAndDown() throws {
        let test = try test("5.1-50ms")
        let run = test.run(seed: 1, estimator: Self.estimator)
        // A drop is followed at once, and a rise in its time.
        #expect(run.timeToFit(after: 60) <= 2)
        #expect(run.estimate(65..<80) < 650_000)
        #expect(run.estimate(35..<40) < 1_100_000)
        #expect(run.estimate(55..<60) > 1_200_000)
        #expect(run.loss(0..<100) <= 0.01)
        #expect(run.queueDelay(0..<100, percentile: 0.95) <= 0.08)
    }

    @Test func threeFlowsShareALink() throws {
        let test = try test("5.4")
        check(test, test.run(seed: 1, estimator: Self.estimator))
    }

    @Test func theEngineClearsTheSameBars() throws {
        let test = try test("fixed-1M-50ms")
        let run = try test.run(seed: 1, .engine(Self.estimator))
        check(test, run)
        let estimate = run.estimate(6..<65)
        #expect((800_000...1_050_000).contains(estimate))
        // The same seed gives the same run, keys and certificates aside.
        let again = try test.run(seed: 1, .engine(Self.estimator))
        #expect(test.json(of: [run]) == test.json(of: [again]))
    }

    @Test func theEngineSendsNoMoreThanAJoinersLinkCarries() throws {
        let test = try test("join-long-queue")
        check(test, try test.run(seed: 1, .engine(Self.estimator)))
    }

    /// The engine's pacer, under who knows the link: a keyframe far larger than the link's buffer is spread.
    @Test func theEngineSpreadsAKeyframe() throws {
        let test = try test("keyframe")
        let run = try test.run(seed: 1, .engine { _ in KnowingEstimator(Steps(1_900_000)) })
        check(test, run)
        #expect(run.flows[0].keyframes.map(\.arrived) == [60, 60, 60, 60])
        // And not more than it has to be: 60 packets at 2 Mbit/s take 295 ms.
        let times = run.flows[0].keyframes.map { ($0.lastArrival - $0.madeAt).inSeconds }
        #expect((times.min() ?? 0) > 0.29)
    }
}
