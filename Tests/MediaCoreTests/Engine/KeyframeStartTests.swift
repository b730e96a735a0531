import MediaTestSupport
import Testing

@testable import MediaCore

/// A watcher begins at a keyframe: with all of it, in whatever order it comes, and with no number twice.
@Suite struct KeyframeStartTests {
    private func begin(
        seed: UInt64, picture: SimulatedOffer.Picture = .vp8
    ) throws -> (SimulatedCall, SimulatedPublisher, SimulatedWatcher) {
        let call = try SimulatedCall(seed: seed)
        call.picture = picture
        let (publisher, session) = try call.addPublisher()
        publisher.isPaused = true
        let (watcher, _) = try call.addWatcher(of: session.producers)
        watcher.keepsPackets = true
        watcher.sendsNACKs = false
        call.run(for: .seconds(1))
        #expect(publisher.isConnected && watcher.isConnected)
        return (call, publisher, watcher)
    }

    private func indexes(_ watcher: SimulatedWatcher, _ payloadType: UInt8) -> [UInt64] {
        watcher.packets.filter { $0.header.payloadType == payloadType }.map(\.index)
    }

    /// The round that starts a watcher sends what is there of the keyframe, 150 too, then 662, which takes 150's place in
    /// the history. When 150's own turn came it went out again under its number: two packets under one nonce. Debug
    /// builds stop at the ledger of nonces.
    @Test func aRoundThatOutrunsTheHistoryRepeatsNoNumber() throws {
        let (call, publisher, watcher) = try begin(seed: 211)
        call.holdsOutput = true
        let ssrc = publisher.videoSSRC
        publisher.send(MadePacket(ssrc: ssrc, index: 100, payload: MadePacket.keyframeStart))
        call.run(for: .milliseconds(20))
        publisher.send(MadePacket(ssrc: ssrc, index: 662, payload: MadePacket.continuation))
        call.run(for: .milliseconds(20))
        publisher.send(MadePacket(ssrc: ssrc, index: 150, payload: MadePacket.continuation).again(1))
        call.run(for: .milliseconds(20))
        call.holdsOutput = false
        call.run(for: .milliseconds(50))
        let sent = indexes(watcher, 96)
        let first = try #require(sent.first)
        #expect(sent.map { $0 - first } == [0, 50, 562])
        #expect(watcher.drops[.srtpReplayed, default: 0] == 0)
    }

    /// The same for sound, whose history is short and whose late packets need no retransmission.
    @Test func aRoundOfSoundThatOutrunsTheHistoryRepeatsNoNumber() throws {
        let (call, publisher, watcher) = try begin(seed: 212)
        call.holdsOutput = true
        for index: UInt64 in [100, 170, 106] {
            publisher.send(
                MadePacket(ssrc: publisher.audioSSRC, payloadType: 111, index: index, mid: "0", payload: [1, 2, 3]))
            call.run(for: .milliseconds(20))
        }
        call.holdsOutput = false
        call.run(for: .milliseconds(50))
        let sent = indexes(watcher, 111)
        let first = try #require(sent.first)
        #expect(sent.map { $0 - first } == [0, 6, 70])
        #expect(watcher.drops[.srtpReplayed, default: 0] == 0)
    }

    /// A start once sent at most 64 packets behind the keyframe's first. When that one came last, by retransmission, the
    /// rest of a large keyframe had had its turn already and never left.
    @Test func aLargeKeyframeWhoseFirstPacketComesLastIsComplete() throws {
        let (call, publisher, watcher) = try begin(seed: 213)
        func packet(_ index: UInt64, _ payload: [UInt8]) -> MadePacket {
            MadePacket(ssrc: publisher.videoSSRC, index: index, payload: payload + [UInt8](repeating: 7, count: 900))
        }
        for index: UInt64 in 1001..<1200 {
            publisher.send(packet(index, MadePacket.continuation))
            if index % 50 == 0 { call.run(for: .milliseconds(1)) }
        }
        call.run(for: .milliseconds(50))
        #expect(indexes(watcher, 96) == [])
        publisher.send(packet(1000, MadePacket.keyframeStart).again(1))
        call.run(for: .milliseconds(50))
        let sent = indexes(watcher, 96)
        let first = try #require(sent.first)
        #expect(sent == Array(first..<first + 200))
        #expect(watcher.packets.first { $0.header.payloadType == 96 }?.payload.prefix(2) == [0x10, 0x00])
        #expect(watcher.drops[.srtpReplayed, default: 0] == 0)
    }

    /// An H.264 keyframe may begin with parameter sets in a packet of their own. When it was lost, the first IDR slice
    /// counted as the beginning: the sets were not asked for, or came and were not passed on, and nothing decoded. Each
    /// further slice counted as one more keyframe.
    @Test func lostParameterSetsAreAskedForAndPassedOnBeforeTheirPicture() throws {
        let (call, publisher, watcher) = try begin(seed: 214, picture: .h264)
        func packet(_ index: UInt64, picture: UInt32, _ payload: [UInt8]) -> MadePacket {
            MadePacket(ssrc: publisher.videoSSRC, index: index, timestamp: picture &* 3000, payload: payload)
        }
        // A STAP-A of an SPS and a PPS; FU-As of IDR slices, starting and ending. Source: RFC 6184, section 5.
        let parameterSets: [UInt8] = [0x78, 0, 4, 0x67, 0x42, 0xE0, 0x1F, 0, 2, 0x68, 0xCE]
        let (sliceStart, sliceEnd): ([UInt8], [UInt8]) = ([0x7C, 0x85, 1, 2, 3], [0x7C, 0x45, 4, 5, 6])
        for index: UInt64 in [500, 502, 503] { publisher.send(packet(index, picture: 1, [0x41, 1, 2])) }
        for (index, payload) in zip(505..., [sliceStart, sliceEnd, sliceStart, sliceEnd]) {
            publisher.send(packet(UInt64(index), picture: 2, payload))
        }
        call.run(for: .milliseconds(100))
        // Of what the keyframe makes needless, 501, nothing is asked for; of what it needs all.
        #expect(Set(publisher.demanded) == [504])
        let slices = indexes(watcher, 96)
        let first = try #require(slices.first)
        #expect(slices == Array(first..<first + 4))

        publisher.send(packet(504, picture: 2, parameterSets).again(1))
        call.run(for: .milliseconds(50))
        #expect(indexes(watcher, 96) == slices + [first - 1])
        #expect(watcher.packets.last { $0.header.payloadType == 96 }?.payload == parameterSets)
        publisher.send(packet(501, picture: 1, [0x41, 1, 2]).again(2))
        call.run(for: .milliseconds(50))
        #expect(indexes(watcher, 96).count == 5)
        func keyframes() -> UInt64? {
            call.engine.statistics(at: call.instant).transports[0].inbound.first { $0.kind == "video" }?
                .keyFramesReceived
        }
        #expect(keyframes() == 1)
        // The next keyframe is one more, by its parameter sets alone.
        publisher.send(packet(509, picture: 3, parameterSets))
        publisher.send(packet(510, picture: 3, sliceStart))
        call.run(for: .milliseconds(50))
        #expect(keyframes() == 2)
        #expect(indexes(watcher, 96).last == first + 5)
        #expect(watcher.drops[.srtpReplayed, default: 0] == 0)
    }
}
