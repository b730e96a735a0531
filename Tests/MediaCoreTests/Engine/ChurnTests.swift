import MediaTestSupport
import Testing

@testable import MediaCore

/// Everybody comes and goes at random while a busy worker sends in pieces of any size: the queues of what departs stay
/// whole at every step, nobody who stays gets anything twice or out of order, and in the end nothing is left.
@Suite struct ChurnTests {
    @Test func comingsAndGoings() throws {
        for seed in [805, 824] as [UInt64] {
            let churn = try Churn(seed: seed)
            for _ in 0..<1_800 { try churn.step() }
            try churn.end()
            print("churn \(seed): \(churn.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
            // Each kind of trouble was had.
            for name in ["midway", "close", "closeMidway", "meeting", "resend", "timeout", "goodbye"] {
                #expect(churn.counts[name, default: 0] > 0, "\(name)")
            }
        }
    }
}

private final class Churn {
    let call: SimulatedCall
    var counts: [String: Int] = [:]
    private var random: MediaRandom
    private var publishers: [(peer: SimulatedPublisher, session: PublishSession)] = []
    private var watchers: [(peer: SimulatedWatcher, session: WatchSession)] = []
    private var mutes: [WatchSession] = []

    init(seed: UInt64) throws {
        call = try SimulatedCall(seed: seed, consentTimeout: .seconds(2))
        call.injectsKeys = true
        random = .seeded(seed)
    }

    private func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    func step() throws {
        switch number(0..<100) {
        case 0...3 where publishers.count < 3: publishers.append(try call.addPublisher())
        case 4...7 where watchers.count < 6 && !publishers.isEmpty:
            // Sound and picture may be different publishers'.
            let sound = publishers[number(0..<publishers.count)].session.producers[0]
            let picture = publishers[number(0..<publishers.count)].session.producers[1]
            watchers.append(try call.addWatcher(of: [sound, picture], hasRetransmission: number(0..<3) > 0))
            watchers[watchers.count - 1].peer.keepsPackets = true
        case 8...9 where mutes.count < 4 && !publishers.isEmpty:
            // Some streams more than once.
            let streams = (0..<number(1..<5)).flatMap { _ in
                publishers[number(0..<publishers.count)].session.producers
            }
            mutes.append(try call.addMuteWatcher(of: streams))
            counts["meeting", default: 0] += 1
        case 10...19: call.holdsOutput = true
        case 20...24: call.holdsOutput = false
        case 25...39 where call.holdsOutput: sendPiece()
        case 40...41: close()
        case 42: leave()
        case 43...47: demand()
        default: call.run(for: .milliseconds(Int64(number(0..<12))))
        }
        forgetTheDead()
        checkQueues()
    }

    /// Sends what fits when the arena has room for a few datagrams only.
    private func sendPiece() {
        let room = number(0..<16)
        let filler: [UInt8] = [255]
        let nowhere = NetworkPath(remote: TransportAddress(ipv4: 1, port: 1))
        while call.engine.output.hasRoom(room + 1, each: 1) {
            guard call.engine.output.append(filler.span.bytes, to: nowhere) else { break }
        }
        call.sendArena()
        if call.engine.departed < call.engine.departing.count { counts["midway", default: 0] += 1 }
    }

    /// Closes somebody by command; those in the middle of the round first.
    private func close() {
        let (departing, departed) = (call.engine.departing, call.engine.departed)
        var slot: SlotID?
        if departed < departing.count {
            slot = departing[max(0, departed - 1)..<min(departing.count, departed + 2)].randomElement(using: &random)
            counts["closeMidway", default: 0] += 1
        } else {
            let all = publishers.map(\.session.transport) + watchers.map(\.session.transport) + mutes.map(\.transport)
            slot = all.randomElement(using: &random)?.slot
        }
        guard let slot else { return }
        if call.engine.close(TransportID(slot: slot), at: call.instant) { counts["close", default: 0] += 1 }
    }

    /// Somebody goes by itself: says so, or falls silent.
    private func leave() {
        switch number(0..<4) {
        case 0:
            guard let publisher = publishers.randomElement(using: &random)?.peer else { return }
            publisher.sayGoodbye()
            publisher.isPaused = true
        case 1: watchers.randomElement(using: &random)?.peer.isDead = true
        case 2: publishers.randomElement(using: &random)?.peer.isDead = true
        default: publishers.randomElement(using: &random)?.peer.changeVideoSource()
        }
    }

