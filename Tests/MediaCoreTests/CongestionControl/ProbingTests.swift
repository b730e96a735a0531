import Testing

@testable import MediaCore

/// What clusters find, and when they are sent.
@Suite struct ProbingTests {
    private func instant(_ milliseconds: Double) -> MediaInstant {
        MediaInstant(nanoseconds: Int64((milliseconds * 1e6).rounded()))
    }

    /// Ten packets of 1,250 bytes, 10 ms apart when they leave, so many ms when they arrive.
    private func result(arrivingEach interval: Double, count: Int = 10, perGroup: Int = 1) -> ProbeBitrate.Outcome? {
        var probes = ProbeBitrate()
        probes.expect(ProbeCluster(id: 3, bitrate: 1_000_000, duration: .milliseconds(100)))
        var result: ProbeBitrate.Outcome?
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

    private func found(_ cluster: ProbeCluster, _ share: Double) -> ProbeBitrate.Outcome {
        ProbeBitrate.Outcome(cluster: cluster, bitrate: Double(cluster.bitrate) * share, isFilled: share < 0.9)
    }

    @Test func probingGoesOnWhileTheLinkCarriesIt() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        var cluster = try #require(next(&probing))
        var bitrates = [cluster.bitrate]
        for step in 1...4 {
            probing.receive(found(cluster, 0.95), at: instant(Double(step) * 100))
            let further = try #require(next(&probing))
            #expect(further.id != cluster.id)
            bitrates.append(further.bitrate)
            cluster = further
        }
        // At the most that is allowed it ends.
        #expect(bitrates == [900_000, 1_710_000, 3_249_000, 6_173_100, 10_000_000])
        probing.receive(found(cluster, 1), at: instant(500))
        let none = next(&probing)
        #expect(none == nil)
    }

