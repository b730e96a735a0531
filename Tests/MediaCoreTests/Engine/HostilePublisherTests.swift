import MediaTestSupport
import Testing

@testable import MediaCore

/// What a publisher may send once it has keys: anything. It must not end the process, nor a watcher's secrets.
@Suite struct HostilePublisherTests {
    private func begin(seed: UInt64) throws -> (SimulatedCall, SimulatedPublisher, SimulatedWatcher) {
        let call = try SimulatedCall(seed: seed)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(1))
        return (call, publisher, watcher)
    }

    private func expectGoesOn(
        _ call: SimulatedCall, _ watcher: SimulatedWatcher, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let frames = watcher.decoded.count
        call.run(for: .seconds(1))
        #expect(watcher.decoded.count >= frames + 27, sourceLocation: sourceLocation)
        #expect(watcher.complaints == [], sourceLocation: sourceLocation)
    }

    private func packet(
        _ payload: [UInt8], ssrc: UInt32, payloadType: UInt8 = 96, index: UInt64, mid: String? = nil
    ) -> [UInt8] {
        var packet: [UInt8] = [mid == nil ? 0x80 : 0x90, payloadType]
        packet.append(bigEndian: UInt16(truncatingIfNeeded: index))
        packet.append(bigEndian: UInt32(90_000))
        packet.append(bigEndian: ssrc)
        if let mid {
            packet += [0xBE, 0xDE, 0, 1, 0x10 | UInt8(mid.utf8.count - 1)] + Array(mid.utf8)
            while packet.count < 20 { packet.append(0) }
        }
        return packet + payload
    }

    /// A watcher starts with a keyframe and all of it that is there already. A packet of it whose turn came 512
    /// numbers later was no longer known to have been sent, and went a second time: under the same number with another
    /// departure time, which is one nonce for two packets. Debug builds stopped at the assertion.
    @Test func noNumberIsUsedTwiceHoweverFarThePacketsAreOutOfOrder() throws {
        let call = try SimulatedCall(seed: 111)
        let (publisher, session) = try call.addPublisher()
        publisher.isVideoPaused = true
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(1))
        publisher.send(rtp: packet([0x10, 0, 1, 2], ssrc: publisher.videoSSRC, index: 100), index: 100)
        publisher.send(rtp: packet([0, 1, 1, 2], ssrc: publisher.videoSSRC, index: 613), index: 613)
        let original: [UInt8] = [0, 101, 0, 1, 1, 2]
        publisher.send(rtp: packet(original, ssrc: publisher.videoSSRC + 1, payloadType: 97, index: 1), index: 1)
        call.run(for: .seconds(1))
        let video = try #require(watcher.ssrcs[96])
        #expect(watcher.newest[video] != nil)
        #expect(!watcher.complaints.contains { $0.contains("twice") })
        let statistics = call.engine.statistics(at: call.instant).transports[1]
        #expect(statistics.outbound.first { $0.kind == "video" }?.packetsSent == 3)
    }

    /// A retransmission names the number of its original. One far ahead was stored, and made everything that really
    /// came count as too old: the stream stood still for as many packets.
    @Test func aRetransmissionFromTheFutureIsRefused() throws {
        let (call, publisher, watcher) = try begin(seed: 112)
        let highest = call.highest(of: publisher.videoSSRC)
        for (index, lead) in ([30_000, 5_000, -30_000, -3_000] as [Int64]).enumerated() {
            var payload: [UInt8] = []
            payload.append(bigEndian: UInt16(truncatingIfNeeded: highest + lead))
            publisher.send(
                rtp: packet(
                    payload + [0, 1, 1, 2], ssrc: publisher.videoSSRC + 1, payloadType: 97, index: UInt64(100 + index)),
                index: UInt64(100 + index))
        }
        expectGoesOn(call, watcher)
        #expect(call.engine.statistics(at: call.instant).drops["rtpOutOfRange"] == 4)
    }

    @Test func unknownSourcesAndTypesAreRefusedAndBounded() throws {
        let (call, publisher, watcher) = try begin(seed: 113)
        let kept = [call.engine.streams.count, call.sourceCount(of: publisher)]
        // More sources than the receiver keeps windows and remainders of.
        for index in 0..<1500 {
            let ssrc = UInt32(0x5000_0000 + index)
            let mid = ["1", "0", "2", "nine-char", nil][index % 5]
            let payloadType: UInt8 = [96, 97, 111, 100, 0][index / 5 % 5]
            publisher.send(
                rtp: packet([0x10, 0, 1], ssrc: ssrc, payloadType: payloadType, index: 1, mid: mid), index: 1)
            if index % 50 == 0 { call.run(for: .milliseconds(1)) }
        }
        // A known source with another's payload type, and with another's MID: the SSRC decides.
        publisher.send(rtp: packet([1, 2, 3], ssrc: publisher.audioSSRC, payloadType: 96, index: 9_000), index: 9_000)
        call.run(for: .milliseconds(100))
        let streams = call.engine.streams.count
        #expect(streams == kept[0])
        // Sources that a retransmission's payload type ties to the picture are remembered, as far as SRTP admits them.
        let sources = call.sourceCount(of: publisher)
        #expect(sources >= kept[1] && sources <= kept[1] + 64 * 17)
        expectGoesOn(call, watcher)
        let drops = call.engine.statistics(at: call.instant).drops
        #expect(drops["rtpUnknownSource"] ?? 0 > 300)
        #expect(drops["rtpUnknownPayloadType"] ?? 0 > 50)
    }

    @Test func paddingAndExtensionsAtTheirLimits() throws {
        let (call, publisher, watcher) = try begin(seed: 114)
        var next: UInt64 = 70_000
        func send(_ bytes: [UInt8]) {
            publisher.send(rtp: bytes, index: next)
            next += 1
        }
        func head(_ first: UInt8) -> [UInt8] {
            [first] + packet([], ssrc: publisher.audioSSRC, payloadType: 111, index: next)[1...]
        }
        // Padding longer than the payload, of zero bytes, of everything; nothing at all.
        send(head(0xA0) + [1, 2, 200])
        send(head(0xA0) + [1, 2, 0])
        send(head(0xA0) + [0, 0, 3])
        send(head(0xA0))
        send(head(0x80))
        // An element that says it is longer than its block; a block of terminators; two-byte elements of length zero.
        send(head(0x90) + [0xBE, 0xDE, 0, 1, 0x3F, 1, 2, 3])
        send(head(0x90) + [0xBE, 0xDE, 0, 1, 0xF0, 0xF0, 0xF0, 0xF0])
        send(head(0x90) + [0x10, 0, 0, 2, 3, 0, 3, 0, 3, 0, 1, 0])
        send(head(0x90) + [0xBE, 0xDE, 0, 0])
        // Transport-wide numbers that jump.
        for number: UInt16 in [0, 0x8000, 0xFFFF, 0x4000, 1] {
            send(head(0x90) + [0xBE, 0xDE, 0, 1, 0x31, UInt8(number >> 8), UInt8(number & 255), 0])
            call.run(for: .milliseconds(20))
        }
        call.run(for: .milliseconds(200))
        let frames = watcher.decoded.count
        call.run(for: .seconds(1))
        #expect(watcher.decoded.count >= frames + 27)
        #expect(call.events.count == 2)
    }
}
