import Testing

@testable import MediaCore

/// What clusters find, and when they are sent.
@Suite struct ProbingTests {
    private func instant(_ milliseconds: Double) -> MediaInstant {
        MediaInstant(nanoseconds: Int64((milliseconds * 1e6).rounded()))
    }

    /// Ten packets of 1,250 bytes, 10 ms apart when they leave, so many ms when they arrive.
    private func result(arrivingEach interval: Double, count: Int = 10, perGroup: Int = 1) -> ProbeBitrate.Result? {
        var probes = ProbeBitrate()
        probes.expect(ProbeCluster(id: 3, bitrate: 1_000_000, duration: .milliseconds(100)))
        var result: ProbeBitrate.Result?
        for index in 0..<count {
            let arrival = instant(5_000 + Double(index) * interval)
            let report = PacketReport(
                sequenceNumber: Int64(index), byteCount: 1_250,
                departure: instant(Double(index / perGroup * perGroup) * 10), arrival: arrival, probe: 3)
            result = probes.add(report, arrival: arrival) ?? result
        }
        return result
    }

    @Test func aClusterFindsTheLesserRate() throws {
        #expect(result(arrivingEach: 10)?.bitrate == 1_000_000)
        #expect(result(arrivingEach: 10)?.isFilled == false)
        // Arriving somewhat faster it is the rate of departure that counts.
        #expect(result(arrivingEach: 8)?.bitrate == 1_000_000)
        // Arriving slower they filled the link: 95 % of the rate of arrival.
        let filled = try #require(result(arrivingEach: 20))
        #expect(abs(filled.bitrate - 475_000) < 1 && filled.isFilled)
        // Somewhat slower they did not.
        let slower = try #require(result(arrivingEach: 10.5))
        #expect(abs(slower.bitrate - 1_000_000 / 1.05) < 1 && !slower.isFilled)
        // In groups of two there are four distances for eight packets.
        #expect(result(arrivingEach: 10, perGroup: 2)?.bitrate == 1_000_000)
    }

    @Test func whatCannotBeIsRefused() {
        // More than twice as fast; all at once; backwards; too few; beyond a second.
        #expect(result(arrivingEach: 4) == nil)
        #expect(result(arrivingEach: 0) == nil)
        #expect(result(arrivingEach: -10) == nil)
        #expect(result(arrivingEach: 10, count: 7) == nil)
        #expect(result(arrivingEach: 10, count: 8) != nil)
        #expect(result(arrivingEach: 200, count: 10) == nil)
        var probes = ProbeBitrate()
        let stranger = PacketReport(
            sequenceNumber: 0, byteCount: .max, departure: instant(0), arrival: instant(0), probe: 9)
        let refused = probes.add(stranger, arrival: instant(0))
        #expect(refused == nil)
    }

    private func found(_ cluster: ProbeCluster, _ share: Double) -> ProbeBitrate.Result {
        ProbeBitrate.Result(cluster: cluster, bitrate: Double(cluster.bitrate) * share, isFilled: share < 0.9)
    }

    @Test func probingGoesOnWhileTheLinkCarriesIt() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        let answer1 = probing.take()
        let first = try #require(answer1)
        let answer2 = probing.take()
        let second = try #require(answer2)
        let answer3 = probing.take()
        #expect(answer3 == nil)
        #expect(first.bitrate == 900_000 && second.bitrate == 1_800_000 && first.id != second.id)
        probing.receive(found(first, 1), at: instant(150))
        let answer4 = probing.take()
        #expect(answer4 == nil)
        probing.receive(found(second, 0.95), at: instant(250))
        let answer5 = probing.take()
        let third = try #require(answer5)
        #expect(third.bitrate == 3_420_000)
        probing.receive(found(third, 1), at: instant(350))
        let answer6 = probing.take()
        let fourth = try #require(answer6)
        #expect(fourth.bitrate == 6_840_000)
        probing.receive(found(fourth, 1), at: instant(400))
        // At the most that is allowed it ends.
        let answer7 = probing.take()
        #expect(answer7?.bitrate == 10_000_000)
        probing.receive(found(fourth, 1), at: instant(450))
        let answer8 = probing.take()
        #expect(answer8 == nil)
    }

    @Test func probingEndsWhereTheLinkEndsOrIsSlowToAnswer() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        _ = probing.take()
        let answer9 = probing.take()
        let second = try #require(answer9)
        probing.receive(found(second, 0.6), at: instant(250))
        let answer10 = probing.take()
        #expect(answer10 == nil)
        probing.update(estimate: 1_000_000, restraint: .none, region: ApplicationLimitedRegion(), at: instant(1_100))
        probing.receive(found(second, 1), at: instant(1_200))
        let answer11 = probing.take()
        #expect(answer11 == nil)
    }

    @Test func nothingBeyondWhatIsUseful() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.setUseful(400_000, isLimited: false, restraint: .none, at: instant(0))
        probing.begin(start: 300_000, at: instant(0))
        let answer12 = probing.take()
        #expect(answer12?.bitrate == 800_000)
        let answer13 = probing.take()
        #expect(answer13 == nil)
        // Useful rises while the link is not tried: probed for, up to twice the estimate.
        probing.update(estimate: 800_000, restraint: .none, region: ApplicationLimitedRegion(), at: instant(2_000))
        probing.setUseful(1_000_000, isLimited: true, restraint: .none, at: instant(2_000))
        let answer14 = probing.take()
        #expect(answer14?.bitrate == 1_000_000)
        let answer15 = probing.take()
        #expect(answer15?.bitrate == 1_600_000)
        probing.setUseful(2_000_000, isLimited: true, restraint: .all, at: instant(3_000))
        let answer16 = probing.take()
        #expect(answer16 == nil)
    }

    @Test func anApplicationThatIsLimitedIsProbedForAtTimes() {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        while probing.take() != nil {}
        var region = ApplicationLimitedRegion()
        var times: [Double] = []
        for time in stride(from: 0.0, through: 20_000, by: 100) {
            region.sent(byteCount: 1_000, estimate: 1_000_000, at: instant(time))
            probing.update(estimate: 1_000_000, restraint: .none, region: region, at: instant(time))
            while let cluster = probing.take() {
                #expect(cluster.bitrate == 2_000_000)
                times.append(time)
            }
        }
        #expect((3...4).contains(times.count))
        for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 5_000) }
    }
}
