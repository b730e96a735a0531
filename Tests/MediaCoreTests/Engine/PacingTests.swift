import MediaTestSupport
import Testing

@testable import MediaCore

/// What leaves for a watcher leaves no faster than its link is believed to carry.
@Suite struct PacingTests {
    /// A call whose watchers' links are believed to carry so much, and can carry everything.
    private func call(seed: UInt64, bitrate: Int64) throws -> SimulatedCall {
        try SimulatedCall(seed: seed) { configuration in
            configuration.makeEstimator = { _ in KnowingEstimator(Steps(bitrate), pacingFactor: 1.1) }
        }
    }

    /// The most bytes of pictures that came within any so long a time.
    private func mostBytes(_ watcher: SimulatedWatcher, within duration: MediaDuration) -> Int {
        let arrivals = watcher.arrivals.filter { !$0.isSound }
        var (most, bytes, first) = (0, 0, 0)
        for arrival in arrivals {
            bytes += arrival.byteCount
            while arrival.at - arrivals[first].at >= duration {
                bytes -= arrivals[first].byteCount
                first += 1
            }
            most = max(most, bytes)
        }
        return most
    }

    /// A keyframe of 60 packets, 440 kbit, through 2 Mbit/s: it takes its time, and sound does not wait for it.
    @Test func keyframesAreSpread() throws {
        let call = try call(seed: 301, bitrate: 2_000_000)
        let (publisher, session) = try call.addPublisher()
        publisher.packetsPerFrame = 3
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(2))
        let soundBefore = watcher.audioPackets
        publisher.nextKeyframePackets = 60
        watcher.demandKeyframe(of: try #require(watcher.ssrcs[96]))
        call.run(for: .seconds(2))
        #expect(watcher.complaints.isEmpty)
        #expect(watcher.packetsPerFrame.contains(60))
        // 2.2 Mbit/s are 11,000 bytes in 40 ms; two quanta may come at once.
        let most = mostBytes(watcher, within: .milliseconds(40))
        #expect(most <= 11_000 + 2 * 1_375 + 1_000)
        #expect(most >= 9_000)
        #expect(watcher.audioPackets - soundBefore >= 98)
        let delays = watcher.arrivals.filter { $0.isSound && $0.at > call.instant - .seconds(2) }
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $1.at - $0.at <= .milliseconds(21) })
        // All frames came, none was shed.
        #expect(watcher.decoded.count >= 110)
        #expect(call.timesShed == 0)
    }

    /// Who comes late gets what came since the last keyframe. Pictures a tick apart that took a second to arrive made
    /// Chromium believe that time stands still, and it showed none for 3 s: squeezed are only those that leave at once.
    @Test func timeGoesOnForThoseWhoComeLate() throws {
        for (bitrate, squeezes): (Int64, Bool) in [(2_000_000, false), (100_000_000, true)] {
            let call = try call(seed: 304, bitrate: bitrate)
            let (publisher, session) = try call.addPublisher()
            #expect(call.run(atMost: .seconds(5)) { !publisher.keyframes.isEmpty })
            call.run(for: .milliseconds(1_400))
            let (watcher, _) = try call.addWatcher(of: session.producers)
            // When each timestamp was first seen.
            var seen: [(at: MediaInstant, timestamp: UInt32)] = []
            _ = call.run(atMost: .seconds(4)) {
                if let ssrc = watcher.ssrcs[96], let newest = watcher.newest[ssrc] {
                    if seen.last?.timestamp != newest.timestamp { seen.append((call.instant, newest.timestamp)) }
                }
                return false
            }
            #expect(watcher.complaints.isEmpty)
            #expect(publisher.keyframes.count == 1, "what was kept was not used")
            let first = try #require(seen.first)
            let later = try #require(seen.first { $0.at - first.at >= .milliseconds(300) })
            let advance = Double(Int32(bitPattern: later.timestamp &- first.timestamp)) / 90_000
            let elapsed = (later.at - first.at).inSeconds
            // At 2 Mbit/s pictures of 0.9 Mbit/s come about twice as fast as they were made.
            if squeezes {
                #expect(advance < elapsed + 0.05, "\(advance) s of pictures in \(elapsed) s")
            } else {
                #expect(advance > 1.3 * elapsed, "\(advance) s of pictures in \(elapsed) s")
            }
        }
    }

    /// 900 kbit/s of pictures through 400: whole frames are shed, from the first that waited for a second up to the next
    /// keyframe, and the publisher is not flooded with requests for one.
    @Test func tooMuchIsShedByFrames() throws {
        let call = try call(seed: 302, bitrate: 400_000)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        let (other, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(20))
        for watcher in [watcher, other] {
            #expect(watcher.complaints.isEmpty)
            // Nothing is missing that was begun: a frame comes whole or not at all.
            #expect(watcher.incompleteFrames <= 1)
            // 40 % of the frames would fit, without the pauses that spare the publisher.
            #expect(watcher.decoded.count >= 60 && watcher.decoded.count <= 240)
            #expect(watcher.audioPackets >= 950)
        }
        let shed = call.timesShed
        #expect(shed >= 4 && shed <= 24)
        #expect(publisher.keyframeRequests.count >= 2 && publisher.keyframeRequests.count <= 10)
    }

    /// Two pictures over one connection with room for one: one is whole, the other is paused, and nothing is shed.
    @Test func oneOfTwoPicturesIsPaused() throws {
        let call = try call(seed: 303, bitrate: 1_300_000)
        let (_, first) = try call.addPublisher()
        let (_, second) = try call.addPublisher()
        let session = try call.addMuteWatcher(of: first.producers + second.producers)
        call.run(for: .seconds(15))
        let sent = session.consumers.filter { call.engine.consumers[$0.slot].parameters.kind == .video }
            .map { Int(call.engine.consumers[$0.slot].counters.payloadBytes) }
        #expect(sent.count == 2)
        #expect(sent.contains { $0 > 1_500_000 })
        #expect(sent.contains { $0 < 200_000 })
        #expect(call.timesShed == 0)
        let reasons = session.consumers.map { call.engine.consumers[$0.slot].allocationReason }
        #expect(reasons.filter { $0 == .bandwidthPaused }.count == 1)
    }

    /// Lost packets are sent again before new ones, but not without bound.
    @Test func resendsWaitAndAreBounded() throws {
        let call = try call(seed: 304, bitrate: 1_500_000)
        let (publisher, session) = try call.addPublisher()
        publisher.packetsPerFrame = 3
        call.link.loss = 0.05
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(10))
        #expect(watcher.retransmissions >= 20)
        #expect(watcher.frozen(until: call.instant) < .seconds(1))
        // A flood of requests may take its part of the link, 40 % of 1.5 Mbit/s and what fits into 400 ms at once.
        let ssrc = try #require(watcher.ssrcs[96])
        let before = watcher.mediaBytes
        for _ in 0..<200 {
            let newest = UInt16(truncatingIfNeeded: watcher.newest[ssrc]?.index ?? 0)
            watcher.demand((0..<200).map { newest &- $0 }, of: ssrc)
            call.run(for: .milliseconds(10))
        }
        let bitrate = (watcher.mediaBytes - before) * 8 / 2
        #expect(bitrate <= 1_700_000)
        #expect(call.engine.statistics(at: call.instant).drops["resendOverBudget"] ?? 0 > 0)
    }

    /// Firefox offers no transport-wide numbers for sound. While only sound was sent no feedback came, and that was taken
    /// for a link that is dead: the estimate fell to its least, sound alone took more than that, and pictures, without which
    /// nothing could be learned, never left again.
    @Test func picturesComeBackBehindSoundWithoutNumbers() throws {
        let call = try SimulatedCall(seed: 306) { $0.bitrateLimits = BitrateLimits() }
        let (publisher, session) = try call.addPublisher()
        let (watcher, watched) = try call.addWatcher(of: session.producers, reportsOnSound: false)
        call.run(for: .seconds(5))
        let before = try call.engine.estimatedBitrate(of: watched.transport)
        #expect(before > 1_000_000)
        publisher.isVideoPaused = true
        let sound = watcher.audioPackets
        call.run(for: .seconds(30))
        #expect(watcher.audioPackets - sound >= 1_480)
        #expect(try call.engine.estimatedBitrate(of: watched.transport) >= before / 2)
        publisher.isVideoPaused = false
        let decoded = watcher.decoded.count
        call.run(for: .seconds(2))
        #expect(watcher.decoded.count - decoded >= 50)
        #expect(watcher.complaints.isEmpty)
    }

    /// Pictures of the time before that are squeezed have other times when they leave than the stream has afterwards. One
    /// that had begun to leave was not known by its time, and was torn when its rest had waited for a second.
    @Test func aSqueezedPictureThatHasBegunIsNotTorn() throws {
        let call = try SimulatedCall(seed: 307) { configuration in
            configuration.makeEstimator = { _ in
                KnowingEstimator(Steps(4_000_000, [(4.4, 380_000)]), pacingFactor: 1.1)
            }
        }
        let (publisher, session) = try call.addPublisher()
        publisher.packetsPerFrame = 1
        let (watcher, watched) = try call.addWatcher(of: session.producers)
        watcher.sendsNACKs = false
        call.run(for: .seconds(2))
        publisher.nextKeyframePackets = 70
        watcher.demandKeyframe(of: try #require(watcher.ssrcs[96]))
        #expect(call.run(atMost: .seconds(1)) { watcher.packetsPerFrame.contains(70) })
        let picture = try #require(watched.consumers.last)
        try call.engine.prefer(LayerPreference(isPaused: true), for: picture, at: call.instant)
        while call.instant < MediaInstant(nanoseconds: 4_450_000_000) { call.run(for: .milliseconds(5)) }
        watcher.keepsPackets = true
        try call.engine.prefer(LayerPreference(), for: picture, at: call.instant)
        call.run(for: .seconds(6))
        var pictures: [UInt32: [SimulatedFrame.Part]] = [:]
        for packet in watcher.packets where packet.header.payloadType == 96 {
            pictures[packet.header.timestamp, default: []].append(try #require(SimulatedFrame.part(of: packet.payload)))
        }
        // It was sent once more, over more than a second, and whole.
        #expect(pictures.values.contains { $0[0].count == 70 })
        #expect(pictures.values.allSatisfy { $0.count == $0[0].count })
        #expect(call.timesShed >= 1)
        #expect(watcher.complaints.isEmpty)
    }
}
