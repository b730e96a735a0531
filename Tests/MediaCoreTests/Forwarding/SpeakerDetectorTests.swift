import Testing

@testable import MediaCore

@Suite struct SpeakerDetectorTests {
    /// A meeting over simulated time: who is dominant when.
    private struct Meeting {
        var detector = SpeakerDetector()
        var voices: [SimulatedVoice] = []
        /// Changes, in milliseconds.
        var changes: [(at: Int, speaker: Int?)] = []
        private(set) var now = 0

        init(_ voices: [SimulatedVoice]) {
            self.voices = voices
            for _ in voices { _ = detector.add() }
        }

        var instant: MediaInstant { MediaInstant(nanoseconds: 77_000_000_000 + Int64(now) * 1_000_000) }

        /// `level` gives each seat's packet, nil for none.
        mutating func run(_ milliseconds: Int, level: (inout Meeting, Int) -> UInt8?) {
            for _ in 0..<milliseconds / 20 {
                now += 20
                for seat in voices.indices {
                    guard let value = level(&self, seat) else { continue }
                    _ = detector.note(value, from: seat, at: instant)
                }
                if detector.isDue(at: instant), detector.evaluate(at: instant) {
                    changes.append((now, detector.dominant))
                }
            }
        }

        mutating func speak(_ milliseconds: Int, _ speakers: Set<Int>) {
            run(milliseconds) { $0.voices[$1].next(isSpeaking: speakers.contains($1)) }
        }
    }

    private func meeting(_ seed: UInt64, of count: Int = 4, rooms: ClosedRange<Int> = 60...85) -> Meeting {
        var random = MediaRandom.seeded(seed)
        return Meeting(
            (0..<count).map { seat in
                SimulatedVoice(
                    seed: seed * 100 + UInt64(seat), room: Int.random(in: rooms, using: &random),
                    voice: Int.random(in: 20...40, using: &random))
            })
    }

    @Test func inSilenceNobodyAndThenTheLast() {
        for seed in UInt64(1)...30 {
            var meeting = meeting(seed)
            meeting.speak(10_000, [])
            #expect(meeting.detector.dominant == nil && meeting.changes.isEmpty)
            meeting.speak(3_000, [2])
            #expect(meeting.detector.dominant == 2)
            meeting.speak(20_000, [])
            #expect(meeting.detector.dominant == 2 && meeting.changes.count == 1)
        }
    }

    @Test func aChangeOfSpeakerIsSeenWithinASecond() {
        var delays: [Int] = []
        for seed in UInt64(1)...50 {
            var meeting = meeting(seed)
            meeting.speak(2_000, [])
            for turn in 0..<12 {
                let speaker = turn % 4
                let before = meeting.now
                meeting.speak(4_000, [speaker])
                #expect(meeting.detector.dominant == speaker, "seed \(seed), turn \(turn)")
                if let change = meeting.changes.last, change.speaker == speaker { delays.append(change.at - before) }
            }
            #expect(meeting.changes.count == 12, "seed \(seed)")
        }
        delays.sort()
        let (median, most) = (delays[delays.count / 2], delays[delays.count * 95 / 100])
        print(
            "change of speaker seen after \(median) ms, 95 of 100 within \(most) ms, the last after \(delays.last ?? 0) ms"
        )
        #expect(delays.count == 600 && median >= 400 && median <= 900 && most <= 1000)
        // Who begins with a word and a long pause.
        #expect(delays.allSatisfy { $0 <= 2000 })
    }

    /// A fan, ten keys a second, a vacuum cleaner and coughs: while another one speaks and while nobody does.
    @Test func noiseDoesNotTakeOver() {
        for seed in UInt64(1)...30 {
            for noise in 0..<4 {
                var meeting = meeting(seed, rooms: 70...85)
                var random = MediaRandom.seeded(seed)
                meeting.speak(3_000, [0])
                var cough = 0
                func level(_ meeting: inout Meeting, _ seat: Int, _ speaker: Int?) -> UInt8? {
                    guard seat == 1 else { return meeting.voices[seat].next(isSpeaking: seat == speaker) }
                    let quiet = meeting.voices[1].next(isSpeaking: false)
                    let flutter = UInt8.random(in: 0...4, using: &random)
                    switch noise {
                    case 0: return 48 + flutter
                    case 1: return UInt64.random(in: 0..<5, using: &random) == 0 ? 45 + flutter : quiet
                    case 2: return 20 + flutter / 2
                    default:
                        // A cough of 200 ms every three seconds or so.
                        if cough == 0, UInt64.random(in: 0..<150, using: &random) == 0 { cough = 10 }
                        cough = max(cough - 1, 0)
                        return cough > 0 ? 15 + flutter : quiet
                    }
                }
                meeting.run(20_000) { level(&$0, $1, 0) }
                meeting.run(10_000) { level(&$0, $1, nil) }
                #expect(meeting.changes.count == 1, "noise \(noise), seed \(seed): \(meeting.changes)")
            }
        }
    }

