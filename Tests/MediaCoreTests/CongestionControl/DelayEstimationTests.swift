import Testing

@testable import MediaCore

/// Packet groups, the line through their delays, and what is made of it.
@Suite struct DelayEstimationTests {
    private func instant(_ milliseconds: Double) -> MediaInstant {
        MediaInstant(nanoseconds: Int64((milliseconds * 1e6).rounded()))
    }

    @Test func groupsAreComparedByTheirLastPackets() {
        var groups = PacketGroups()
        // Three packets within 5 ms, then one alone, then the next begins.
        let answer20 = groups.add(departure: instant(0), arrival: instant(1_000), at: instant(60))
        #expect(answer20 == nil)
        let answer21 = groups.add(departure: instant(2), arrival: instant(1_003), at: instant(60))
        #expect(answer21 == nil)
        let answer22 = groups.add(departure: instant(5), arrival: instant(1_006), at: instant(60))
        #expect(answer22 == nil)
        let answer23 = groups.add(departure: instant(20), arrival: instant(1_025), at: instant(60))
        #expect(answer23 == nil)
        let spacing = groups.add(departure: instant(40), arrival: instant(1_050), at: instant(90))
        #expect(
            spacing
                == PacketGroups.Spacing(
                    departure: .milliseconds(15), arrival: .milliseconds(19), instant: instant(1_025)))
        // One that left before the group began says nothing.
        let answer24 = groups.add(departure: instant(30), arrival: instant(1_060), at: instant(90))
        #expect(answer24 == nil)
    }

    @Test func packetsHeldUpTogetherAreOneGroup() {
        var groups = PacketGroups()
        _ = groups.add(departure: instant(0), arrival: instant(1_000), at: instant(60))
        // 10 ms apart at departure, 1 ms at arrival: an access point let them go together.
        for index in 1...5 {
            let spacing = groups.add(
                departure: instant(Double(index) * 10), arrival: instant(1_050 + Double(index)), at: instant(100))
            // The first of them is 51 ms late and begins a group.
            #expect(spacing == nil)
        }
        let spacing = groups.add(departure: instant(100), arrival: instant(1_100), at: instant(160))
        #expect(spacing?.departure == .milliseconds(50))
        #expect(spacing?.arrival == .milliseconds(55))
    }

    @Test func aClockThatJumpsBeginsAnew() {
        var groups = PacketGroups()
        for index in 0..<4 {
            _ = groups.add(
                departure: instant(Double(index) * 10), arrival: instant(Double(index) * 10), at: instant(50))
        }
        let answer25 = groups.add(departure: instant(40), arrival: instant(90_000), at: instant(100))
        #expect(answer25 != nil)
        let answer26 = groups.add(departure: instant(50), arrival: instant(90_010), at: instant(100))
        #expect(answer26 == nil)
        let answer27 = groups.add(departure: instant(60), arrival: instant(90_020), at: instant(100))
        #expect(answer27 == nil)
        let answer28 = groups.add(departure: instant(70), arrival: instant(90_030), at: instant(100))
        #expect(answer28 == nil)
        let spacing = groups.add(departure: instant(80), arrival: instant(90_040), at: instant(100))
        #expect(spacing?.arrival == .milliseconds(10))
    }

    @Test func theSlopeOfARampIsFound() {
        var line = TrendlineEstimator()
        // The delay rises by 1 ms in each 10 ms of sending, 11 ms of arriving.
        for index in 1...400 {
            line.add(
                PacketGroups.Spacing(
                    departure: .milliseconds(10), arrival: .milliseconds(11), instant: instant(Double(index) * 11)))
            if index < TrendlineEstimator.window { #expect(line.slope == 0) }
        }
        #expect(abs(line.slope - 1.0 / 11) < 1e-9)
        #expect(abs(line.trend - 60 * 4.0 / 11) < 1e-6)
        line.reset()
        #expect(line.slope == 0 && line.count == 0)
    }

    @Test func steadyDelayHasNoSlope() {
        var line = TrendlineEstimator()
        for index in 1...40 {
            line.add(
                PacketGroups.Spacing(
                    departure: .milliseconds(10), arrival: .milliseconds(10), instant: instant(Double(index) * 10)))
        }
        #expect(line.slope == 0)
    }

    @Test func overuseNeedsTwoGroupsAndTenMilliseconds() {
        var line = TrendlineEstimator()
        var detector = OveruseDetector()
        var overAt: Int?
        for index in 1...40 {
            let spacing = PacketGroups.Spacing(
                departure: .milliseconds(10), arrival: .milliseconds(13), instant: instant(Double(index) * 13))
            line.add(spacing)
            detector.update(line, distance: spacing.departure, at: spacing.instant)
            if detector.usage == .over, overAt == nil { overAt = index }
        }
        // The line needs 20 groups; the 20th counts 5 ms, the 21st 10 more.
        #expect(overAt == 21)
    }

    @Test func theThresholdFollowsTheTrend() {
        var line = TrendlineEstimator()
        var detector = OveruseDetector()
        // No slope: each step of 20 ms takes 0.039 * 20 of the way to 0, until the lower bound.
        var threshold = 12.5
        for index in 1...30 {
            let spacing = PacketGroups.Spacing(
                departure: .milliseconds(20), arrival: .milliseconds(20), instant: instant(Double(index) * 20))
            line.add(spacing)
            detector.update(line, distance: spacing.departure, at: spacing.instant)
            // The first group is too few to judge; the second has no time before it.
            if index >= 3 { threshold = max(6, threshold * (1 - 0.039 * 20)) }
            #expect(abs(detector.threshold - threshold) < 1e-9)
        }
        #expect(detector.usage == .normal)
    }

    @Test func theThresholdRisesUnderASteadySlopeButNotAfterASpike() {
        var line = TrendlineEstimator()
        var detector = OveruseDetector()
        // A slope of 0.06 makes a trend of up to 14.4 and lifts the threshold towards it.
        for index in 1...600 {
            let spacing = PacketGroups.Spacing(
                departure: .milliseconds(20), arrival: .microseconds(21_277),
                instant: instant(Double(index) * 21.277))
            line.add(spacing)
            detector.update(line, distance: spacing.departure, at: spacing.instant)
        }
        #expect(abs(detector.threshold - line.trend) < 0.1)
        let before = detector.threshold
        var time = 600 * 21.277
        for _ in 1...6 {
            time += 60
            let spacing = PacketGroups.Spacing(
                departure: .milliseconds(20), arrival: .milliseconds(60), instant: instant(time))
            line.add(spacing)
            detector.update(line, distance: spacing.departure, at: spacing.instant)
        }
        #expect(line.trend > before + 15)
        #expect(detector.usage == .over)
        #expect(abs(detector.threshold - before) < 15)
    }
}

