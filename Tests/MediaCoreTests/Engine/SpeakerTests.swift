import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct SpeakerTests {
    /// A meeting of publishers of sound, each with one watcher.
    private final class Meeting {
        let call: SimulatedCall
        var publishers: [SimulatedPublisher] = []
        var sessions: [PublishSession] = []
        var watchers: [SimulatedWatcher] = []
        /// Who speaks at present.
        var speakers: Set<Int> = []
        private var voices: [SimulatedVoice] = []

        init(seed: UInt64, of count: Int, isDiscontinuous: Bool = false, link: SimulatedLink.Behaviour = .init()) throws
        {
            call = try SimulatedCall(seed: seed)
            call.injectsKeys = true
            call.link = link
            for seat in 0..<count {
                let (publisher, session) = try call.addPublisher(
                    firstSequenceNumber: UInt16(truncatingIfNeeded: 60_000 + seat * 1800))
                publisher.isVideoPaused = true
                voices.append(SimulatedVoice(seed: seed * 50 + UInt64(seat)))
                voices[seat].isDiscontinuous = isDiscontinuous
                publisher.sound = { [unowned self] _ in
                    voices[seat].next(isSpeaking: speakers.contains(seat)).map { .level($0) } ?? .unsent
                }
                publishers.append(publisher)
                sessions.append(session)
                let (watcher, _) = try call.addWatcher(of: session.producers)
                watcher.keepsPackets = true
                watchers.append(watcher)
            }
        }

        func sound(_ seat: Int) -> ProducerID { sessions[seat].producers[0] }

        func dominant(of group: SpeakerGroupID) throws -> ProducerID? {
            try call.engine.dominantSpeaker(of: group)
        }

        func speak(_ milliseconds: Int64, _ speakers: Set<Int>) {
            self.speakers = speakers
            call.run(for: .milliseconds(milliseconds))
        }

        /// What one of them heard: no hole in the numbers, the publisher's own time throughout.
        func check(_ seat: Int) {
            let packets = watchers[seat].packets.sorted { $0.index < $1.index }
            #expect(zip(packets, packets.dropFirst()).allSatisfy { $1.index == $0.index + 1 }, "a hole for \(seat)")
            #expect(watchers[seat].complaints.isEmpty, "\(watchers[seat].complaints)")
            // The publisher's timestamps are multiples of 20 ms from its first; one offset leads from them to these.
            let offsets = Set(packets.map { ($0.header.timestamp &- packets[0].header.timestamp) % 960 })
            #expect(offsets.count <= 1, "time is not true for \(seat)")
        }
    }

    @Test func theDominantSpeakerIsTold() throws {
        let meeting = try Meeting(seed: 3, of: 4)
        let group = try meeting.call.engine.makeSpeakerGroup()
        for seat in 0..<4 { try meeting.call.engine.add(meeting.sound(seat), to: group) }
        meeting.speak(3_000, [])
        #expect(try meeting.dominant(of: group) == nil)
        for turn in 0..<6 {
            meeting.speak(3_000, [turn % 4])
            #expect(try meeting.dominant(of: group) == meeting.sound(turn % 4))
        }
        #expect(meeting.call.events.filter { $0.contains("dominantSpeaker") }.count == 6)
        // Without a limit all is forwarded.
        for seat in 0..<4 {
            #expect(meeting.watchers[seat].audioPackets >= meeting.publishers[seat].audioPackets - 2)
            meeting.check(seat)
        }
        // The dominant speaker leaves.
        let speaker = meeting.sound(1)
        meeting.call.close(meeting.sessions[1].transport)
        #expect(try meeting.dominant(of: group) == nil)
        #expect(meeting.call.events.last { $0.contains("dominantSpeaker") }?.hasSuffix("nil)") == true)
        #expect(throws: MediaEngineError.self) { try meeting.call.engine.add(speaker, to: group) }
    }

    @Test func onlyTheLastSpeakersAreForwarded() throws {
        for isDiscontinuous in [false, true] {
            let meeting = try Meeting(seed: 8, of: 6, isDiscontinuous: isDiscontinuous)
            let group = try meeting.call.engine.makeSpeakerGroup(lastN: 2)
            for seat in 0..<6 { try meeting.call.engine.add(meeting.sound(seat), to: group) }
            meeting.speak(2_000, [])
            var heard: [Int] = []
            for turn in [0, 3, 5, 3, 1, 4, 2, 0, 5] {
                let before = meeting.watchers.map(\.audioPackets)
                let sent = meeting.publishers.map(\.audioPackets)
                meeting.speak(3_000, [turn])
                let spoken = meeting.publishers[turn].audioPackets - sent[turn]
                // All of it arrives but for what is on its way.
                #expect(meeting.watchers[turn].audioPackets - before[turn] >= spoken - 2)
                for seat in 0..<6 where seat != turn && heard.last != seat && !isDiscontinuous {
                    // Of all others one at most had a place besides.
                    let got = meeting.watchers[seat].audioPackets - before[seat]
                    #expect(
                        got <= 4 || !heard.contains(seat) || heard.suffix(2).contains(seat),
                        "\(seat) in turn of \(turn)")
                }
                heard.append(turn)
            }
            for seat in 0..<6 { meeting.check(seat) }
            if !isDiscontinuous {
                let forwarded = meeting.watchers.map(\.audioPackets).reduce(0, +)
                let sent = meeting.publishers.map(\.audioPackets).reduce(0, +)
                #expect(forwarded * 3 <= sent * 11 / 10, "\(forwarded) of \(sent) forwarded for 2 of 6")
            }
            // Everybody again.
            try meeting.call.engine.setLastN(nil, of: group)
            let before = meeting.watchers.map(\.audioPackets)
            meeting.speak(2_000, Set(0..<6))
            for seat in 0..<6 {
                #expect(meeting.watchers[seat].audioPackets - before[seat] >= 95)
                meeting.check(seat)
            }
        }
    }

    /// Loss, reordering and duplicates on the way in: holes there are holes here, and nothing else is.
    @Test func silencedOnPoorLinks() throws {
        for seed in UInt64(1)...2 {
            var link = SimulatedLink.Behaviour()
            (link.loss, link.jitter, link.reorders, link.duplication) = (0.05, .milliseconds(30), true, 0.02)
            let meeting = try Meeting(seed: seed, of: 4, link: link)
            for watcher in meeting.watchers { watcher.downlink = SimulatedLink(.init(), seed: 1) }
            let group = try meeting.call.engine.makeSpeakerGroup(lastN: 1)
            for seat in 0..<4 { try meeting.call.engine.add(meeting.sound(seat), to: group) }
            for turn in 0..<8 { meeting.speak(2_500, [turn % 4]) }
            for seat in 0..<4 {
                let watcher = meeting.watchers[seat]
                #expect(watcher.complaints.isEmpty, "\(watcher.complaints)")
                let indices = watcher.packets.map(\.index)
                let span = (indices.max() ?? 0) - (indices.min() ?? 0) + 1
                // Silences are a multiple of what was forwarded; losses one packet in twenty.
                #expect(
                    indices.count >= 150 && span <= UInt64(indices.count) * 112 / 100, "\(indices.count) of \(span)")
            }
        }
    }

    @Test func producersComeAndGo() throws {
        let meeting = try Meeting(seed: 5, of: 4)
        let group = try meeting.call.engine.makeSpeakerGroup(lastN: 1)
        let other = try meeting.call.engine.makeSpeakerGroup(lastN: 1)
        #expect(throws: MediaEngineError.self) { try meeting.call.engine.makeSpeakerGroup(lastN: 0) }
        #expect(throws: MediaEngineError.self) { try meeting.call.engine.setLastN(-1, of: group) }
        #expect(throws: MediaEngineError.self) {
            try meeting.call.engine.add(meeting.sessions[0].producers[1], to: group)
        }
        for seat in 0..<4 { try meeting.call.engine.add(meeting.sound(seat), to: group) }
        meeting.speak(3_000, [0])
        let before = meeting.watchers.map(\.audioPackets)
        meeting.speak(1_000, [0])
        #expect(meeting.watchers[3].audioPackets == before[3])
        // Whoever leaves the group, or whose group goes, is heard again, and its numbers go on.
        let (left, leftAgain) = (
            meeting.call.engine.remove(meeting.sound(3), from: group),
            meeting.call.engine.remove(meeting.sound(3), from: group)
        )
        #expect(left && !leftAgain)
        try meeting.call.engine.add(meeting.sound(2), to: other)
        meeting.speak(1_000, [0])
        #expect(meeting.watchers[3].audioPackets - before[3] >= 48)
        #expect(meeting.watchers[2].audioPackets - before[2] >= 48)
        #expect(meeting.watchers[1].audioPackets == before[1])
        let wasThere = meeting.call.engine.removeSpeakerGroup(group)
        let isStillThere = meeting.call.engine.removeSpeakerGroup(group)
        #expect(wasThere && !isStillThere)
        #expect(throws: MediaEngineError.self) { try meeting.call.engine.add(meeting.sound(0), to: group) }
        meeting.speak(1_000, [0])
        #expect(meeting.watchers[1].audioPackets - before[1] >= 48)
        for seat in 0..<4 { meeting.check(seat) }
    }

    /// Opus DTX: a packet every 400 ms in silence. Source: RFC 7587, section 3.1.3.
    @Test func silenceThatIsNotSentConfusesNothing() throws {
        let meeting = try Meeting(seed: 12, of: 2, isDiscontinuous: true)
        meeting.publishers[0].isVideoPaused = false
        let group = try meeting.call.engine.makeSpeakerGroup()
        for seat in 0..<2 { try meeting.call.engine.add(meeting.sound(seat), to: group) }
        meeting.speak(2_000, [0])
        let keyframes = meeting.publishers[0].keyframeRequests.count
        let sent = meeting.publishers[0].audioPackets
        for _ in 0..<4 {
            meeting.speak(3_000, [])
            meeting.speak(1_000, [0])
        }
        // Who joins while nothing is sent begins with the next packet; sound has no keyframe to ask for.
        let (late, _) = try meeting.call.addWatcher(of: meeting.sessions[1].producers)
        meeting.speak(1_000, [0])
        #expect(late.audioPackets >= 2 && late.complaints.isEmpty)
        #expect(meeting.publishers[1].keyframeRequests.isEmpty)
        #expect(meeting.publishers[0].audioPackets - sent < 4 * (50 + 10) + 50)
        #expect(meeting.publishers[0].demanded.isEmpty && meeting.publishers[0].keyframeRequests.count == keyframes)
        #expect(meeting.watchers[0].audioPackets >= meeting.publishers[0].audioPackets - 2)
        #expect(meeting.call.events.filter { $0.contains("dominantSpeaker") }.count == 1)
        #expect(try meeting.dominant(of: group) == meeting.sound(0))
        let sound = meeting.watchers[0].packets.filter { $0.header.payloadType == 111 }.sorted { $0.index < $1.index }
        #expect(zip(sound, sound.dropFirst()).allSatisfy { $1.index == $0.index + 1 })
        // The gaps are there, in time as long as they were: nineteen packets were not sent.
        let steps = zip(sound, sound.dropFirst()).map { $1.header.timestamp &- $0.header.timestamp }
        #expect(steps.allSatisfy { $0 % 960 == 0 && $0 <= 20 * 960 } && steps.contains(20 * 960))
        #expect(meeting.watchers[0].complaints.isEmpty && meeting.watchers[0].decoded.count > 500)
    }

    @Test func withoutLevelsNothingIsJudged() throws {
        let meeting = try Meeting(seed: 6, of: 3)
        for publisher in meeting.publishers { publisher.sound = nil }
        let group = try meeting.call.engine.makeSpeakerGroup(lastN: 2)
        for seat in 0..<3 { try meeting.call.engine.add(meeting.sound(seat), to: group) }
        meeting.speak(5_000, [])
        #expect(try meeting.dominant(of: group) == nil)
        #expect(meeting.watchers.filter { $0.audioPackets > 200 }.count == 2)
    }
}
