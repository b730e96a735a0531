import Testing

@testable import MediaCore

/// How the rate rises and falls, and what it is measured against.
@Suite struct RateControlTests {
    private func instant(_ milliseconds: Int64) -> MediaInstant { MediaInstant(nanoseconds: milliseconds * 1_000_000) }

    @Test func theRateRisesByEightPercentASecond() {
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        for step in 0...10 {
            control.update(
                .normal, throughput: 1_000_000, roundTrip: .milliseconds(100), at: instant(Int64(step) * 100))
        }
        // Ten steps of 0.8 %; the first only starts the clock, and a step is 1 kbit/s at least.
        #expect(abs(control.bitrate - 1_084_000) < 3_000)
    }

    @Test func itStaysNearThroughput() {
        var control = RateController(start: 1_000_000, bounds: 5_000...10_000_000)
        for step in 0...600 {
            control.update(.normal, throughput: 700_000, roundTrip: .milliseconds(100), at: instant(Int64(step) * 100))
        }
        #expect(control.bitrate == 1_060_000)
    }

    @Test func itFallsBelowThroughputAndRisesSlowlyNearIt() {
        var control = RateController(start: 1_200_000, bounds: 5_000...10_000_000)
        control.update(.over, throughput: 1_000_000, roundTrip: .milliseconds(100), at: instant(0))
        let lowered = control.bitrate
        #expect(lowered == 845_000)
        // Not again within a round trip, unless throughput is below half.
        control.update(.over, throughput: 900_000, roundTrip: .milliseconds(100), at: instant(50))
        #expect(control.bitrate == lowered)
        control.update(.under, throughput: 900_000, roundTrip: .milliseconds(100), at: instant(150))
        #expect(control.bitrate == lowered)
        for step in 2...12 {
            control.update(
                .normal, throughput: 900_000, roundTrip: .milliseconds(100), at: instant(Int64(step) * 100))
        }
        let risen = control.bitrate - lowered
        #expect(risen > 5_000 && risen < 60_000)
        // Throughput above what the link was seen to carry is another link: faster again.
        control.update(.normal, throughput: 1_500_000, roundTrip: .milliseconds(100), at: instant(1_300))
        #expect(control.capacity.bitrate == nil)
    }

    @Test func itIsHalvedWithoutThroughputAndNeverLeavesItsBounds() {
        var control = RateController(start: 100_000, bounds: 30_000...200_000)
        for step in 0..<20 {
            control.update(.over, throughput: nil, roundTrip: .milliseconds(100), at: instant(Int64(step) * 200))
            if step == 0 { #expect(control.bitrate == 50_000) }
        }
        #expect(control.bitrate == 30_000)
        for throughput in [Double.nan, .infinity, -1, 0] {
            for usage in [LinkUsage.over, .normal, .under] {
                control.update(usage, throughput: throughput, roundTrip: .milliseconds(-5), at: instant(9_000))
                #expect((30_000...200_000).contains(control.bitrate))
            }
        }
        control.set(.nan, at: instant(10_000))
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
        capacity.noteProbe(2_000_000)
        capacity.noteProbe(1_000_000)
        #expect(capacity.bitrate == 1_500_000)
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
        // 30 % of the estimate, in steps of 20 ms: of the share of 65 % 0.54 is saved, so 0.8 * 0.5 s takes 0.75 s.
        while region.since == nil, time < 5_000 {
            region.sent(byteCount: 750, estimate: 1_000_000, at: instant(time))
            time += 20
        }
        #expect((700...820).contains(time))
        // At the whole estimate 0.54 is used up beyond the share: 0.3 * 0.5 s takes 0.28 s.
        let entered = time
        while region.since != nil, time < 10_000 {
            region.sent(byteCount: 2_500, estimate: 1_000_000, at: instant(time))
            time += 20
        }
        #expect((220...340).contains(time - entered))
        #expect(region.leftAt == instant(time - 20))
        for _ in 0..<500 {
            region.sent(byteCount: 1_700, estimate: 1_000_000, at: instant(time))
            time += 20
        }
        #expect(region.since == nil)
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
