import Testing

@testable import MediaCore

/// What losses say of a link.
@Suite struct LossEstimationTests {
    private func instant(_ milliseconds: Int64) -> MediaInstant { MediaInstant(nanoseconds: milliseconds * 1_000_000) }

    @Test func logarithms() {
        #expect(abs(naturalLogarithm(2.718_281_828_459_045) - 1) < 1e-12)
        #expect(abs(naturalLogarithm(1e-6) + 13.815_510_557_964_274) < 1e-11)
        #expect(abs(naturalLogarithm(1e9) - 20.723_265_836_946_41) < 1e-11)
        #expect(naturalLogarithm(1) == 0)
        #expect(naturalLogarithm(0) == -.infinity && naturalLogarithm(.nan) == -.infinity)
    }

    @Test func roots() {
        for x in [1.0, 2, 3.999, 4, 0.01, 1e9, 1e-9, 123_456.789] {
            #expect(abs(root(of: x) - x.squareRoot()) <= x.squareRoot() * 1e-15)
        }
        #expect(root(of: 0) == 0 && root(of: -1) == 0 && root(of: .nan) == 0 && root(of: .infinity) == 0)
    }

    @Test func theModelLosesWhatExceedsTheBandwidth() {
        let model = LossModel(bandwidth: 1_000_000, inherentLoss: 0.02)
        #expect(model.loss(sending: 500_000) == 0.02)
        #expect(abs(model.loss(sending: 2_000_000) - (0.02 + 0.98 * 0.5)) < 1e-12)
        var high = LossModel(bandwidth: 1_000_000, inherentLoss: 0.9)
        high.boundInherentLoss()
        #expect(abs(high.inherentLoss - 0.15) < 1e-12)
    }

    @Test func stretchesAreCounted() {
        var observations = LossObservations()
        for index in 0..<30 {
            observations.add(
                PacketReport(
                    sequenceNumber: Int64(index), byteCount: 1_000, departure: instant(Int64(index) * 10),
                    arrival: index % 10 == 0 ? nil : instant(Int64(index) * 10)))
        }
        // One that was reported lost came after all.
        observations.add(
            PacketReport(
                sequenceNumber: 20, byteCount: 1_000, departure: instant(200), arrival: instant(400),
                wasReportedLost: true))
        let answer33 = observations.endStretch()
        #expect(answer33)
        let answer34 = observations.endStretch()
        #expect(!answer34)
        #expect(observations.observations.first?.lostBytes == 2_000)
        #expect(observations.observations.first?.sentBytes == 30_000)
        #expect(abs(observations.averageLoss - 2.0 / 30) < 1e-12)
    }

    /// Sends at a rate that follows the estimate, through a link that loses at random and by its capacity.
    private func settle(
        loss: Double, capacity: Double, delayBased: Double, seconds: Int64
    ) -> (limit: Double, estimator: LossBasedEstimator) {
        var estimator = LossBasedEstimator()
        var random = MediaRandom.seeded(7)
        var (sequence, time, bitrate) = (Int64(0), 0.0, delayBased)
        while time < Double(seconds) * 1000 {
            var received = 0
            let end = time + 50
            while time < end {
                let excess = max(0, (bitrate - capacity) / bitrate)
                let p = loss + (1 - loss) * excess
                let isLost = Double(random.next() >> 11) / Double(1 << 53) < p
                received += isLost ? 0 : 1_000
                let at = instant(Int64(time))
                estimator.add(
                    PacketReport(sequenceNumber: sequence, byteCount: 1_000, departure: at, arrival: isLost ? nil : at))
                sequence += 1
                time += 8_000_000 / bitrate
            }
            let arrived = min(bitrate, capacity) * (1 - loss)
            estimator.update(
                LossBasedEstimator.Circumstances(
                    throughput: arrived, delayBased: delayBased, bounds: 5_000...10_000_000,
                    isApplicationLimited: false))
            bitrate = min(estimator.limit ?? delayBased, delayBased)
        }
        return (bitrate, estimator)
    }

    @Test func lossAtRandomCostsLittleAndCongestionMuch() {
        #expect(settle(loss: 0, capacity: 9e6, delayBased: 2e6, seconds: 20).limit == 2e6)
        #expect(settle(loss: 0.02, capacity: 9e6, delayBased: 2e6, seconds: 20).limit > 1.7e6)
        #expect(settle(loss: 0.1, capacity: 9e6, delayBased: 2e6, seconds: 20).limit > 100_000)
        // Half of what delays would allow: at least 70 % and at most 130 % of the capacity.
        let congested = settle(loss: 0, capacity: 1e6, delayBased: 2e6, seconds: 20).limit
        #expect((0.7e6...1.3e6).contains(congested))
    }

    @Test func everythingLostIsSurvived() {
        let result = settle(loss: 1, capacity: 9e6, delayBased: 2e6, seconds: 20)
        #expect(result.limit < 300_000)
        #expect(result.estimator.averageLoss > 0.99)
    }

    @Test func reportsOfLossAlone() {
        var estimator = ClassicLossEstimator(start: 1_000_000, bounds: 30_000...2_000_000)
        func receive(_ lost: Int64, _ expected: Int64, at time: Int64) {
            estimator.receive(
                lost: lost, of: expected, roundTrip: .milliseconds(100), mayRise: true, at: instant(time))
        }
        receive(0, 10, at: 0)
        #expect(estimator.bitrate == 1_000_000)
        receive(0, 10, at: 500)
        #expect(estimator.bitrate == 1_081_000)
        receive(5, 100, at: 2_000)
        #expect(estimator.bitrate == 1_081_000)
        receive(20, 100, at: 3_000)
        #expect(abs(estimator.bitrate - 972_900) < 1)
        // Not again within 300 ms and a round trip.
        receive(20, 100, at: 3_300)
        #expect(abs(estimator.bitrate - 972_900) < 1)
        for step in 0..<200 { receive(.max, .max, at: 4_000 + Int64(step) * 500) }
        #expect(estimator.bitrate == 30_000)
        receive(.min, .min, at: 200_000)
        #expect(estimator.bitrate >= 30_000)
    }
}