    @Test func twoAtOnceDoNotFlap() {
        var (total, most) = (0, 0)
        for seed in UInt64(1)...20 {
            var meeting = meeting(seed)
            meeting.speak(2_000, [0])
            let before = meeting.changes.count
            meeting.speak(60_000, [0, 1])
            let switches = meeting.changes.count - before
            total += switches
            most = max(most, switches)
        }
        print("two at once: \(Double(total) / 20) changes a minute, \(most) at most")
        #expect(most <= 12)
    }

    @Test func silenceThatIsNotSent() {
        for seed in UInt64(1)...30 {
            var meeting = meeting(seed)
            for seat in meeting.voices.indices { meeting.voices[seat].isDiscontinuous = true }
            meeting.speak(3_000, [])
            #expect(meeting.detector.dominant == nil)
            for turn in 0..<8 {
                meeting.speak(3_000, [turn % 3])
                #expect(meeting.detector.dominant == turn % 3, "seed \(seed), turn \(turn)")
                meeting.speak(2_000, [])
                #expect(meeting.detector.dominant == turn % 3)
            }
        }
    }

    @Test func packetsOfSixtyMilliseconds() {
        for seed in UInt64(1)...20 {
            var meeting = meeting(seed)
            for turn in 0..<6 {
                meeting.run(4_000) { meeting, seat in
                    let level = meeting.voices[seat].next(isSpeaking: seat == turn % 3)
                    return meeting.now % 60 == 0 ? level : nil
                }
                #expect(meeting.detector.dominant == turn % 3, "seed \(seed), turn \(turn)")
            }
        }
    }

    /// Full scale without end is no speech; full scale in bursts is somebody who shouts, and gets no more than that.
    @Test func hostileLevelsHaveBoundedInfluence() {
        for seed in UInt64(1)...20 {
            var constant = meeting(seed)
            constant.run(4_000) { $1 == 3 ? 0 : $0.voices[$1].next(isSpeaking: $1 == 0) }
            #expect(constant.detector.dominant == 0 && constant.changes.count == 1)

            // A hundred packets where one is due, each louder than the one before.
            var flood = meeting(seed)
            flood.speak(3_000, [0])
            flood.run(20_000) { meeting, seat in
                guard seat == 3 else { return meeting.voices[seat].next(isSpeaking: seat == 0) }
                for _ in 0..<99 { _ = meeting.detector.note(0, from: 3, at: meeting.instant) }
                return 0
            }
            #expect(flood.detector.dominant == 0 && flood.changes.count == 1)

            // One that shouts all the time, with pauses, is passed by as soon as it is quiet, and never changes anything
            // more often than once a second.
            var random = MediaRandom.seeded(seed)
            var shout = meeting(seed)
            shout.speak(3_000, [0])
            shout.run(60_000) { meeting, seat in
                guard seat == 3 else { return meeting.voices[seat].next(isSpeaking: seat == 0) }
                return UInt64.random(in: 0..<3, using: &random) == 0 ? 127 : UInt8(0)
            }
            #expect(zip(shout.changes, shout.changes.dropFirst()).allSatisfy { $1.at - $0.at >= 1000 })
            shout.run(3_000) { $0.voices[$1].next(isSpeaking: $1 == 0) }
            #expect(shout.detector.dominant == 0)
        }
    }

    @Test func whoLeavesIsForgotten() {
        var meeting = meeting(3)
        meeting.speak(3_000, [1])
        let left = meeting.detector.remove(1)
        #expect(left && meeting.detector.dominant == nil)
        let (again, never) = (meeting.detector.remove(1), meeting.detector.remove(9))
        #expect(!again && !never)
        let ignored = meeting.detector.note(0, from: 1, at: meeting.instant)
        let outside = meeting.detector.note(0, from: -1, at: meeting.instant)
        #expect(!ignored && !outside)
        #expect(meeting.detector.add() == 1 && meeting.detector.add() == 4)
        #expect(meeting.detector[1]?.activity == 0)
        meeting.speak(3_000, [1])
        #expect(meeting.detector.dominant == 1)
    }

    @Test func levelsOfAnyKindAtAnyTime() {
        var detector = SpeakerDetector()
        for _ in 0..<5 { _ = detector.add() }
        var random = MediaRandom.seeded(9)
        var nanoseconds: Int64 = -5_000_000_000
        for _ in 0..<50_000 {
            nanoseconds += Int64.random(in: -10_000_000...60_000_000, using: &random)
            if random.next() % 5000 == 0 { nanoseconds += 3_600_000_000_000 }
            let instant = MediaInstant(nanoseconds: nanoseconds)
            _ = detector.note(
                UInt8.random(in: 0...255, using: &random), from: Int.random(in: 0..<6, using: &random), at: instant)
            if detector.isDue(at: instant) { _ = detector.evaluate(at: instant) }
        }
        #expect(detector[0].map { $0.loudness >= 0 && $0.loudness <= 127 } == true)
    }
}
