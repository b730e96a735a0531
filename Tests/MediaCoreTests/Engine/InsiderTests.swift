import MediaTestSupport
import Testing

@testable import MediaCore

/// What a peer with keys may say in RTCP: anything, about anybody.
@Suite struct InsiderTests {
    private func begin(seed: UInt64) throws -> (SimulatedCall, SimulatedPublisher, SimulatedWatcher, SimulatedWatcher) {
        let call = try SimulatedCall(seed: seed)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        let (other, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(2))
        return (call, publisher, watcher, other)
    }

    private func expectGoesOn(
        _ call: SimulatedCall, _ watchers: [SimulatedWatcher], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let frames = watchers.map(\.decoded.count)
        call.run(for: .seconds(1))
        for (watcher, frames) in zip(watchers, frames) {
            #expect(watcher.decoded.count >= frames + 28, sourceLocation: sourceLocation)
            #expect(watcher.complaints == [], sourceLocation: sourceLocation)
        }
        #expect(call.events.count == 3, sourceLocation: sourceLocation)
    }

    @Test func malformedRTCP() throws {
        let (call, publisher, watcher, other) = try begin(seed: 151)
        var random = MediaRandom.seeded(151)
        let video = try #require(watcher.ssrcs[96])
        // Real messages, truncated and flipped, and noise with the head of every type.
        var samples: [[UInt8]] = []
        var sample: [UInt8] = []
        sample.append(.nack(GenericNACK(sender: 7, media: video, sequenceNumbers: [1, 2, 3, 400])))
        samples.append(sample)
        sample = []
        sample.append(.receiverReport(ReceiverReport(ssrc: 7)))
        sample.append(.sourceDescription([SourceDescriptionChunk(ssrc: 7, cname: "simulated")]))
        sample.append(.pictureLoss(PictureLossIndication(sender: 7, media: video)))
        samples.append(sample)
        sample = []
        sample.append(
            .senderReport(
                SenderReport(
                    ssrc: publisher.videoSSRC, ntpTime: NTPTime(bits: 1), rtpTimestamp: 1, packetCount: 0,
                    octetCount: 0,
                    blocks: [])))
        samples.append(sample)
        for type: UInt8 in 192...207 {
            for count: UInt8 in 0..<32 {
                var noise: [UInt8] = [0x80 | count, type, 0, 5]
                for _ in 0..<20 { noise.append(UInt8(truncatingIfNeeded: random.next())) }
                samples.append(noise)
            }
        }
        var sent = 0
        for sample in samples {
            for peer in [0, 1] {
                var variants = [sample]
                if sample.count > 24 || sample[1] == 205 {
                    variants += (8..<sample.count).map { Array(sample[..<$0]) }
                    variants += sample.indices.dropFirst(2).map { position in
                        var flipped = sample
                        flipped[position] ^= UInt8(1 << (position % 8))
                        return flipped
                    }
                }
                for variant in variants where !isGoodbye(variant, of: [publisher.audioSSRC, publisher.videoSSRC]) {
                    if peer == 0 { publisher.send(rtcp: variant) } else { watcher.send(rtcp: variant) }
                    sent += 1
                    if sent % 40 == 0 { call.run(for: .milliseconds(1)) }
                }
            }
        }
        #expect(sent > 1_200)
        call.run(for: .milliseconds(100))
        #expect(call.engine.statistics(at: call.instant).drops["rtcpMalformed"] ?? 0 > 200)
        expectGoesOn(call, [watcher, other])
    }

    private func isGoodbye(_ bytes: [UInt8], of ssrcs: [UInt32]) -> Bool {
        var reader = RTCPReader(bytes.span.bytes)
        while let message = try? reader.next() {
            if case .goodbye(let goodbye) = message, !Set(goodbye.ssrcs).isDisjoint(with: ssrcs) { return true }
        }
        return false
    }

    @Test func feedbackAtItsExtremes() throws {
        let (call, publisher, watcher, other) = try begin(seed: 152)
        let keyframes = publisher.keyframeRequests.count
        func send(_ bytes: [UInt8]) {
            watcher.send(rtcp: bytes)
            publisher.send(rtcp: bytes)
            call.run(for: .milliseconds(1))
        }
        // Transport-wide feedback about 65,535 packets never sent: run lengths, vectors, no deltas, all large deltas.
        for chunk: [UInt8] in [[0x3F, 0xFF], [0x5F, 0xFF], [0xBF, 0xFF], [0xFF, 0xFF], [0x00, 0x00]] {
            for count: UInt16 in [0, 1, 14, 0x1FFF, 0xFFFF] {
                var message: [UInt8] = [0x8F, 205, 0, 5, 0, 0, 0, 7, 0, 0, 0, 1]
                message.append(bigEndian: UInt16(0xFFF0))
                message.append(bigEndian: count)
                message += [0x7F, 0xFF, 0xFF, 1] + chunk + [0, 0]
                send(message)
            }
        }
        // REMB of 2^63 x 2^18, of nothing, for streams of others.
        for exponent: UInt8 in [0, 63] {
            send([
                0x8F, 206, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0, 0x52, 0x45, 0x4D, 0x42, 1, exponent << 2 | 3, 0xFF, 0xFF, 0, 0,
                0, 1,
            ])
        }
        // Reports of absurd loss, jitter and times.
        for value: UInt32 in [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] {
            let blocks = watcher.ssrcs.values.map {
                ReportBlock(
                    ssrc: $0, fractionLost: 255, packetsLost: Int32(bitPattern: value) >> 8,
                    highestSequenceNumber: value, jitter: value, lastSenderReport: value,
                    delaySinceLastSenderReport: value)
            }
            var bytes: [UInt8] = []
            bytes.append(.receiverReport(ReceiverReport(ssrc: 7, blocks: blocks)))
            send(bytes)
        }
        expectGoesOn(call, [watcher, other])
        for outbound in call.engine.statistics(at: call.instant).transports[1].outbound {
            #expect(outbound.roundTripTime.map { $0 >= 0 && $0 < 60 } == true)
        }
        #expect(publisher.keyframeRequests.count <= keyframes + 1)
    }

    /// The sender reports of one publisher's clock, wherever they jump, move the reports of its streams and nothing else.
    @Test func clocksThatJump() throws {
        let (call, publisher, watcher, other) = try begin(seed: 153)
        for bits: UInt64 in [0, .max, 1 << 63, 1 << 32, 0x7FFF_FFFF_FFFF_FFFF] {
            for timestamp: UInt32 in [0, .max, 1 << 31] {
                var bytes: [UInt8] = []
                for ssrc in [publisher.audioSSRC, publisher.videoSSRC] {
                    bytes.append(
                        .senderReport(
                            SenderReport(
                                ssrc: ssrc, ntpTime: NTPTime(bits: bits), rtpTimestamp: timestamp, packetCount: .max,
                                octetCount: .max, blocks: [])))
                }
                publisher.send(rtcp: bytes)
                // Long enough for a report of ours.
                call.run(for: .milliseconds(1_100))
            }
        }
        expectGoesOn(call, [watcher, other])
    }
}
