import MediaTestSupport
import Testing

@testable import MediaCore

/// Sound that the engine repeats for watchers that lose it.
@Suite struct RepeatedSoundTests {
    /// What a watcher heard from a packet on: the sounds by their timestamps, and what it took to send them.
    private struct Heard {
        var sounds: [UInt32: [UInt8]] = [:]
        var packets = 0
        var bytes = 0
        /// Packets by how many others they repeat, and the bytes that took.
        var repeating = [0, 0, 0]
        var repeatedBytes = 0

        init(_ watcher: SimulatedWatcher, from first: Int = 0) throws {
            for packet in watcher.packets.dropFirst(first) where [111, 63].contains(packet.header.payloadType) {
                packets += 1
                bytes += packet.payload.count
                guard packet.header.payloadType == 63 else {
                    repeating[0] += 1
                    hear(packet.payload, at: packet.header.timestamp)
                    continue
                }
                let parsed = RedundantAudio(packet.payload.span.bytes)
                let audio = try #require(parsed)
                #expect(audio.holdsOnly(111) && (1...2).contains(audio.redundantCount))
                repeating[min(audio.redundantCount, 2)] += 1
                repeatedBytes += packet.payload.count - audio.primary.count
                for index in 0...audio.redundantCount {
                    let block = audio.redundant(index) ?? audio.primary
                    let time = packet.header.timestamp &- UInt32(block.timestampOffset)
                    hear(Array(packet.payload[block.offset..<block.offset + block.count]), at: time)
                }
            }
        }

        private mutating func hear(_ payload: [UInt8], at timestamp: UInt32) {
            if let known = sounds.updateValue(payload, forKey: timestamp) { #expect(known == payload) }
        }

        /// Whether every sound has the content that belongs to its time: the publisher counts in steps of 20 ms.
        var isTrue: Bool {
            guard let first = sounds.first else { return true }
            return sounds.allSatisfy { timestamp, payload in
                let step = Int32(bitPattern: timestamp &- first.key)
                let value = first.value[0] &+ UInt8(truncatingIfNeeded: step / 960)
                return step % 960 == 0 && payload == [UInt8](repeating: value, count: 80)
            }
        }
    }

    private func call(
        seed: UInt64, loss: Double = 0, configure: (inout MediaEngineConfiguration) -> Void = { _ in }
    ) throws -> (SimulatedCall, SimulatedPublisher, SimulatedWatcher, WatchSession, PublishSession) {
        let call = try SimulatedCall(seed: seed, configure: configure)
        let (publisher, session) = try call.addPublisher()
        publisher.isVideoPaused = true
        let (watcher, watched) = try call.addWatcher(of: session.producers, hasRedundancy: true)
        watcher.keepsPackets = true
        call.run(for: .seconds(1))
        watcher.downlink.behaviour.loss = loss
        return (call, publisher, watcher, watched, session)
    }

