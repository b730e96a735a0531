import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct RedundantAudioCallTests {
    /// The blocks of a payload of redundant audio: how long before its own time, and what.
    private func blocks(_ payload: [UInt8]) -> [(age: UInt32, content: [UInt8])] {
        var headers: [(age: UInt32, count: Int)] = []
        var place = 0
        while payload[place] & 0x80 != 0 {
            let word = payload[(place + 1)...(place + 3)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            headers.append((word >> 10, Int(word & 0x3FF)))
            place += 4
        }
        place += 1
        var blocks: [(age: UInt32, content: [UInt8])] = []
        for header in headers {
            blocks.append((header.age, Array(payload[place..<place + header.count])))
            place += header.count
        }
        return blocks + [(0, Array(payload[place...]))]
    }

    @Test func passedOnAndStripped() throws {
        let call = try SimulatedCall(seed: 31)
        let (publisher, session) = try call.addPublisher()
        publisher.isVideoPaused = true
        publisher.redundancy = 2
        #expect(session.answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"))
        #expect(session.answer.contains("a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"))
        let (able, ableSession) = try call.addWatcher(of: session.producers, hasRedundancy: true)
        let (plain, plainSession) = try call.addWatcher(of: session.producers)
        #expect(ableSession.answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"))
        #expect(plainSession.answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"))
        (able.keepsPackets, plain.keepsPackets) = (true, true)
        call.run(for: .seconds(3))
        // From then on it sends plain.
        publisher.redundancy = 0
        let switched = publisher.sounds.count
        call.run(for: .seconds(1))
        #expect(switched > 100 && publisher.audioPackets > switched + 40)
        #expect(able.complaints.isEmpty && plain.complaints.isEmpty, "\(able.complaints) \(plain.complaints)")

        for watcher in [able, plain] {
            #expect(watcher.packets.count >= publisher.audioPackets - 20)
            let isAble = watcher === able
            let first = try #require(watcher.packets.first)
            let content = isAble ? blocks(first.payload).last?.content ?? [] : first.payload
            let start = try #require(publisher.sounds.firstIndex { $0.payload == content })
            for (place, packet) in watcher.packets.enumerated() {
                guard start + place < switched else {
                    #expect(packet.header.payloadType == 111 && packet.payload.count == 80)
                    continue
                }
                let sound = publisher.sounds[start + place]
                #expect(
                    packet.header.timestamp &- first.header.timestamp == sound.timestamp
                        &- publisher.sounds[start].timestamp)
                guard isAble else {
                    #expect(packet.header.payloadType == 111 && packet.payload == sound.payload)
                    continue
                }
                #expect(packet.header.payloadType == 63)
                let blocks = blocks(packet.payload)
                #expect(blocks.last?.content == sound.payload)
                for (index, block) in blocks.dropLast().enumerated() {
                    let earlier = publisher.sounds[start + place - (blocks.count - 1 - index)]
                    #expect(block.content == earlier.payload && block.age == sound.timestamp &- earlier.timestamp)
                }
            }
        }
        #expect(call.engine.statistics(at: call.instant).drops["rtpUnusableDescriptor"] == nil)
    }

    /// A watcher with redundancy plays on over single losses, one without has gaps.
    @Test func lossesAreMadeUpFor() throws {
        let call = try SimulatedCall(seed: 33)
        let (publisher, session) = try call.addPublisher()
        publisher.isVideoPaused = true
        publisher.redundancy = 1
        let (able, _) = try call.addWatcher(of: session.producers, hasRedundancy: true)
        let (plain, _) = try call.addWatcher(of: session.producers)
        (able.keepsPackets, plain.keepsPackets) = (true, true)
        call.run(for: .seconds(1))
        for watcher in [able, plain] { watcher.downlink.behaviour.loss = 0.1 }
        call.run(for: .seconds(20))
        var heard: [Bool: Set<UInt32>] = [:]
        for watcher in [able, plain] {
            let isAble = watcher === able
            for packet in watcher.packets {
                heard[isAble, default: []].insert(packet.header.timestamp)
                guard isAble else { continue }
                for block in blocks(packet.payload) {
                    heard[isAble, default: []].insert(packet.header.timestamp &- block.age)
                }
            }
        }
        let sent = publisher.audioPackets
        let (with, without) = (heard[true]?.count ?? 0, heard[false]?.count ?? 0)
        print("of \(sent) packets of sound at 10 % loss: \(with) heard with redundancy, \(without) without")
        #expect(without < sent * 95 / 100 && with > sent * 97 / 100)
    }

    @Test func malformedRedundancyIsDropped() throws {
        let call = try SimulatedCall(seed: 35)
        let (publisher, session) = try call.addPublisher()
        publisher.isVideoPaused = true
        let (able, _) = try call.addWatcher(of: session.producers, hasRedundancy: true)
        call.run(for: .seconds(1))
        let payloads: [[UInt8]] = [
            [], [0xEF], [0xEF, 0, 0, 5, 0x6F, 1, 2, 3, 4], [0x6E, 1, 2], [0xEE, 0, 0, 1, 0x6F, 1, 2],
            [UInt8](repeating: 0xFF, count: 900),
        ]
        for (place, payload) in payloads.enumerated() {
            publisher.send(
                MadePacket(
                    ssrc: publisher.audioSSRC, payloadType: 63, index: 65_490 + UInt64(place), mid: "0",
                    payload: payload))
            // Under an SSRC of its own it must not become a stream either.
            publisher.send(
                MadePacket(ssrc: 4_000_000, payloadType: 63, index: UInt64(place) + 1, mid: "0", payload: payload))
        }
        call.run(for: .milliseconds(500))
        let statistics = call.engine.statistics(at: call.instant)
        #expect(statistics.drops["rtpUnusableDescriptor"] == UInt64(2 * payloads.count))
        #expect(able.complaints.isEmpty && able.audioPackets >= publisher.audioPackets - 2)
        #expect(statistics.transports.flatMap(\.inbound).count == 1)
    }
}
