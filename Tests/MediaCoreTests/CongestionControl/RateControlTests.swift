import Testing

@testable import MediaCore

/// How the rate rises and falls, and what it is measured against.
@Suite struct RateControlTests {
    private func instant(_ milliseconds: Int64) -> MediaInstant { MediaInstant(nanoseconds: milliseconds * 1_000_000) }

    private func circumstances(
        _ usage: LinkUsage, queue: Double = 0, throughput: Double?, isQuiet: Bool = false
    ) -> RateController.Circumstances {
        RateController.Circumstances(
            usage: usage, queueDelay: queue, isLong: queue >= 30, isOverflowing: false, throughput: throughput,
            isQuiet: isQuiet,
            roundTrip: .milliseconds(100))
    }

    @Test func theRateRisesByEightPercentASecond() {
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        for step in 0...10 {
            control.update(circumstances(.normal, throughput: 1_000_000), at: instant(Int64(step) * 100))
        }
        // Ten steps of 0.8 %; the first only starts the clock, and a step is 1 kbit/s at least.
        #expect(abs(control.bitrate - 1_084_000) < 3_000)
    }

    @Test func itStaysNearThroughput() {
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        for step in 0...600 {
            control.update(circumstances(.normal, throughput: 700_000), at: instant(Int64(step) * 100))
        }
        #expect(control.bitrate == 1_060_000)
    }

    @Test func itFallsByWhatDrainsTheQueueAndRisesSlowlyNearThat() {
        // 40 ms in 400 ms are 10 %.
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        control.update(circumstances(.over, queue: 40, throughput: 1_000_000), at: instant(0))
        #expect(abs(control.bitrate - 900_000) < 1)
        // Not again until that can show, unless less than half arrives.
        control.update(circumstances(.over, queue: 40, throughput: 900_000), at: instant(200))
        #expect(abs(control.bitrate - 900_000) < 1)
        // Nor does it rise before the queue is drained.
        control.update(circumstances(.under, queue: 60, throughput: 900_000), at: instant(300))
        control.update(circumstances(.normal, queue: 21, throughput: 900_000), at: instant(400))
        #expect(abs(control.bitrate - 900_000) < 1)
        for step in 5...15 {
            control.update(circumstances(.normal, throughput: 900_000), at: instant(Int64(step) * 100))
        }
        // A packet of 9,600 bits each 0.3 s: 32 kbit/s in a second.
        #expect(abs(control.bitrate - 932_000) < 100)
        // Throughput above what the link was seen to carry is another link: faster again.
        control.update(circumstances(.normal, throughput: 1_500_000), at: instant(1_600))
        #expect(control.capacity.bitrate == nil)
        // A long queue takes 12 %, a short one 5 %.
        for (queue, share) in [(300.0, 0.88), (5, 0.95)] {
            var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
            control.update(circumstances(.over, queue: queue, throughput: 1_000_000), at: instant(0))
            #expect(abs(control.bitrate - 1_000_000 * share) < 1)
        }
    }

    @Test func lossesOfAFullQueueTakeTenPercent() {
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        var overflow = circumstances(.over, queue: 8, throughput: 1_000_000)
        overflow.isOverflowing = true
        control.update(overflow, at: instant(0))
        #expect(abs(control.bitrate - 900_000) < 1)
    }

    @Test func throughputWellBelowTheRateCounts() {
        var control = RateController(start: 2_000_000, bounds: 5_000...10_000_000)
        control.update(circumstances(.over, queue: 100, throughput: 600_000), at: instant(0))
        #expect(abs(control.bitrate - 528_000) < 1)
        // A short queue does not make up for what the application did not send.
        control = RateController(start: 2_000_000, bounds: 5_000...10_000_000)
        control.update(circumstances(.over, queue: 16, throughput: 600_000), at: instant(0))
        #expect(abs(control.bitrate - 2_000_000 * 0.97 * 0.95) < 1)
        // But where the application sent next to nothing, it tells nothing.
        control = RateController(start: 2_000_000, bounds: 5_000...10_000_000)
        control.update(circumstances(.over, queue: 100, throughput: 60_000, isQuiet: true), at: instant(0))
        #expect(abs(control.bitrate - 2_000_000 * 0.97 * 0.88) < 1)
    }