    @Test func lossesAreMadeUpFor() throws {
        let (call, publisher, able, _, session) = try call(seed: 51)
        #expect(!session.answer.isEmpty)
        let (plain, _) = try call.addWatcher(of: session.producers)
        let (still, _) = try call.addWatcher(of: session.producers, hasRedundancy: true)
        (plain.keepsPackets, still.keepsPackets) = (true, true)
        call.run(for: .seconds(1))
        for watcher in [able, plain] { watcher.downlink.behaviour.loss = 0.1 }
        call.run(for: .seconds(4))
        let starts = [able, plain, still].map { $0.packets.count }
        let before = publisher.audioPackets
        call.run(for: .seconds(40))
        let sent = publisher.audioPackets - before
        let (with, without) = (try Heard(able, from: starts[0]), try Heard(plain, from: starts[1]))
        let lossless = try Heard(still, from: starts[2])
        print(
            "of \(sent) sounds at 10 % loss: \(with.sounds.count) heard with repetition, \(without.sounds.count) without;",
            "\(with.repeatedBytes * 100 / with.bytes) % of the payload repeated")
        #expect(with.sounds.count * 100 >= sent * 98 && without.sounds.count * 100 <= sent * 92)
        #expect(with.isTrue && without.isTrue && lossless.isTrue)
        // One copy and its header; where nothing is lost, the same bytes as without.
        #expect(with.repeating[1] * 100 >= with.packets * 97 && with.repeating[2] == 0)
        #expect(with.repeatedBytes <= with.packets * 85)
        #expect(lossless.repeating[0] == lossless.packets && lossless.bytes == lossless.packets * 80)
        #expect(without.repeating[0] == without.packets && without.bytes == without.packets * 80)
        let outbound = call.engine.statistics(at: call.instant).transports.flatMap(\.outbound)
        let told = outbound.map(\.redundantBytesSent)
        #expect(told.filter { $0 > 0 }.count == 1 && told.max() ?? 0 >= UInt64(with.repeatedBytes))
        for watcher in [able, plain, still] { #expect(watcher.complaints.isEmpty, "\(watcher.complaints)") }
    }

    @Test func beginsAndEnds() throws {
        let (call, _, watcher, _, _) = try call(seed: 52) {
            $0.makeEstimator = { _ in KnowingEstimator(Steps(10_000_000)) }
        }
        func repeating(after seconds: Int64) throws -> [Int] {
            let start = watcher.packets.count
            call.run(for: .seconds(seconds))
            return try Heard(watcher, from: start).repeating
        }
        let quiet = try repeating(after: 20)
        #expect(quiet[0] > 950 && quiet[1] == 0)
        watcher.downlink.behaviour.loss = 0.01
        let few = try repeating(after: 60)
        #expect(few[1] + few[2] < few[0] / 20, "\(few)")
        watcher.downlink.behaviour.loss = 0.1
        let begun = try repeating(after: 4)
        #expect(begun[1] > 20, "\(begun)")
        watcher.downlink.behaviour.loss = 0.3
        _ = try repeating(after: 4)
        let more = try repeating(after: 10)
        #expect(more[2] > more[0] + more[1], "\(more)")
        // It is not given up at once, nor kept.
        watcher.downlink.behaviour.loss = 0
        let ending = try repeating(after: 5)
        #expect(ending[0] == 0, "\(ending)")
        _ = try repeating(after: 35)
        let ended = try repeating(after: 10)
        #expect(ended[0] > 480 && ended[1] + ended[2] == 0, "\(ended)")
        #expect(watcher.complaints.isEmpty)
    }

    /// On a link that is known to have room: else so many losses are soon taken for congestion.
    @Test func veryManyLosses() throws {
        let (call, publisher, watcher, _, _) = try call(seed: 53, loss: 0.25) {
            $0.makeEstimator = { _ in KnowingEstimator(Steps(10_000_000)) }
        }
        call.run(for: .seconds(5))
        let (start, before) = (watcher.packets.count, publisher.audioPackets)
        call.run(for: .seconds(30))
        let heard = try Heard(watcher, from: start)
        let sent = publisher.audioPackets - before
        print("of \(sent) sounds at 25 % loss: \(heard.sounds.count) heard, \(heard.repeating) repeating 0, 1, 2")
        #expect(heard.isTrue && heard.sounds.count * 100 >= sent * 97)
        #expect(heard.repeating[2] * 100 > heard.packets * 90)
    }

    /// Who sends no transport-wide feedback reports every five seconds.
    @Test func reportsTell() throws {
        let call = try SimulatedCall(seed: 54)
        let (publisher, session) = try call.addPublisher()
        publisher.isVideoPaused = true
        let (watcher, _) = try call.addWatcher(of: session.producers, hasRedundancy: true, reportsOnSound: false)
        watcher.keepsPackets = true
        call.run(for: .seconds(1))
        watcher.downlink.behaviour.loss = 0.1
        let first = try #require(watcher.packets.first?.index)
        func report() throws {
            let indexes = Set(watcher.packets.map(\.index))
            let highest = try #require(indexes.max())
            let ssrc = try #require(watcher.ssrcs[111])
            let block = ReportBlock(
                ssrc: ssrc, fractionLost: 0, packetsLost: Int32(highest - first + 1) - Int32(indexes.count),
                highestSequenceNumber: UInt32(truncatingIfNeeded: highest), jitter: 0, lastSenderReport: 0,
                delaySinceLastSenderReport: 0)
            var bytes: [UInt8] = []
            bytes.append(.receiverReport(ReceiverReport(ssrc: 7, blocks: [block])))
            watcher.send(rtcp: bytes)
        }
        for _ in 0..<3 {
            try report()
            call.run(for: .seconds(5))
        }
        let (start, before) = (watcher.packets.count, publisher.audioPackets)
        for _ in 0..<4 {
            call.run(for: .seconds(5))
            try report()
        }
        let heard = try Heard(watcher, from: start)
        #expect(heard.repeating[0] < 10 && heard.isTrue, "\(heard.repeating)")
        #expect(heard.sounds.count * 100 >= (publisher.audioPackets - before) * 97)
        watcher.downlink.behaviour.loss = 0
        for _ in 0..<8 {
            call.run(for: .seconds(5))
            try report()
        }
        let end = watcher.packets.count
        call.run(for: .seconds(5))
        let ended = try Heard(watcher, from: end)
        #expect(ended.repeating[0] == ended.packets && ended.packets > 240)
        #expect(watcher.complaints.isEmpty)
    }

    /// None are made where the application wants none.
    @Test func onlyWhenWanted() throws {
        for isWanted in [true, false] {
            let (call, _, watcher, _, _) = try call(seed: 55, loss: 0.1) { $0.repeatsLostAudio = isWanted }
            call.run(for: .seconds(10))
            let heard = try Heard(watcher)
            #expect(heard.repeating[0] > 50)
            #expect(isWanted ? heard.repeating[1] > 200 : heard.repeating[1] + heard.repeating[2] == 0)
            #expect(watcher.complaints.isEmpty)
        }
    }

    /// A link that has room for the sound but not for copies too is not filled with them, time and again: the sound takes
    /// 61 kbit/s on the wire, and a copy 34. Where there is room, a watcher of nothing but sound gets them as well.
    @Test func fullLinks() throws {
        for (rate, isFull) in [(75_000, true), (120_000, false)] as [(Int64, Bool)] {
            let call = try SimulatedCall(seed: 60) { $0.bitrateLimits.start = 300_000 }
            let (publisher, session) = try call.addPublisher()
            publisher.isVideoPaused = true
            let (watcher, _) = try call.addWatcher(of: [session.producers[0]], hasRedundancy: true)
            watcher.keepsPackets = true
            watcher.downlink.behaviour.rate = rate
            call.run(for: .seconds(2))
            watcher.downlink.behaviour.loss = 0.1
            call.run(for: .seconds(60))
            let (start, before) = (watcher.packets.count, publisher.audioPackets)
            call.run(for: .seconds(60))
            let heard = try Heard(watcher, from: start)
            let share = heard.sounds.count * 100 / (publisher.audioPackets - before)
            print("at \(rate / 1000) kbit/s and 10 % loss: \(heard.repeating) repeating 0, 1, 2; \(share) % heard")
            let copied = (heard.repeating[1] + heard.repeating[2]) * 100 / heard.packets
            #expect(isFull ? copied <= 5 : copied > 95 && share >= 98)
            #expect(share >= 88)
            #expect(watcher.complaints.isEmpty)
        }
    }

    /// What a packet says is never more than the datagram may have.
    @Test func datagramsStayShort() throws {
        for (byteCount, expected) in [(150, 1), (400, 0)] {
            let (call, publisher, watcher, _, _) = try call(seed: 56, loss: 0.1) { $0.maximumDatagramSize = 576 }
            call.run(for: .seconds(5))
            publisher.isPaused = true
            let start = (watcher.packets.count, watcher.arrivals.count)
            for step in 0..<100 {
                publisher.send(
                    MadePacket(
                        ssrc: publisher.audioSSRC, payloadType: 111, index: 66_000 + UInt64(step),
                        timestamp: 5_000_000 + UInt32(step) * 960, mid: "0",
                        payload: [UInt8](repeating: UInt8(step), count: byteCount)))
                call.run(for: .milliseconds(20))
            }
            let heard = try Heard(watcher, from: start.0)
            #expect(heard.packets > 80 && heard.repeating[2] == 0)
            #expect(expected == 1 ? heard.repeating[1] > 70 : heard.repeating[1] == 0, "\(heard.repeating)")
            #expect(watcher.arrivals.dropFirst(start.1).allSatisfy { $0.byteCount <= 576 })
        }
    }

    /// What the publisher's own link lost is in no block, and what it sends late is still true.
    @Test func gapsAreNotBridged() throws {
        let (call, publisher, watcher, _, _) = try call(seed: 57, loss: 0.2)
        publisher.uplink.behaviour.loss = 0.1
        publisher.uplink.behaviour.jitter = .milliseconds(50)
        publisher.uplink.behaviour.reorders = true
        call.run(for: .seconds(30))
        let heard = try Heard(watcher)
        #expect(heard.isTrue && heard.repeating[1] > 100 && heard.repeating[2] > 100, "\(heard.repeating)")
        #expect(watcher.complaints.filter { !$0.contains("backward") }.isEmpty, "\(watcher.complaints)")
    }

    /// The first packet of another source repeats nothing of the one before.
    @Test func anotherSourceIsNotMixedIn() throws {
        let (call, publisher, watcher, _, _) = try call(seed: 58, loss: 0.1)
        call.run(for: .seconds(5))
        publisher.isPaused = true
        call.run(for: .milliseconds(2_100))
        watcher.downlink.behaviour.loss = 0
        let start = watcher.packets.count
        for step in 0..<50 {
            publisher.send(
                MadePacket(
                    ssrc: 77, payloadType: 111, index: 500 + UInt64(step), timestamp: UInt32(step) * 960, mid: "0",
                    payload: [UInt8](repeating: 200 + UInt8(step), count: 80)))
            call.run(for: .milliseconds(20))
        }
        let packets = watcher.packets.dropFirst(start)
        #expect(packets.count >= 48)
        #expect(packets.first?.header.payloadType == 111 && packets.dropFirst().first?.header.payloadType == 63)
        let heard = try Heard(watcher, from: start)
        #expect(heard.sounds.count == packets.count && heard.sounds.values.allSatisfy { $0[0] >= 200 })
        #expect(watcher.complaints.isEmpty, "\(watcher.complaints)")
    }

    /// What is asked for again is the same, byte for byte, however much is repeated by then.
    @Test func resendsAreTheSame() throws {
        let (call, publisher, watcher, watched, _) = try call(seed: 59, loss: 0.3) {
            $0.makeEstimator = { _ in KnowingEstimator(Steps(10_000_000)) }
        }
        let consumer = try #require(watched.consumers.first).slot
        call.run(for: .seconds(6))
        call.holdsOutput = true
        func datagrams() -> [[UInt8]] {
            var found: [[UInt8]] = []
            while call.engine.fillOutput(at: call.instant) {
                for entry in call.engine.output.entries {
                    let bytes = call.engine.output.datagram(entry).array
                    if entry.path.remote == watcher.address, bytes.count > 150 { found.append(bytes) }
                }
                call.engine.outputSent()
            }
            return found
        }
        _ = datagrams()
        var first: [[UInt8]] = []
        for _ in 0..<20 {
            call.run(for: .milliseconds(20))
            first += datagrams()
        }
        #expect(first.count >= 19 && first.allSatisfy { $0[1] & 0x7F == 63 && $0.count > 250 })
        func again(_ numbers: [UInt16]) -> [[UInt8]] {
            call.engine.retransmit(
                GenericNACK(sender: 7, media: 0, sequenceNumbers: numbers), to: consumer, at: call.instant)
            return datagrams()
        }
        let numbers = first.map { UInt16($0[2]) << 8 | UInt16($0[3]) }
        let areSame = again(numbers) == first
        #expect(areSame)
        call.engine.consumers[consumer].redundantBlockCount = 0
        call.run(for: .milliseconds(200))
        _ = datagrams()
        let areSameLater = again(numbers) == first
        #expect(areSameLater)
        // What it repeats is gone before it is itself: sound of a new kind has taken the place of its bytes.
        publisher.isPaused = true
        var answered: [Int] = []
        for step in 0..<32 {
            publisher.send(
                MadePacket(
                    ssrc: publisher.audioSSRC, payloadType: 111, index: 67_000 + UInt64(step),
                    timestamp: 6_000_000 + UInt32(step) * 960, mid: "0",
                    payload: [UInt8](repeating: 1, count: 1_900)))
            call.run(for: .milliseconds(10))
            _ = datagrams()
            guard step % 4 == 0 || step > 28 else { continue }
            let repeated = again(numbers)
            let areKnown = repeated.allSatisfy { first.contains($0) }
            #expect(areKnown)
            answered.append(repeated.count)
        }
        #expect(answered.max() ?? 0 > 0 && answered.last == 0, "\(answered)")
    }
}
