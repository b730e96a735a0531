import MediaTestSupport
import Testing

@testable import MediaCore

/// One SRTP index never protects two packets, whatever the publisher sends and the watchers ask for; the transmitters of
/// debug builds stop the process when one would.
@Suite struct NonceTests {
    @Test func jumpsAndRepetitions() throws {
        for seed in [821, 822] as [UInt64] {
            var random = MediaRandom.seeded(seed)
            let call = try SimulatedCall(seed: seed)
            call.injectsKeys = true
            let (publisher, session) = try call.addPublisher()
            publisher.isVideoPaused = true
            var watchers: [(peer: SimulatedWatcher, consumer: SlotID)] = []
            for hasRetransmission in [true, false, false] {
                let (watcher, watched) = try call.addWatcher(
                    of: session.producers, hasRetransmission: hasRetransmission)
                watchers.append((watcher, try #require(watched.consumers.last).slot))
            }
            call.run(for: .milliseconds(200))
            var packet = MadePacket(ssrc: publisher.videoSSRC, index: 40, payload: MadePacket.keyframeStart)
            var (repetition, highest, repeated) = (UInt64(1), UInt64(40), 0)
            var used: Set<UInt64> = []
            var guests: [TransportID] = []
            func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
            for _ in 0..<900 {
                switch number(0...99) {
                case 0...59: packet.index = highest + 1
                case 60...79: packet.index = highest + UInt64(number(1...40))
                case 80...87: packet.index = highest + UInt64([63, 64, 511, 512, 513, 2_047, 2_048][number(0...6)])
                case 88: packet.index = highest + UInt64(number(1...32_000))
                default: packet.index = max(highest, 100) - UInt64(number(1...100))
                }
                highest = max(highest, packet.index)
                if number(0...3) == 0 { packet.timestamp &+= 3_000 }
                packet.payload = number(0...4) == 0 ? MadePacket.keyframeStart : MadePacket.continuation
                packet.payload.append(UInt8(number(0...255)))
                // The publisher's own numbers are not what is tried here.
                if used.insert(packet.index).inserted { publisher.send(packet) }
                if number(0...3) == 0 {
                    // Of what is far back, of what never was, and of what comes with other content later.
                    var again = packet
                    let step = [number(-2_100...64), -512, number(-513 ... -1)][number(0...2)]
                    again.index = UInt64(max(1, Int(highest) + step))
                    again.payload.append(7)
                    publisher.send(again.again(repetition))
                    repetition += 1
                }
                if number(0...9) == 0 { call.holdsOutput.toggle() }
                if number(0...9) == 0 {
                    // Whoever is new begins with a whole picture, however far its packets lie apart.
                    guests.append(try call.addMuteWatcher(of: session.producers).transport)
                    if guests.count > 3 { call.engine.close(guests.removeFirst(), at: call.instant) }
                }
                call.run(for: .milliseconds(Int64(number(0...12))))
                let watcher = watchers[number(0...2)]
                let last = UInt16(truncatingIfNeeded: call.engine.consumers[watcher.consumer].highestSent)
                let numbers = (0..<10).map { _ in last &+ UInt16(truncatingIfNeeded: number(-600...20)) }
                let before = call.engine.output.entries.count
                call.engine.retransmit(
                    GenericNACK(sender: 7, media: 0, sequenceNumbers: numbers + [last, last &- 1]),
                    to: watcher.consumer, at: call.instant)
                repeated += call.engine.output.entries.count - before
            }
            call.holdsOutput = false
            call.run(for: .milliseconds(300))
            for watcher in watchers {
                let sent = call.engine.consumers[watcher.consumer].counters.packets
                #expect(sent > 500)
                #expect(!watcher.peer.complaints.contains { $0.contains("twice") })
            }
            #expect(repeated > 300, "\(repeated)")
        }
    }
}
