import Testing

@testable import MediaCore

@Suite struct TransportFeedbackRecorderTests {
    private func instant(_ milliseconds: Double) -> MediaInstant {
        MediaInstant(nanoseconds: Int64(milliseconds * 1e6))
    }

    /// All messages that are due, read by the independent reader; checks that each datagram is one.
    private func reports(
        _ recorder: inout TransportFeedbackRecorder, at instant: MediaInstant
    ) throws -> [IndependentFeedback] {
        var reports: [IndependentFeedback] = []
        var calls = 0
        while let deadline = recorder.nextDeadline, deadline <= instant, calls < 10_000 {
            calls += 1
            var bytes: [UInt8] = []
            let count = recorder.build(at: instant, sender: 1, media: 2, into: &bytes)
            #expect(bytes.count <= 1_100 && RTCPReader.validate(bytes.span.bytes))
            var (offset, found) = (0, 0)
            while offset < bytes.count {
                let length = (Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])) * 4 + 4
                let packet = Array(bytes[offset..<(offset + length)])
                reports.append(try IndependentFeedback(packet))
                #expect(try RTCPVectors.messages(packet) == [.transportFeedback(reports[reports.count - 1].feedback)])
                offset += length
                found += 1
            }
            #expect(count == found && count > 0)
        }
        return reports
    }

    /// The number nearest to `reference` whose low 16 bits are `number`.
    private func extended(_ number: UInt16, near reference: Int64) -> Int64 {
        reference + Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: reference)))
    }

    @Test func reportsWhatArrivedAndWhatDidNot() throws {
        var recorder = TransportFeedbackRecorder()
        #expect(recorder.nextDeadline == nil)
        for (number, time) in [(65_534, 1_000.0), (65_535, 1_001), (1, 1_002.5), (2, 1_090), (4, 1_089)] {
            recorder.record(transportSequenceNumber: UInt16(number), at: instant(time))
        }
        #expect(recorder.nextDeadline == instant(1_100))
        var early: [UInt8] = []
        #expect(recorder.build(at: instant(1_099), sender: 1, media: 2, into: &early) == 0 && early.isEmpty)
        let all = try reports(&recorder, at: instant(1_100))
        let report = try #require(all.first)
        #expect(all.count == 1 && report.feedback.sender == 1 && report.feedback.media == 2)
        #expect(report.feedback.baseSequenceNumber == 65_534 && report.feedback.feedbackCount == 0)
        #expect(report.feedback.referenceTime == 15)
        #expect(report.arrivals == [4_000, 4_004, nil, 4_010, 4_360, nil, 4_356])
        #expect(recorder.nextDeadline == nil)
        // The next report goes on behind, and counts.
        recorder.record(transportSequenceNumber: 6, at: instant(1_150))
        let next = try #require(try reports(&recorder, at: instant(1_300)).first)
        #expect(next.feedback.baseSequenceNumber == 5 && next.feedback.feedbackCount == 1)
        #expect(next.arrivals == [nil, 4_600])
        // A late one is reported, with what came after it again.
        recorder.record(transportSequenceNumber: 5, at: instant(1_310))
        let late = try #require(try reports(&recorder, at: instant(1_550)).first)
        #expect(late.feedback.baseSequenceNumber == 5 && late.arrivals == [5_240, 4_600])
    }

    @Test func intervalFollowsTheRate() throws {
        // 9.6 Mbit/s: as often as may be. 160 and 80 kbit/s: a twentieth of that. 24 kbit/s: as seldom as may be.
        let cases = [(1_200, 1, 50), (200, 10, 68), (100, 10, 136), (60, 20, 250)] as [(Int, Int64, Int64)]
        for (byteCount, step, expected) in cases {
            var recorder = TransportFeedbackRecorder()
            var times: [Int64] = []
            for time in stride(from: 0, to: 5_000, by: 1) as StrideTo<Int64> {
                if time % step == 0 {
                    recorder.record(
                        transportSequenceNumber: UInt16(truncatingIfNeeded: time / step),
                        at: MediaInstant(nanoseconds: time * 1_000_000), byteCount: byteCount)
                }
                let report = try reports(&recorder, at: MediaInstant(nanoseconds: time * 1_000_000))
                if !report.isEmpty { times.append(time) }
            }
            let gaps = zip(times.dropFirst(), times).map { $0 - $1 }.dropFirst(2)
            #expect(!gaps.isEmpty && gaps.allSatisfy { abs($0 - expected) <= step + 5 }, "\(expected): \(gaps)")
            // The first comes after 100 ms, when nothing is known of the rate.
            #expect(times.first == 100)
            // A twentieth of the rate, unless the bounds say otherwise.
            let share = Double(68 * times.count) / Double(byteCount * 5_000 / Int(step))
            let bound = 68 / (Double(byteCount) / Double(step) * Double(expected))
            #expect(abs(share - bound) <= 0.1 * bound && (share <= 0.055 || expected == 250), "\(share), \(bound)")
        }
    }

    /// What came late is reported, with all that came after it, as long as those are kept: for half a second.
    @Test func backWindowIsHalfASecond() throws {
        for (late, isReported) in [(499.0, true), (502.0, false)] {
            var recorder = TransportFeedbackRecorder()
            recorder.record(transportSequenceNumber: 1, at: instant(0))
            recorder.record(transportSequenceNumber: 3, at: instant(1))
            #expect(try reports(&recorder, at: instant(100)).map(\.arrivals) == [[0, nil, 4]])
            recorder.record(transportSequenceNumber: 4, at: instant(late))
            recorder.record(transportSequenceNumber: 2, at: instant(late + 0.5))
            let ticks = Int64(late * 4)
            let all = try reports(&recorder, at: instant(late + 250))
            #expect(all.map(\.arrivals) == [isReported ? [ticks + 2, 4, ticks] : [ticks]])
            #expect(all.map(\.feedback.baseSequenceNumber) == [isReported ? 2 : 4])
        }
    }

    @Test func referenceTimeWrapsAndMayBeNegative() throws {
        // 24 bits of 64 ms are 1,073,741.824 s.
        for start in [-100.1, 1_073_741_824 - 20, 5 * 1_073_741_824 - 63.9] as [Double] {
            var recorder = TransportFeedbackRecorder()
            for step in 0..<5 {
                recorder.record(transportSequenceNumber: UInt16(step), at: instant(start + Double(step) * 20))
            }
            let report = try #require(try reports(&recorder, at: instant(start + 200)).first)
            let origin = Int64((start / 0.25).rounded(.down))
            let expected = (0..<5).map { origin + $0 * 80 }
            let period: Int64 = 256 << 24
            let found = report.arrivals.compactMap { $0 }
            #expect(found.count == 5)
            for (left, right) in zip(found, expected) { #expect((left - right) % period == 0) }
        }
    }

    @Test func longPausesSplitMessages() throws {
        // Ten seconds do not fit a delta.
        var recorder = TransportFeedbackRecorder()
        recorder.record(transportSequenceNumber: 1, at: instant(0))
        recorder.record(transportSequenceNumber: 2, at: instant(10_000))
        let all = try reports(&recorder, at: instant(10_001))
        #expect(all.map(\.feedback.baseSequenceNumber) == [1, 2] && all.map(\.feedback.feedbackCount) == [0, 1])
        #expect(all.flatMap(\.arrivals) == [0, 40_000])
    }

    @Test func simulatedLinkIsReportedExactly() throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            var random = MediaRandom.seeded(seed)
            let (loss, jitter, spacing) = (seed * 7 % 30, Int64(seed * 9), Int64(200_000 + seed * 150_000))
            var arrivals: [(time: Int64, sequence: Int64)] = []
            let first = Int64.random(in: 60_000..<65_536, using: &random)
            for index in 0..<8_000 as Range<Int64> where random.next() % 100 >= loss {
                let delay = Int64.random(in: 0...jitter * 1_000_000, using: &random)
                // Once, an outage.
                guard !(3_000..<3_400).contains(index) else { continue }
                arrivals.append((index * spacing + delay, first + index))
            }
            arrivals.sort { ($0.time, $0.sequence) < ($1.time, $1.sequence) }
            let truth = Dictionary(uniqueKeysWithValues: arrivals.map { ($0.sequence, $0.time) })
            var recorder = TransportFeedbackRecorder()
            var reported: Set<Int64> = []
            var (missing, wrong, counter, near) = (Set<Int64>(), 0, UInt8(0), first)
            var longestWait: Int64 = 0
            func check(_ report: IndependentFeedback, at now: Int64) {
                #expect(report.feedback.feedbackCount == counter)
                counter &+= 1
                let base = extended(report.feedback.baseSequenceNumber, near: near)
                for (index, tick) in report.arrivals.enumerated() {
                    let sequence = base + Int64(index)
                    guard let tick else {
                        missing.insert(sequence)
                        continue
                    }
                    near = max(near, sequence)
                    guard let time = truth[sequence], time <= now, tick == time / 250_000 else {
                        wrong += 1
                        continue
                    }
                    if reported.insert(sequence).inserted { longestWait = max(longestWait, now - time) }
                }
            }
            for (time, sequence) in arrivals {
                let now = MediaInstant(nanoseconds: time)
                for report in try reports(&recorder, at: now) { check(report, at: time) }
                recorder.record(
                    transportSequenceNumber: UInt16(truncatingIfNeeded: sequence), at: now, byteCount: 1_100)
            }
            let end = (arrivals.last?.time ?? 0) + 1_000_000_000
            for report in try reports(&recorder, at: MediaInstant(nanoseconds: end)) { check(report, at: end) }
            #expect(wrong == 0)
            #expect(reported == Set(truth.keys))
            // Each number up to the last is spoken of.
            let last = arrivals.map(\.sequence).max() ?? 0
            let lowest = reported.min() ?? 0
            #expect(reported.union(missing).isSuperset(of: lowest...last))
            #expect(longestWait <= 1_100_000_000 && counter > 10)
        }
    }

    @Test func wildNumbersCostLittleAndHeal() throws {
        var recorder = TransportFeedbackRecorder()
        var random = MediaRandom.seeded(6)
        var time = 0.0
        var messages = 0
        for _ in 0..<6_000 {
            time += 0.05
            recorder.record(transportSequenceNumber: UInt16(truncatingIfNeeded: random.next()), at: instant(time))
            messages += try reports(&recorder, at: instant(time)).count
        }
        #expect(messages < 1_000)
        // The widest steps that are still believed.
        var number: UInt16 = 0
        for _ in 0..<400 {
            time += 0.05
            number &+= 8_192
            recorder.record(transportSequenceNumber: number, at: instant(time))
            for report in try reports(&recorder, at: instant(time)) { #expect(report.arrivals.count <= 0x7FFE) }
        }
        // A new start elsewhere is reported as if nothing had been.
        time += 1_000
        _ = try reports(&recorder, at: instant(time))
        let start = number &+ 20_000
        for step in 0..<10 as Range<UInt16> {
            recorder.record(transportSequenceNumber: start &+ step, at: instant(time + Double(step)))
        }
        let report = try #require(try reports(&recorder, at: instant(time + 200)).first)
        #expect(report.feedback.baseSequenceNumber == start && report.feedback.receptions.count == 10)
    }

    @Test func memoryIsBoundedWhenNobodyBuilds() throws {
        var recorder = TransportFeedbackRecorder()
        for index in 0..<20_000 {
            recorder.record(
                transportSequenceNumber: UInt16(truncatingIfNeeded: index), at: instant(Double(index) * 0.01))
        }
        let all = try reports(&recorder, at: instant(1_000))
        let received = all.reduce(0) { $0 + $1.feedback.receptions.count }
        #expect(received == TransportFeedbackRecorder.maximumCount)
        #expect(all.first?.feedback.baseSequenceNumber == UInt16(20_000 - 4_096))
        #expect(recorder.nextDeadline == nil)
    }

    @Test func duplicatesAndForgottenNumbersChangeNothing() throws {
        var recorder = TransportFeedbackRecorder()
        recorder.record(transportSequenceNumber: 9, at: instant(0))
        recorder.record(transportSequenceNumber: 9, at: instant(5))
        #expect(try reports(&recorder, at: instant(200)).first?.arrivals == [0])
        recorder.record(transportSequenceNumber: 9, at: instant(210))
        #expect(recorder.nextDeadline == nil)
        // After the back window 9 is forgotten, and what is below it can't be told from what was reported.
        recorder.record(transportSequenceNumber: 10, at: instant(1_000))
        recorder.record(transportSequenceNumber: 8, at: instant(1_001))
        #expect(try reports(&recorder, at: instant(1_200)).map(\.arrivals) == [[4_000]])
    }
}
