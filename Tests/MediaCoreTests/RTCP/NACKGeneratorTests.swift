import Testing

@testable import MediaCore

@Suite struct NACKGeneratorTests {
    private func instant(_ milliseconds: Int64) -> MediaInstant {
        MediaInstant(nanoseconds: milliseconds * 1_000_000)
    }

    private func due(
        _ generator: inout NACKGenerator, _ milliseconds: Int64, roundTrip: Int64 = 50
    ) -> [UInt16] {
        var numbers: [UInt16] = []
        generator.due(at: instant(milliseconds), roundTrip: .milliseconds(roundTrip), into: &numbers)
        return numbers
    }

    private func receive(_ generator: inout NACKGenerator, _ sequences: [Int64], _ milliseconds: Int64) {
        for sequence in sequences { generator.receive(extendedSequence: sequence, at: instant(milliseconds)) }
    }

    @Test func orderNeedsNothing() {
        var generator = NACKGenerator()
        receive(&generator, Array(65_530...65_600), 0)
        #expect(generator.nextDeadline == nil && due(&generator, 1_000).isEmpty)
    }

    @Test func reorderingMakesNoRequest() {
        var generator = NACKGenerator()
        var asked: [UInt16] = []
        // Every third packet is overtaken by the next one, or the next two, and comes 10 ms late.
        for round in 0..<200 as Range<Int64> {
            let base = round * 4
            receive(&generator, [base, base + 2] + (round % 2 == 0 ? [base + 3] : []), round * 20)
            asked += due(&generator, round * 20 + 9)
            receive(&generator, [base + 1] + (round % 2 == 0 ? [] : [base + 3]), round * 20 + 10)
            asked += due(&generator, round * 20 + 19)
        }
        #expect(asked.isEmpty && generator.missingCount == 0 && generator.nextDeadline == nil)
    }

    @Test func lossIsAskedForInTimeAndNotTooOften() throws {
        var generator = NACKGenerator()
        receive(&generator, [10, 13], 0)
        #expect(generator.nextDeadline == instant(15))
        #expect(due(&generator, 14).isEmpty)
        #expect(due(&generator, 15) == [11, 12])
        #expect(generator.nextDeadline == instant(65))
        generator.recovered(11, at: MediaInstant(nanoseconds: 0))
        #expect(due(&generator, 64).isEmpty)
        var times: [Int64] = []
        for time in 65...3_000 as ClosedRange<Int64> where due(&generator, time) == [12] { times.append(time) }
        #expect(times == (1..<10).map { 15 + $0 * 50 })
        #expect(generator.missingCount == 0 && generator.nextDeadline == nil && generator.keyframeNeeded)
    }

    @Test func manyNewerPacketsAskAtOnce() {
        var generator = NACKGenerator()
        receive(&generator, [1, 3], 0)
        receive(&generator, [4], 1)
        #expect(due(&generator, 1).isEmpty)
        receive(&generator, [5], 2)
        #expect(generator.nextDeadline == instant(2) && due(&generator, 2) == [2])
    }

    @Test func retriesKeepADistanceAndEndByAge() {
        var generator = NACKGenerator()
        receive(&generator, [1, 3], 0)
        var times: [Int64] = []
        for time in 0...200 as ClosedRange<Int64> where due(&generator, time, roundTrip: 0) == [2] {
            times.append(time)
        }
        #expect(times == (0..<10).map { 15 + $0 * 20 })
        // With a long round trip age ends it.
        var far = NACKGenerator()
        receive(&far, [1, 3], 0)
        times = []
        for time in 0...3_000 as ClosedRange<Int64> where due(&far, time, roundTrip: 600) == [2] { times.append(time) }
        #expect(times == [15, 615, 1_215] && far.missingCount == 0 && far.keyframeNeeded)
    }

    @Test func numbersWrap() {
        var generator = NACKGenerator()
        receive(&generator, [131_069, 131_074], 0)
        #expect(due(&generator, 15) == [65_534, 65_535, 0, 1])
    }

    @Test func aKeyframeClearsWhatLiesBeforeIt() {
        var generator = NACKGenerator()
        receive(&generator, [1, 4, 6], 0)
        generator.keyframeNeeded = true
        generator.keyframeStarted(at: 4)
        #expect(!generator.keyframeNeeded && due(&generator, 15) == [5])
        generator.keyframeStarted(at: 100)
        #expect(generator.missingCount == 0 && generator.nextDeadline == nil)
    }

    @Test func aGapTooLargeStartsAnew() {
        var generator = NACKGenerator()
        receive(&generator, [1, 1_002], 0)
        #expect(generator.missingCount == 1_000 && !generator.keyframeNeeded)
        receive(&generator, [1_004], 0)
        #expect(generator.missingCount == 0 && generator.keyframeNeeded && generator.nextDeadline == nil)
        generator.keyframeNeeded = false
        receive(&generator, [.max - 1, .max], 0)
        #expect(generator.missingCount == 0 && generator.keyframeNeeded)
        receive(&generator, [.min, 5], 1)
        #expect(generator.missingCount == 0)
    }

    @Test func aFloodIsBounded() {
        var generator = NACKGenerator()
        var random = MediaRandom.seeded(5)
        var (sequence, asked, most, calls) = (Int64(0), [UInt16: Int](), 0, 0)
        for time in 0..<3_000 as Range<Int64> {
            sequence += Int64.random(in: 1...12, using: &random)
            receive(&generator, [sequence], time)
            most = max(most, generator.missingCount)
            while let deadline = generator.nextDeadline, deadline <= instant(time) {
                let numbers = due(&generator, time)
                #expect(numbers.count <= NACKGenerator.maximumBatch)
                for number in numbers { asked[number, default: 0] += 1 }
                calls += 1
            }
        }
        #expect(most <= 1_000 && most > 900)
        #expect((asked.values.max() ?? 0) <= 10)
        #expect(calls < 6_000)
    }

    @Test func everyLossIsAskedForUntilItComes() {
        // 10 % loss, 40 ms round trip, requests and repairs lost too: all is repaired, nothing else asked for.
        var random = MediaRandom.seeded(12)
        var generator = NACKGenerator()
        var repairs: [(time: Int64, sequence: Int64)] = []
        var lost: Set<Int64> = []
        var slowest: Int64 = 0
        for time in 0..<4_000 as Range<Int64> {
            let sequence = 65_000 + time
            if time > 0, time < 3_000, random.next() % 10 == 0 {
                lost.insert(sequence)
            } else if time < 3_100 {
                receive(&generator, [sequence], time)
            }
            for repair in repairs where repair.time == time { receive(&generator, [repair.sequence], time) }
            repairs.removeAll { $0.time <= time }
            for number in due(&generator, time, roundTrip: 40) {
                let sequence =
                    (65_000...69_000 as ClosedRange<Int64>).first { UInt16(truncatingIfNeeded: $0) == number } ?? 0
                #expect(lost.contains(sequence))
                guard random.next() % 10 != 0 else { continue }
                repairs.append((time + 40, sequence))
                slowest = max(slowest, time + 40 - (sequence - 65_000))
            }
        }
        #expect(!lost.isEmpty && generator.missingCount == 0 && !generator.keyframeNeeded)
        #expect(slowest < 300)
    }
}