/// How long packets wait.
@Suite struct QueueDelayTests {
    private func instant(_ milliseconds: Int64) -> MediaInstant { MediaInstant(nanoseconds: milliseconds * 1_000_000) }

    /// Feedback each 50 ms about two packets that took so many milliseconds.
    private func feed(_ queue: inout QueueDelay, from start: Int64, until end: Int64, _ transit: (Int64) -> Int64) {
        for time in stride(from: start, to: end, by: 50) {
            let arrival = instant(time + 7_777 + transit(time))
            queue.add(departure: instant(time), arrival: arrival)
            queue.add(departure: instant(time), arrival: arrival + .milliseconds(9))
            queue.update(at: instant(time + 100))
        }
    }

    @Test func theQuickestPacketIsTheBase() throws {
        var queue = QueueDelay()
        #expect(queue.milliseconds == nil)
        feed(&queue, from: 0, until: 1_000) { _ in 40 }
        #expect(queue.milliseconds == 0)
        feed(&queue, from: 1_000, until: 2_000) { 40 + ($0 - 1_000) / 10 }
        let risen = try #require(queue.milliseconds)
        #expect((90...100).contains(risen))
        #expect(!queue.isFalling)
        feed(&queue, from: 2_000, until: 6_000) { _ in 140 }
        feed(&queue, from: 6_000, until: 6_700) { 140 - ($0 - 6_000) / 10 }
        #expect(queue.isFalling)
        // A quicker one is the base from then on.
        feed(&queue, from: 6_700, until: 7_000) { _ in 30 }
        feed(&queue, from: 7_000, until: 7_100) { _ in 40 }
        #expect(queue.milliseconds == 10)
    }

    @Test func aRouteThatBecameLongerIsTheBaseInTheEnd() {
        var queue = QueueDelay()
        feed(&queue, from: 0, until: 5_000) { _ in 40 }
        feed(&queue, from: 5_000, until: 10_000) { _ in 100 }
        #expect(queue.milliseconds == 60)
        feed(&queue, from: 10_000, until: 45_000) { _ in 100 }
        #expect(queue.milliseconds == 0)
    }

    @Test func aClockThatIsSetAnewIsNoQueue() {
        var queue = QueueDelay()
        feed(&queue, from: 0, until: 1_000) { _ in 40 }
        feed(&queue, from: 1_000, until: 1_500) { _ in 500_040 }
        #expect(queue.milliseconds == 0)
        for nanoseconds in [Int64.min, .max, 0, -1] {
            queue.add(departure: instant(2_000), arrival: MediaInstant(nanoseconds: nanoseconds))
            queue.update(at: instant(2_000))
            #expect((queue.milliseconds ?? -1) >= 0)
        }
    }
}
