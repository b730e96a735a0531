import MediaTestSupport
import Testing

@testable import MediaCore

/// The estimate stays within its bounds, whatever arrives.
@Suite struct EstimatorPropertyTests {
    private static let limits: [BitrateLimits] = [
        BitrateLimits(), BitrateLimits(minimum: 5_000, start: 5_000, maximum: 1_000_000_000),
        BitrateLimits(minimum: 250_000, start: 250_000, maximum: 250_000),
    ]

    private func trial(_ receiver: EstimatorTrial.Receiver, _ limits: BitrateLimits, seed: UInt64) -> EstimatorTrial {
        EstimatorTrial(GoogleCongestionControl(limits: limits), limits: limits, receiver: receiver, seed: seed)
    }

    @Test func staysWithinBoundsWhateverArrives() {
        for receiver in EstimatorTrial.Receiver.allCases {
            for (index, limits) in Self.limits.enumerated() {
                for seed in 1...2 as ClosedRange<UInt64> {
                    var trial = trial(receiver, limits, seed: seed * 16 + UInt64(index))
                    for _ in 0..<400 { trial.step() }
                    let failures = trial.failures
                    #expect(failures.isEmpty, "\(receiver), \(limits), seed \(seed)")
                }
            }
        }
    }

    /// The trial can tell: an honest receiver moves the estimate, upwards too, and probes are sent.
    @Test func honestReceiversAreHeard() {
        var honest = trial(.honest, BitrateLimits(), seed: 5)
        for _ in 0..<600 { honest.step() }
        let (lowest, highest, probes) = (honest.lowest, honest.highest, honest.probeCount)
        #expect(highest > 300_000 && probes > 0)
        var lossy = trial(.losesAll, BitrateLimits(), seed: 5)
        for _ in 0..<600 { lossy.step() }
        let fallen = lossy.lowest
        #expect(fallen < 300_000 && fallen <= lowest)
    }

    @Test func equalInputGivesEqualOutput() {
        for receiver in EstimatorTrial.Receiver.allCases {
            var digests: Set<UInt64> = []
            for _ in 0..<2 {
                var trial = trial(receiver, BitrateLimits(), seed: 77)
                for _ in 0..<200 { trial.step() }
                digests.insert(trial.digest)
            }
            #expect(digests.count == 1, "\(receiver)")
        }
    }

    @Test func aMillionReportsAreNothingSpecial() {
        for receiver in [.honest, .mixed, .extremes, .losesAll] as [EstimatorTrial.Receiver] {
            var trial = trial(receiver, BitrateLimits(), seed: 9)
            let few = trial.valueCount
            for round in 0..<250 {
                if round % 10 == 0 { trial.step() }
                trial.hear(1_000)
            }
            let (many, failures) = (trial.valueCount, trial.failures)
            #expect(failures.isEmpty && many < few + 2_000, "\(receiver)")
        }
    }

    /// It holds no more after many reports than after some, and they cost no more.
    @Test func memoryAndWorkAreBounded() {
        var honest = trial(.honest, BitrateLimits(), seed: 3)
        for _ in 0..<300 { honest.step() }
        let honestTime = ProcessorTime.measure { honest.hear(2_000) }
        for receiver in EstimatorTrial.Receiver.allCases {
            var trial = trial(receiver, BitrateLimits(), seed: 3)
            for _ in 0..<300 { trial.step() }
            let time = ProcessorTime.measure { trial.hear(16_384) }
            let first = trial.valueCount
            for _ in 0..<20 { trial.hear(500) }
            let (second, failures) = (trial.valueCount, trial.failures)
            #expect(first < 2_000 && second < 2_000 && failures.isEmpty, "\(receiver)")
            #expect(time / 16_384 < honestTime / 2_000 * 20 + .microseconds(20), "\(receiver)")
        }
    }
}
