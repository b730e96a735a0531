import Testing

@testable import MediaCore

@Suite struct ReceptionStatisticsTests {
    private func instant(_ milliseconds: Double) -> MediaInstant {
        MediaInstant(nanoseconds: Int64(milliseconds * 1e6))
    }

    private func report(_ statistics: inout ReceptionStatistics, _ milliseconds: Double) throws -> ReportBlock {
        let block = statistics.reportBlock(at: instant(milliseconds))
        return try #require(block)
    }

    /// Statistics after packets 20 ms apart that were 20 ms under way each.
    private func statistics(_ sequences: [Int64]) -> ReceptionStatistics {
        var statistics = ReceptionStatistics(ssrc: 7)
        for sequence in sequences {
            statistics.receive(
                extendedSequence: sequence, rtpTimestamp: UInt32(truncatingIfNeeded: sequence &* 960),
                at: instant(Double(sequence) * 20), clockRate: 48_000)
        }
        return statistics
    }

    @Test func nothingReceivedNothingReported() {
        var statistics = ReceptionStatistics(ssrc: 7)
        let none = statistics.reportBlock(at: instant(0))
        #expect(none == nil)
        #expect(statistics.packetsLost == 0 && statistics.jitter == 0)
    }

    @Test func lossByHand() throws {
        // Ten expected, of which 3 and 7 are missing.
        var statistics = statistics([65_536, 65_537, 65_538, 65_540, 65_541, 65_542, 65_544, 65_545])
        #expect(statistics.packetsReceived == 8 && statistics.packetsLost == 2)
        let first = try report(&statistics, 0)
        #expect(first.ssrc == 7 && first.fractionLost == UInt8(2 * 256 / 10) && first.packetsLost == 2)
        #expect(first.highestSequenceNumber == 9 && first.jitter == 0)
        #expect(first.lastSenderReport == 0 && first.delaySinceLastSenderReport == 0)
        // One more interval: four expected, one missing.
        for sequence in [65_546, 65_548, 65_549] as [Int64] {
            statistics.receive(
                extendedSequence: sequence, rtpTimestamp: UInt32(sequence * 960), at: instant(Double(sequence) * 20),
                clockRate: 48_000)
        }
        let second = try report(&statistics, 0)
        #expect(second.fractionLost == 64 && second.packetsLost == 3)
        // And one in which nothing came.
        let third = try report(&statistics, 0)
        #expect(third.fractionLost == 0 && third.packetsLost == 3)
    }

    @Test func reorderedFirstPacketsAreNoLossAndDuplicatesCountAsReceived() throws {
        var reordered = statistics([100, 99, 101, 98])
        #expect(reordered.packetsLost == 0)
        let calm = try report(&reordered, 0)
        #expect(calm.fractionLost == 0)
        var doubled = statistics([100, 101, 101, 101])
        #expect(doubled.packetsLost == -2)
        let block = try report(&doubled, 0)
        #expect(block.packetsLost == -2 && block.fractionLost == 0)
    }

    @Test func highestNumberCountsCycles() throws {
        // The first packet is 65534; the third wraps.
        var unwrapper = SequenceUnwrapper()
        var statistics = ReceptionStatistics(ssrc: 1)
        for number in [65_534, 65_535, 0, 1] as [UInt16] {
            let extended = unwrapper.extended(number)
            unwrapper.accept(extended)
            statistics.receive(extendedSequence: extended, rtpTimestamp: 0, at: instant(0), clockRate: 90_000)
        }
        let block = try report(&statistics, 0)
        #expect(block.highestSequenceNumber == 0x1_0001 && block.packetsLost == 0)
    }

    @Test func jitterByHand() throws {
        // Transit times in units of 8 kHz: 0, +16 (2 ms late), then back: J = 16/16, then 1 + (16 - 1)/16.
        var statistics = ReceptionStatistics(ssrc: 1)
        for (index, late) in [0.0, 2, 0].enumerated() {
            statistics.receive(
                extendedSequence: Int64(index), rtpTimestamp: UInt32.max &- 100 &+ UInt32(index) * 160,
                at: instant(Double(index) * 20 + late), clockRate: 8_000)
        }
        #expect(abs(statistics.jitter - (1 + 15.0 / 16) / 8_000) < 1e-9)
        let block = try report(&statistics, 0)
        #expect(block.jitter == 1)
        // A new timestamp origin is not jitter.
        let before = statistics.jitter
        statistics.receive(extendedSequence: 3, rtpTimestamp: 0x8000_0000, at: instant(60), clockRate: 8_000)
        #expect(statistics.jitter == before)
        statistics.receive(extendedSequence: 4, rtpTimestamp: 0x8000_00A0, at: instant(80), clockRate: 8_000)
        #expect(statistics.jitter < before)
    }

    @Test func senderReportDelays() throws {
        var statistics = statistics([1, 2])
        statistics.senderReport(NTPTime(bits: 0x1122_3344_5566_7788), at: instant(1_000))
        let block = try report(&statistics, 6_250)
        #expect(block.lastSenderReport == 0x3344_5566 && block.delaySinceLastSenderReport == 5 * 65_536 + 16_384)
        let late = try report(&statistics, 1e12)
        #expect(late.delaySinceLastSenderReport == .max)
        let early = try report(&statistics, 0)
        #expect(early.delaySinceLastSenderReport == 0)
    }

    @Test func restartsBeginAnewAndStraysDoNot() throws {
        // A jump of 20,000 that goes on is a restart; a single stray is not.
        var statistics = statistics([100, 101, 20_000])
        #expect(statistics.packetsReceived == 2 && statistics.highestExtendedSequenceNumber == 101)
        statistics.receive(extendedSequence: 102, rtpTimestamp: 0, at: instant(0), clockRate: 48_000)
        #expect(statistics.packetsReceived == 3 && statistics.packetsLost == 0)
        for sequence in [20_000, 20_001, 20_003] as [Int64] {
            statistics.receive(extendedSequence: sequence, rtpTimestamp: 0, at: instant(0), clockRate: 48_000)
        }
        #expect(statistics.packetsReceived == 2 && statistics.packetsLost == 1)
        let block = try report(&statistics, 0)
        #expect(block.fractionLost == UInt8(256 / 3) && block.packetsLost == 1)
        // Backwards too.
        for sequence in [500, 501] as [Int64] {
            statistics.receive(extendedSequence: sequence, rtpTimestamp: 0, at: instant(0), clockRate: 48_000)
        }
        #expect(statistics.highestExtendedSequenceNumber == 501)
    }

    @Test func extremesStayInRange() throws {
        // Alternating ends of the longest dropout: nearly all is lost.
        var statistics = ReceptionStatistics(ssrc: 1)
        for step in 0..<4_000 as Range<Int64> {
            statistics.receive(
                extendedSequence: step * 3_000, rtpTimestamp: UInt32(truncatingIfNeeded: step), at: instant(0),
                clockRate: 90_000)
        }
        let block = try report(&statistics, 0)
        #expect(block.packetsLost == 0x7F_FFFF && block.fractionLost == 255)
        var extremes = ReceptionStatistics(ssrc: 1)
        for sequence in [Int64.max, .min, -1, 0, .max, .min, .min + 1] {
            for time in [Int64.min, 0, .max] {
                extremes.receive(
                    extendedSequence: sequence, rtpTimestamp: .max, at: MediaInstant(nanoseconds: time), clockRate: 1)
                _ = extremes.reportBlock(at: MediaInstant(nanoseconds: 0 &- time))
            }
        }
        extremes.receive(extendedSequence: 1, rtpTimestamp: 0, at: instant(0), clockRate: 0)
    }
}