    @Test func aQueueThatDoesNotDrainIsThatOfOthers() {
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        var decreases = 0
        var lowest = 1_000_000.0
        for step in 0..<600 {
            let before = control.bitrate
            control.update(
                circumstances(.over, queue: 200, throughput: control.bitrate), at: instant(Int64(step) * 50))
            if control.bitrate < before { decreases += 1 }
            lowest = min(lowest, control.bitrate)
            if step == 40 { #expect(control.isCompeting) }
        }
        // Four at once, and one in each three seconds of 30; in between it rises.
        #expect((12...14).contains(decreases))
        #expect(lowest > 400_000)
        #expect(control.bitrate < 800_000)
        control.update(circumstances(.normal, queue: 0, throughput: 500_000), at: instant(31_000))
        #expect(!control.isCompeting)
    }

    @Test func itNeverLeavesItsBounds() {
        var control = RateController(start: 100_000, bounds: 30_000...200_000)
        // Nothing is known yet: no reason to fall.
        control.update(circumstances(.over, throughput: nil), at: instant(0))
        #expect(control.bitrate == 100_000)
        for step in 1..<40 {
            control.update(
                circumstances(.over, queue: 900, throughput: step == 1 ? 90_000 : nil), at: instant(Int64(step) * 1000))
        }
        #expect(control.bitrate == 30_000)
        for throughput in [Double.nan, .infinity, -1, 0] {
            for usage in [LinkUsage.over, .normal, .under] {
                for queue in [Double.nan, .infinity, -1, 0] {
                    control.update(circumstances(usage, queue: queue, throughput: throughput), at: instant(90_000))
                    #expect((30_000...200_000).contains(control.bitrate))
                }
            }
        }
        control.set(.nan, at: instant(100_000))
        #expect((30_000...200_000).contains(control.bitrate))
    }

    @Test func capacityHasBounds() {
        var capacity = LinkCapacity()
        #expect(capacity.bitrate == nil && capacity.upperBound == .infinity && capacity.lowerBound == 0)
        capacity.noteOveruse(1_000_000)
        #expect(capacity.bitrate == 1_000_000)
        // Three times the root of 0.4 * 1000 kbit/s.
        #expect(abs(capacity.upperBound - 1_060_000) < 1)
        #expect(abs(capacity.lowerBound - 940_000) < 1)
        capacity.noteOveruse(500_000)
        #expect(capacity.bitrate == 975_000)
        #expect(capacity.upperBound - 975_000 > 60_000)
        capacity.reset()
        #expect(capacity.bitrate == nil)
    }

    @Test func throughputIsWhatArrives() throws {
        var throughput = AcknowledgedBitrate()
        // 1,250 bytes each 10 ms: 1 Mbit/s.
        for index in 0..<30 { throughput.add(byteCount: 1_250, arrival: instant(5_000 + Int64(index) * 10)) }
        let first = try #require(throughput.bitrate(over: .milliseconds(500)))
        #expect(abs(first - 1_000_000) < 1)
        for index in 30..<60 { throughput.add(byteCount: 1_250, arrival: instant(5_000 + Int64(index) * 10)) }
        let steady = try #require(throughput.bitrate(over: .milliseconds(300)))
        #expect(abs(steady - 1_000_000) < 50_000)
        // Twice as much for 300 ms: the short window sees it all, a long one half of it.
        for index in 0..<60 { throughput.add(byteCount: 1_250, arrival: instant(5_600 + Int64(index) * 5)) }
        let short = try #require(throughput.bitrate(over: .milliseconds(240)))
        #expect(abs(short - 2_000_000) < 100_000)
        let long = try #require(throughput.bitrate(over: .milliseconds(600)))
        #expect(abs(long - 1_500_000) < 100_000)
    }

    @Test func silenceIsNotThroughput() throws {
        var throughput = AcknowledgedBitrate()
        for index in 0..<60 { throughput.add(byteCount: 1_250, arrival: instant(Int64(index) * 10)) }
        #expect(throughput.bitrate(over: .milliseconds(500)) != nil)
        throughput.add(byteCount: 1_250, arrival: instant(60_000))
        #expect(throughput.bitrate(over: .milliseconds(500)) == nil)
        for index in 1..<40 { throughput.add(byteCount: 1_250, arrival: instant(60_000 + Int64(index) * 10)) }
        let known = try #require(throughput.bitrate(over: .milliseconds(500)))
        #expect(abs(known - 1_000_000) < 1)
        // Whatever a clock says, nothing breaks.
        for nanoseconds in [Int64.min, .max, 0, .max - 5, .min + 5, -1] {
            throughput.add(byteCount: .max, arrival: MediaInstant(nanoseconds: nanoseconds))
            throughput.add(byteCount: -5, arrival: MediaInstant(nanoseconds: nanoseconds))
            _ = throughput.bitrate(over: .milliseconds(500))
        }
    }

    @Test func theRegionIsEnteredAndLeft() throws {
        var region = ApplicationLimitedRegion()
        var time: Int64 = 0
        // 30 % of the estimate, in steps of 20 ms: of the share of 80 % 0.63 is saved, so 0.8 * 0.5 s takes 0.64 s.
        while region.since == nil, time < 5_000 {
            region.sent(byteCount: 750, estimate: 1_000_000, at: instant(time))
            time += 20
        }
        #expect((600...700).contains(time))
        // At the whole estimate 0.25 is used up beyond the share: 0.3 * 0.5 s takes 0.6 s.
        let entered = time
        while region.since != nil, time < 10_000 {
            region.sent(byteCount: 2_500, estimate: 1_000_000, at: instant(time))
            time += 20
        }
        #expect((540...680).contains(time - entered))
        #expect(region.leftAt == instant(time - 20))
        for _ in 0..<500 {
            region.sent(byteCount: 2_050, estimate: 1_000_000, at: instant(time))
            time += 20
        }
        #expect(region.since == nil)
    }

    @Test func quietIsRememberedForAMoment() {
        var sent = SentBitrate()
        for step in 0..<50 { sent.add(byteCount: 2_500, estimate: 1_000_000, at: instant(Int64(step) * 20)) }
        #expect(abs(sent.bitrate - 1_000_000) < 60_000)
        #expect(!sent.isQuiet(at: instant(1_000)))
        for step in 50..<100 { sent.add(byteCount: 100, estimate: 1_000_000, at: instant(Int64(step) * 20)) }
        #expect(sent.isQuiet(at: instant(2_000)))
        for step in 100..<160 { sent.add(byteCount: 2_500, estimate: 1_000_000, at: instant(Int64(step) * 20)) }
        #expect(sent.isQuiet(at: instant(2_500)))
        #expect(!sent.isQuiet(at: instant(2_800)))
    }

    @Test func missingFeedbackSlowsDown() {
        var backoff = RoundTripBackoff()
        backoff.sent(at: instant(0))
        #expect(backoff.deadline == nil)
        backoff.received(roundTrip: .milliseconds(100), at: instant(100))
        #expect(backoff.deadline == nil)
        for time in stride(from: Int64(120), through: 2_980, by: 20) { backoff.sent(at: instant(time)) }
        #expect(backoff.deadline == instant(3_000))
        #expect(!backoff.isActive)
        // Nothing more was sent: nothing is missing.
        let answer29 = backoff.isDue(at: instant(3_000))
        #expect(!answer29)
        #expect(backoff.deadline == nil)
        backoff.sent(at: instant(3_100))
        #expect(backoff.deadline == instant(3_100))
        let answer30 = backoff.isDue(at: instant(3_100))
        #expect(answer30)
        #expect(backoff.deadline == instant(4_100))
        let answer31 = backoff.isDue(at: instant(3_500))
        #expect(!answer31)
        let answer32 = backoff.isDue(at: instant(4_100))
        #expect(answer32)
        backoff.received(roundTrip: .milliseconds(100), at: instant(4_500))
        #expect(!backoff.isActive && backoff.deadline == nil)
    }
}