    /// A mute watcher asks for much of what it got last, for some that never was, and says that much was lost.
    private func demand() {
        guard let session = mutes.randomElement(using: &random),
            let consumer = session.consumers.randomElement(using: &random)
        else { return }
        let highest = UInt16(truncatingIfNeeded: call.engine.consumers[consumer.slot].highestSent)
        let numbers = (0..<UInt16(20)).map { highest &- 15 &+ $0 }
        let before = call.engine.output.entries.count
        call.engine.retransmit(
            GenericNACK(sender: 7, media: 0, sequenceNumbers: numbers), to: consumer.slot, at: call.instant)
        if call.engine.output.entries.count > before { counts["resend", default: 0] += 1 }
    }

    private func forgetTheDead() {
        for event in call.events.dropFirst(counts["events", default: 0]) {
            if event.contains("consentExpired") { counts["timeout", default: 0] += 1 }
            if event.contains("goodbye") { counts["goodbye", default: 0] += 1 }
        }
        counts["events"] = call.events.count
        publishers.removeAll { !call.engine.transports.contains($0.session.transport.slot) }
        for gone in watchers where !call.engine.transports.contains(gone.session.transport.slot) {
            check(gone.peer)
        }
        watchers.removeAll { !call.engine.transports.contains($0.session.transport.slot) }
        mutes.removeAll { !call.engine.transports.contains($0.transport.slot) }
    }

    /// The links neither lose nor reorder: what is no repetition must come in its order and without a hole.
    private func check(_ watcher: SimulatedWatcher) {
        #expect(watcher.complaints == [])
        for ssrc in watcher.ssrcs.values {
            let indices = watcher.packets.filter { $0.header.ssrc == ssrc }.map(\.index)
            let breaks = zip(indices, indices.dropFirst()).filter { $1 != $0 + 1 }
            #expect(breaks.isEmpty)
        }
    }

    /// Every mark stands for a place in a list, and every place for a mark.
    private func checkQueues() {
        let rest = call.engine.departing[call.engine.departed...].filter { call.engine.transports.contains($0) }
        let departing = Set(rest)
        var problems: Set<String> = departing.count < rest.count ? ["a transport stands twice"] : []
        var queued = Set<SlotID>()
        for index in 0..<call.engine.transports.slotCount {
            guard let transport = call.engine.transports.id(at: index) else { continue }
            if call.engine.transports[transport].isDeparting != departing.contains(transport) {
                problems.insert("a transport's mark without a place")
            }
            var next = call.engine.transports[transport].firstQueued
            let isDue = call.engine.transports[transport].isPaced && call.engine.transports[transport].scheduled != nil
            if next != nil, !departing.contains(transport), !isDue { problems.insert("a list that nobody will read") }
            while let consumer = next {
                guard call.engine.consumers.contains(consumer), queued.insert(consumer).inserted else {
                    problems.insert("a list that leads astray")
                    break
                }
                if call.engine.consumers[consumer].transport != transport { problems.insert("another's list") }
                next = call.engine.consumers[consumer].nextQueued
            }
        }
        for index in 0..<call.engine.consumers.slotCount {
            guard let consumer = call.engine.consumers.id(at: index) else { continue }
            if call.engine.consumers[consumer].isQueued != queued.contains(consumer) {
                problems.insert("a consumer's mark without a place")
            }
        }
        #expect(problems == [])
    }

    func end() throws {
        call.holdsOutput = false
        call.run(for: .milliseconds(100))
        // Whoever is still there is served.
        let stayers = watchers.filter { !$0.peer.isDead }
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .milliseconds(500))
        #expect(watcher.complaints == [] && watcher.decoded.count >= 10 && publisher.frames >= 10)
        for stayer in stayers { check(stayer.peer) }
        checkQueues()
        let left = (call.engine.departing.count, call.engine.departed, call.engine.dirty.count)
        #expect(left == (0, 0, 0))
        for index in 0..<call.engine.transports.slotCount {
            if let id = call.engine.transports.id(at: index) { call.close(TransportID(slot: id)) }
        }
        call.run(for: .milliseconds(100))
        call.expectNothingLeft()
    }
}