    @Test func probingEndsWhereTheLinkEndsOrIsSlowToAnswer() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        let first = try #require(next(&probing))
        probing.receive(found(first, 0.6), at: instant(250))
        let none = next(&probing)
        #expect(none == nil)
        probing.update(
            estimate: 500_000, restraint: .none, region: ApplicationLimitedRegion(), roundTrip: .milliseconds(50),
            at: instant(1_200))
        probing.receive(found(first, 1), at: instant(1_300))
        let late = next(&probing)
        #expect(late == nil)
    }

    @Test func aFirstClusterThatNobodyAnsweredForIsRepeated() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        var times: [Double] = []
        for time in stride(from: 0.0, through: 20_000, by: 100) {
            probing.update(
                estimate: 320_000, restraint: .none, region: ApplicationLimitedRegion(), roundTrip: .milliseconds(500),
                at: instant(time))
            while let cluster = next(&probing) {
                #expect(cluster.bitrate == (time == 0 ? 900_000 : 960_000))
                times.append(time)
            }
        }
        // Each two seconds, that is one and two round trips, for ten.
        #expect(times == [0, 2_100, 4_200, 6_300, 8_400])
    }

    private func next(_ probing: inout ProbeController) -> ProbeCluster? { probing.take() }

    @Test func nothingBeyondWhatIsUseful() throws {
        var probing = ProbeController(maximum: 10_000_000)
        probing.setUseful(100_000, next: nil, isLimited: false, restraint: .none, at: instant(0))
        // While all is new nobody asks: publishers have just begun.
        probing.begin(start: 300_000, at: instant(0))
        let first = probing.take()
        #expect(first?.bitrate == 900_000)
        func update(_ time: Double, estimate: Double) {
            probing.update(
                estimate: estimate, restraint: .none, region: ApplicationLimitedRegion(),
                roundTrip: .milliseconds(50), at: instant(time))
        }
        update(12_000, estimate: 800_000)
        while probing.take() != nil {}
        // Useful rises while the link is not tried: probed for, up to twice the estimate.
        probing.setUseful(1_000_000, next: nil, isLimited: true, restraint: .none, at: instant(12_000))
        let second = probing.take()
        #expect(second?.bitrate == 1_000_000)
        let third = probing.take()
        #expect(third?.bitrate == 1_600_000)
        probing.setUseful(2_000_000, next: nil, isLimited: true, restraint: .all, at: instant(13_000))
        let fourth = probing.take()
        #expect(fourth == nil)
    }

    /// What the next step up needs is tried every few seconds, a little above, and at most at twice the estimate at once.
    @Test func theNextStepIsTried() {
        var probing = ProbeController(maximum: 10_000_000)
        // It sends all it may.
        let region = ApplicationLimitedRegion()
        #expect(region.since == nil)
        probing.begin(start: 300_000, at: instant(0))
        probing.update(
            estimate: 500_000, restraint: .none, region: region, roundTrip: .milliseconds(50), at: instant(11_000))
        while probing.take() != nil {}
        probing.setUseful(5_000_000, next: 690_000, isLimited: false, restraint: .none, at: instant(11_000))
        var probes: [(time: Double, bitrate: Int64)] = []
        for time in stride(from: 12_000.0, to: 32_000, by: 100) {
            probing.update(
                estimate: 500_000, restraint: .none, region: region, roundTrip: .milliseconds(50),
                at: instant(time))
            while let probe = probing.take() { probes.append((time, probe.bitrate)) }
        }
        #expect(probes.count >= 4 && probes.count <= 6, "\(probes)")
        #expect(probes.allSatisfy { $0.bitrate == 759_000 }, "\(probes)")
        #expect(zip(probes, probes.dropFirst()).allSatisfy { $1.time - $0.time >= 2_000 })
        // Once it is there nothing more is tried, and what is far above in steps.
        probing.setUseful(5_000_000, next: 450_000, isLimited: false, restraint: .none, at: instant(33_000))
        probing.update(
            estimate: 500_000, restraint: .none, region: region, roundTrip: .milliseconds(50),
            at: instant(40_000))
        let none = probing.take()
        #expect(none == nil)
        probing.setUseful(5_000_000, next: 3_000_000, isLimited: false, restraint: .none, at: instant(41_000))
        probing.update(
            estimate: 500_000, restraint: .none, region: region, roundTrip: .milliseconds(50),
            at: instant(47_000))
        let far = probing.take()
        #expect(far?.bitrate == 1_000_000)
    }

    /// What pictures take wavers all the time.
    @Test func aWaveringUseIsNotProbedForAgainAndAgain() {
        var probing = ProbeController(maximum: 100_000_000)
        probing.setUseful(2_000_000, next: nil, isLimited: false, restraint: .none, at: instant(0))
        probing.begin(start: 1_900_000, at: instant(0))
        probing.update(
            estimate: 1_900_000, restraint: .none, region: ApplicationLimitedRegion(), roundTrip: .milliseconds(50),
            at: instant(11_000))
        while next(&probing) != nil {}
        var count = 0
        for step in 0..<50 {
            probing.setUseful(
                step % 2 == 0 ? 2_000_000 : 2_100_000, next: nil, isLimited: true, restraint: .none,
                at: instant(12_000 + Double(step) * 200))
            while next(&probing) != nil { count += 1 }
        }
        #expect(count == 0)
        // What grows slowly is probed for when it has grown much.
        for step in 0..<50 {
            probing.setUseful(
                2_100_000 + Double(step) * 20_000, next: nil, isLimited: true, restraint: .none,
                at: instant(22_000 + Double(step) * 200))
            while next(&probing) != nil { count += 1 }
        }
        #expect(count == 2)
    }

    @Test func anApplicationThatIsLimitedIsProbedForAtTimes() {
        var probing = ProbeController(maximum: 10_000_000)
        probing.begin(start: 300_000, at: instant(0))
        while let cluster = next(&probing) { probing.receive(found(cluster, 0.5), at: instant(0)) }
        var region = ApplicationLimitedRegion()
        var times: [Double] = []
        for time in stride(from: 0.0, through: 20_000, by: 100) {
            region.sent(byteCount: 1_000, estimate: 1_000_000, at: instant(time))
            probing.update(
                estimate: 1_000_000, restraint: .none, region: region, roundTrip: .milliseconds(50), at: instant(time))
            while let cluster = probing.take() {
                #expect(cluster.bitrate == 2_000_000)
                times.append(time)
            }
        }
        #expect((6...7).contains(times.count))
        for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 3_000) }
    }
}
