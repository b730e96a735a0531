import Testing

@testable import MediaCore

@Suite struct SpeakerGroupTests {
    private static func producer(_ seat: Int) -> SlotID { SlotID(index: UInt32(seat), generation: 1) }

    /// A group with its microphones over simulated time.
    private struct Room {
        var group: SpeakerGroup
        var voices: [SimulatedVoice]
        private(set) var now: Int64 = 0
        /// How often a seat was let in, and the most that were heard at a time.
        private(set) var admissions = 0
        private(set) var mostHeard = 0

        init(seed: UInt64, of count: Int, limit: Int?) {
            group = SpeakerGroup(limit: limit)
            voices = (0..<count).map { SimulatedVoice(seed: seed * 100 + UInt64($0), room: 65 + $0 % 3 * 5) }
            for seat in 0..<count { _ = group.add(SpeakerGroupTests.producer(seat)) }
        }

        var heard: [Int] { voices.indices.filter { group.isHeard($0) } }

        /// Lets time pass; returns the seats whose packets were active and not forwarded, packet by packet.
        mutating func speak(_ milliseconds: Int, _ speakers: Set<Int>) -> [Int: Int] {
            var clipped: [Int: Int] = [:]
            for _ in 0..<milliseconds / 20 {
                now += 20_000_000
                let instant = MediaInstant(nanoseconds: now)
                for seat in voices.indices {
                    guard let level = voices[seat].next(isSpeaking: speakers.contains(seat)) else { continue }
                    let wasHeard = group.isHeard(seat)
                    _ = group.note(level, from: seat, at: instant)
                    if group.isHeard(seat), !wasHeard { admissions += 1 }
                    if speakers.contains(seat), !group.isHeard(seat) { clipped[seat, default: 0] += 1 }
                    mostHeard = max(mostHeard, heard.count)
                    if let dominant = group.dominant, !group.isHeard(Int(dominant.index)) { clipped[-1] = 1 }
                }
            }
            return clipped
        }
    }

    @Test func withoutALimitEverybodyIsHeard() {
        var room = Room(seed: 1, of: 6, limit: nil)
        #expect(room.heard.count == 6)
        #expect(room.speak(5_000, [1, 2, 3]).isEmpty && room.heard.count == 6 && room.group.dominant != nil)
    }

    @Test func whoSpeaksIsHeardFromTheFirstPacket() {
        var clipped = 0
        for seed in UInt64(1)...8 {
            var room = Room(seed: seed, of: 8, limit: 3)
            _ = room.speak(2_000, [])
            for turn in 0..<16 {
                let speaker = (turn * 5 + 1) % 8
                let lost = room.speak(3_000, [speaker])
                #expect(lost[-1] == nil)
                // Where a turn begins its first packet may be a quiet one.
                clipped = max(clipped, lost[speaker] ?? 0)
                #expect(room.group.isHeard(speaker) && room.group.dominant == Self.producer(speaker))
                #expect(room.heard.count == 3)
            }
            #expect(room.mostHeard <= 3 && room.admissions <= 20)
        }
        print("of who begins to speak, \(clipped) packets are not heard at most")
        #expect(clipped <= 3)
    }

    @Test func whoseMicrophonesAreNoisyDoNotTakeTurns() {
        var room = Room(seed: 4, of: 6, limit: 2)
        _ = room.speak(3_000, [0])
        let before = room.admissions
        _ = room.speak(60_000, [0, 1, 2])
        // Three who all speak share two places: one of them changes now and then, and nobody flaps.
        #expect(room.admissions - before <= 60)
        let settled = room.admissions
        _ = room.speak(30_000, [])
        #expect(room.admissions == settled)
    }

    @Test func theLimitChanges() {
        var room = Room(seed: 7, of: 5, limit: 2)
        _ = room.speak(3_000, [3])
        _ = room.speak(3_000, [4])
        #expect(room.heard == [3, 4])
        room.group.setLimit(1)
        #expect(room.heard == [4])
        room.group.setLimit(4)
        #expect(room.heard.count == 4 && room.group.isHeard(3))
        room.group.setLimit(nil)
        #expect(room.heard.count == 5)
        room.group.setLimit(1)
        #expect(room.heard == [4])
        // With one place it is the dominant speaker's.
        #expect(room.speak(3_000, [2])[-1] == nil && room.heard == [2])
    }

    @Test func whoLeavesGivesThePlaceToTheLastWhoSpoke() {
        var room = Room(seed: 9, of: 5, limit: 2)
        for speaker in [0, 1, 2] { _ = room.speak(3_000, [speaker]) }
        #expect(room.heard == [1, 2])
        let wasDominant = room.group.remove(2)
        #expect(wasDominant && room.group.dominant == nil && room.heard == [0, 1])
        let again = room.group.remove(2)
        #expect(!again)
        #expect(room.group.add(Self.producer(9)) == 2 && room.heard == [0, 1])
        #expect(room.group.producers.count == 5)
    }

    @Test func withoutLevelsNobodyIsPreferred() {
        var group = SpeakerGroup(limit: 2)
        for seat in 0..<4 { _ = group.add(Self.producer(seat)) }
        for step in Int64(0)..<500 {
            for seat in 0..<4 {
                let instant = MediaInstant(nanoseconds: step * 20_000_000)
                let changed = group.note(seat == 3 && step > 100 ? UInt8(step * 7 % 50) : nil, from: seat, at: instant)
                #expect(!changed || seat == 3 || step > 100)
            }
        }
        // The one that has levels and speaks is heard, one of the others besides.
        #expect(group.isHeard(3) && (0..<3).filter { group.isHeard($0) }.count == 1)
    }
}
