import MediaTestSupport
import Testing

@testable import MediaCore

/// What a publisher may claim of its layers: nothing of it ends the process or lets a number protect two packets.
@Suite struct HostileLayerTests {
    private static let high: UInt32 = 710_000
    private static let low: UInt32 = 720_000
    /// VP9: a keyframe of one packet without layers. Source: RFC 9628, section 4.2.
    private static let keyframe: [UInt8] = [0x0C, 1, 2]

    private func begin(
        seed: UInt64, picture: SimulatedOffer.Picture, hasRetransmission: Bool = true
    ) throws -> (SimulatedCall, SimulatedPublisher, ConsumerID) {
        let call = try SimulatedCall(seed: seed)
        call.picture = picture
        call.injectsKeys = true
        let (publisher, session) = try call.addPublisher(signaling: .rid)
        publisher.isVideoPaused = true
        let (_, watched) = try call.addWatcher(of: session.producers, hasRetransmission: hasRetransmission)
        call.run(for: .milliseconds(200))
        return (call, publisher, try #require(watched.consumers.last))
    }

    private func packet(
        _ ssrc: UInt32, _ index: UInt64, _ payload: [UInt8], timestamp: UInt32, hasMarker: Bool = true
    ) -> MadePacket {
        MadePacket(
            ssrc: ssrc, payloadType: hasMarker ? 0xE0 : 96, index: index, timestamp: timestamp,
            rid: ssrc == Self.high ? "h" : SimulatedOffer.lowRid, payload: payload)
    }

    /// A keyframe's lowest layer that the higher one does without was the first that a watcher began with, and the first
    /// that was left out. When it was to change to another encoding then, a range began behind its end.
    @Test func aChangeBeforeAnythingWasForwarded() throws {
        let (call, publisher, consumer) = try begin(seed: 841, picture: .vp9)
        // Of the second spatial layer, so that it counts as there; then the end of a picture.
        publisher.send(packet(Self.high, 8, [0x60, 0x02, 0, 1], timestamp: 3_000, hasMarker: false))
        publisher.send(packet(Self.high, 9, [0x44, 1, 2], timestamp: 3_000))
        call.run(for: .milliseconds(10))
        publisher.send(packet(Self.high, 10, [0x2D, 0, 0, 1], timestamp: 6_000, hasMarker: false))
        call.run(for: .milliseconds(10))
        let source = call.engine.consumers[consumer.slot].source
        #expect(source != nil)
        let taken = call.engine.consumers[consumer.slot].counters.packets
        #expect(taken == 0)
        publisher.send(packet(Self.low, 10, Self.keyframe, timestamp: 6_000))
        call.run(for: .milliseconds(10))
        try call.engine.prefer(
            LayerPreference(encodingID: SimulatedOffer.lowRid), for: consumer, at: call.instant)
        publisher.send(packet(Self.low, 11, Self.keyframe, timestamp: 9_000))
        call.run(for: .milliseconds(100))
        let sent = call.engine.consumers[consumer.slot].counters.packets
        #expect(sent >= 1)
    }

    /// A consumer knows by a number of eight bits which of its sources a packet was of. The 257th source in a row was
    /// taken for the first when a packet was asked for again, and the packet was made with the numbers of the wrong one:
    /// other bytes under the same index.
    @Test func numbersOfSourcesThatWrapAround() throws {
        let (call, publisher, consumer) = try begin(seed: 842, picture: .vp8, hasRetransmission: false)
        // VP8 with TL0PICIDX: X; L; index; then a keyframe's first packet. Source: RFC 7741, section 4.2.
        publisher.send(packet(Self.high, 10, [0x90, 0x40, 200, 0x00, 1, 2], timestamp: 3_000))
        call.run(for: .milliseconds(10))
        let first = call.engine.consumers[consumer.slot].highestSent
        let sent = call.engine.consumers[consumer.slot].counters.packets
        #expect(sent == 1)
        for round in 0..<256 {
            // So that TL0PICIDX does not come to the same after as many rounds.
            if round == 128 {
                publisher.send(packet(Self.high, 11, [0x90, 0x40, 201, 0x01, 1, 2], timestamp: 6_000))
                call.run(for: .milliseconds(10))
            }
            try call.engine.prefer(LayerPreference(isPaused: true), for: consumer, at: call.instant)
            try call.engine.prefer(LayerPreference(), for: consumer, at: call.instant)
            call.run(for: .milliseconds(1))
        }
        let again = call.engine.consumers[consumer.slot].counters.packets
        #expect((300..<512).contains(again))
        let history = call.engine.consumers[consumer.slot].history.packet(first)
        #expect(history != nil)
        call.engine.retransmit(
            GenericNACK(sender: 7, media: 0, sequenceNumbers: [UInt16(truncatingIfNeeded: first)]), to: consumer.slot,
            at: call.instant)
        let repeated = call.engine.output.entries.count
        #expect(repeated == 0)
    }

    /// Whatever is sent and wished for, a consumer stands in the lists of the streams it is fed from and waits for,
    /// once, and in no other: it costs work for each of their packets.
    @Test func consumersStandInTheRightLists() throws {
        for seed in [843, 844] as [UInt64] {
            var random = MediaRandom.seeded(seed)
            func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
            let call = try SimulatedCall(seed: seed)
            call.picture = .vp9
            call.injectsKeys = true
            let (publisher, session) = try call.addPublisher(signaling: .rid)
            publisher.isVideoPaused = true
            var consumers: [ConsumerID] = []
            for hasRetransmission in [true, false, false] {
                let (_, watched) = try call.addWatcher(of: session.producers, hasRetransmission: hasRetransmission)
                consumers.append(try #require(watched.consumers.last))
            }
            call.run(for: .milliseconds(100))
            let rids = [SimulatedOffer.lowRid, SimulatedOffer.middleRid, "h"]
            var ssrcs: [UInt32] = [1_000, 2_000, 3_000]
            var indexes: [UInt64] = [100, 200, 300]
            for step in 0..<1_500 {
                let layer = number(0...2)
                indexes[layer] += number(0...9) == 0 ? 2 : 1
                let isKeyframe = number(0...3) == 0
                // In one layer, or the lowest or the second of two.
                let payload: [UInt8] =
                    [
                        isKeyframe ? [0x0C, 1, 2] : [0x4C, 1, 2],
                        isKeyframe ? [0x2D, 0x00, 0, 1] : [0x6D, 0x00, 0, 1],
                        isKeyframe ? [0x2C, 0x03, 0, 1] : [0x6C, 0x02, 0, 1],
                    ][number(0...2)]
                publisher.send(
                    MadePacket(
                        ssrc: ssrcs[layer], payloadType: number(0...3) > 0 ? 0xE0 : 96, index: indexes[layer],
                        timestamp: UInt32(step / number(1...3)) &* 3_000, rid: rids[layer], payload: payload))
                if number(0...4) == 0 {
                    try call.engine.prefer(
                        LayerPreference(
                            encodingID: [nil, "h", rids[0], rids[1]][number(0...3)], isPaused: number(0...9) == 0),
                        for: consumers[number(0...2)], at: call.instant)
                }
                if number(0...9) == 0 { call.holdsOutput.toggle() }
                if number(0...99) == 0 {
                    call.run(for: .milliseconds(2_100))
                    ssrcs[layer] += 1
                }
                call.run(for: .milliseconds(Int64(number(0...30))))
                let consumer = consumers[number(0...2)]
                let last = UInt16(truncatingIfNeeded: call.engine.consumers[consumer.slot].highestSent)
                call.engine.retransmit(
                    GenericNACK(
                        sender: 7, media: 0, sequenceNumbers: (0..<4).map { _ in last &- UInt16(number(0...300)) }),
                    to: consumer.slot, at: call.instant)
                for index in 0..<call.engine.streams.slotCount {
                    guard let stream = call.engine.streams.id(at: index), call.engine.streams[stream].isVideo else {
                        continue
                    }
                    let listed = call.engine.streams[stream].subscribers
                    let concerned = consumers.map(\.slot).filter {
                        call.engine.consumers[$0].source == stream || call.engine.consumers[$0].wanted?.stream == stream
                    }
                    try #require(listed.count == Set(listed).count && Set(listed) == Set(concerned), "step \(step)")
                }
            }
            call.holdsOutput = false
            call.run(for: .milliseconds(100))
            for consumer in consumers {
                let sent = call.engine.consumers[consumer.slot].counters.packets
                #expect(sent > 200)
            }
        }
    }

    /// An encoder that is set up anew may count its pictures from anywhere, also from behind what has been sent. They go
    /// on one by one, with one number for all packets of each.
    @Test func picturesThatAreCountedAnew() throws {
        let (call, publisher, consumer) = try begin(seed: 847, picture: .vp8)
        let watcher = try #require(call.peers.last as? SimulatedWatcher)
        watcher.keepsPackets = true
        // VP8 with a picture id of 15 bits: X; I; the id; then a keyframe's first packet, or another picture's; the rest of it.
        for (index, id) in ([20_000, 20_001, 10_000, 10_001, 10_002] as [UInt16]).enumerated() {
            let head: [UInt8] = [0x80, UInt8(0x80 | id >> 8), UInt8(id & 255)]
            let (number, timestamp) = (UInt64(10 + 2 * index), UInt32(index) * 3_000)
            publisher.send(
                packet(
                    Self.high, number, [0x90] + head + [id % 10_000 == 0 ? 0 : 1, 1, 2], timestamp: timestamp,
                    hasMarker: false))
            publisher.send(packet(Self.high, number + 1, [0x80] + head + [3, 4], timestamp: timestamp))
            call.run(for: .milliseconds(30))
        }
        let sent = call.engine.consumers[consumer.slot].counters.packets
        #expect(sent == 10)
        let ids = watcher.packets.filter { $0.header.payloadType == 96 }.map {
            UInt16($0.payload[2] & 0x7F) << 8 | UInt16($0.payload[3])
        }
        #expect(ids == (0..<10).map { 20_000 + $0 / 2 })
    }

    private func descriptor(_ number: Int, _ random: inout MediaRandom) -> [UInt8] {
        func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        var structure = DescriptorBuilder.Structure.l2t2
        structure.offset = [60, 60, 3][pick(0...2)]
        if pick(0...3) == 0 { structure.templates[5].targets = ["--DD", "-S-S", "----"][pick(0...2)] }
        if pick(0...7) == 0 { structure.templates[0].targets = ["----", "R---", "-S-S"][pick(0...2)] }
        var descriptor = DescriptorBuilder(
            start: pick(0...7) > 0, end: pick(0...3) > 0, template: (structure.offset + pick(0...5)) & 63,
            number: number & 0xFFFF)
        if pick(0...5) == 0 {
            descriptor.template = structure.offset
            descriptor.structure = structure
        }
        if pick(0...5) == 0 { descriptor.active = (pick(0...15), 4) }
        if pick(0...9) == 0 { descriptor.targets = ["SSSS", "-D-R", "----", "R-SD"][pick(0...3)] }
        if pick(0...9) == 0 { descriptor.references = [[], [1], [2, 300], [4_096]][pick(0...3)] }
        var bytes = descriptor.bytes
        if pick(0...19) == 0 { bytes[pick(0...bytes.count - 1)] ^= UInt8(1 << pick(0...7)) }
        if pick(0...19) == 0 { bytes.removeLast(pick(1...bytes.count - 1)) }
        return bytes
    }

    /// Structures that change and lie, frames out of order, masks, resends: debug builds stop at one index for two packets.
    @Test func whateverDescriptorsSay() throws {
        for seed in [851, 852] as [UInt64] {
            var random = MediaRandom.seeded(seed)
            func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
            let call = try SimulatedCall(seed: seed)
            call.picture = .vp9
            call.injectsKeys = true
            let (publisher, session) = try call.addPublisher(signaling: .rid)
            publisher.isVideoPaused = true
            var consumers: [ConsumerID] = []
            for hasRetransmission in [true, false, false] {
                let (_, watched) = try call.addWatcher(of: session.producers, hasRetransmission: hasRetransmission)
                consumers.append(try #require(watched.consumers.last))
            }
            call.run(for: .milliseconds(100))
            var frames = [10, 70_000]
            var indexes: [UInt64] = [200, 300]
            var used: Set<UInt64> = []
            for _ in 0..<2_000 {
                let layer = number(0...5) == 0 ? 1 : 0
                let isLate = number(0...9) == 0
                let step = isLate ? -number(1...60) : number(1...9) / 9 + 1
                let index = UInt64(Int(indexes[layer]) + step)
                guard used.insert(index << 1 | UInt64(layer)).inserted else { continue }
                indexes[layer] = max(indexes[layer], index)
                frames[layer] += number(0...2) == 0 ? 1 : 0
                if number(0...199) == 0 { frames[layer] += number(-3_000...30_000) }
                var payload: [UInt8] = [[0x0C, 1, 2], [0x4C, 1, 2], [0x2D, 0, 0, 1], [0x6C, 2, 0, 1]][number(0...3)]
                if number(0...29) == 0 { payload = [] }
                publisher.send(
                    MadePacket(
                        ssrc: layer == 0 ? Self.high : Self.low, payloadType: number(0...3) > 0 ? 0xE0 : 96,
                        index: index,
                        timestamp: UInt32(truncatingIfNeeded: frames[layer] / 2 - number(0...9) / 9) &* 3_000,
                        rid: layer == 0 ? "h" : SimulatedOffer.lowRid,
                        descriptor: number(0...19) == 0 ? [] : descriptor(frames[layer], &random), payload: payload))
                if number(0...9) == 0 {
                    try call.engine.prefer(
                        LayerPreference(
                            encodingID: [nil, nil, "h", SimulatedOffer.lowRid][number(0...3)],
                            spatialLayer: number(0...2), temporalLayer: number(0...2), isPaused: number(0...19) == 0),
                        for: consumers[number(0...2)], at: call.instant)
                }
                if number(0...19) == 0 { call.holdsOutput.toggle() }
                call.run(for: .milliseconds(Int64(number(0...9))))
                let consumer = consumers[number(0...2)]
                let last = UInt16(truncatingIfNeeded: call.engine.consumers[consumer.slot].highestSent)
                call.engine.retransmit(
                    GenericNACK(
                        sender: 7, media: 0, sequenceNumbers: (0..<4).map { _ in last &- UInt16(number(0...300)) }),
                    to: consumer.slot, at: call.instant)
            }
            call.holdsOutput = false
            call.run(for: .milliseconds(100))
            for consumer in consumers {
                let sent = call.engine.consumers[consumer.slot].counters.packets
                #expect(sent > 50)
            }
        }
    }

    /// Spatial layers that do without one another (modes S2T1 and the like): a watcher that wants the second stayed with the
    /// first for good, and its publisher was asked for a keyframe twice a second.
    @Test func layersThatDoWithoutOneAnother() throws {
        let (call, publisher, consumer) = try begin(seed: 861, picture: .vp9)
        let structure = DescriptorBuilder.Structure(
            templates: [
                .init(targets: "S-", chains: [0, 0]), .init(targets: "R-", references: [2], chains: [2, 1]),
                .init(spatial: 1, targets: "-S", chains: [1, 0]),
                .init(spatial: 1, targets: "-R", references: [2], chains: [1, 2]),
            ], targetCount: 2, protectedBy: [0, 1], sizes: [(320, 180), (640, 360)])
        var answered = 0
        for picture in 0..<90 {
            let isKeyframe = picture == 0 || publisher.keyframeRequests.count > answered
            answered = publisher.keyframeRequests.count
            for layer in 0..<2 {
                let descriptor = DescriptorBuilder(
                    template: 2 * layer + (isKeyframe ? 0 : 1), number: 100 + 2 * picture + layer,
                    structure: isKeyframe && layer == 0 ? structure : nil)
                let payload: [UInt8] = [isKeyframe ? 0x2D : 0x6D, UInt8(layer * 2), 0, 1]
                var made = packet(
                    Self.high, UInt64(10 + 2 * picture + layer), payload, timestamp: UInt32(picture) * 3_000,
                    hasMarker: layer == 1)
                made.descriptor = descriptor.bytes
                publisher.send(made)
            }
            call.run(for: .milliseconds(33))
        }
        let current = call.engine.consumers[consumer.slot].selector.current
        #expect(current == 1)
        // Of the first picture both, of the others one.
        let sent = call.engine.consumers[consumer.slot].counters.packets
        #expect(sent == 91)
    }
}
