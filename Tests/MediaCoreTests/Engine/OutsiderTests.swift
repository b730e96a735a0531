import MediaTestSupport
import Testing

@testable import MediaCore

/// Attacks by those who have no keys, from addresses nobody knows and, with a forged source, from those of peers.
@Suite struct OutsiderTests {
    private let stranger = TransportAddress(ipv4: 0x0A00_0808, port: 666)

    private struct Scene {
        var call: SimulatedCall
        var publisher: SimulatedPublisher
        var watcher: SimulatedWatcher
    }

    private func begin(seed: UInt64) throws -> Scene {
        let call = try SimulatedCall(seed: seed)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(2))
        return Scene(call: call, publisher: publisher, watcher: watcher)
    }

    /// Everything but the drop counters: what an outsider must not move.
    private func state(_ scene: Scene) -> String {
        "\(scene.call.engine.statistics(at: scene.call.instant).transports) \(scene.call.events)"
            + " \(scene.call.engine.paths) \(scene.call.engine.fragments.count) \(scene.call.engine.streams.count)"
    }

    private func dropCount(_ call: SimulatedCall) -> UInt64 {
        call.engine.statistics(at: call.instant).drops.values.reduce(0, +)
    }

    private func expectGoesOn(_ scene: Scene, sourceLocation: SourceLocation = #_sourceLocation) {
        let frames = scene.watcher.decoded.count
        scene.call.run(for: .seconds(1))
        #expect(scene.watcher.decoded.count >= frames + 28, sourceLocation: sourceLocation)
        #expect(scene.watcher.complaints == [], sourceLocation: sourceLocation)
        #expect(scene.watcher.frozen(until: scene.call.instant) == .zero, sourceLocation: sourceLocation)
    }

    /// What both peers send in a second of the call, a few of every kind.
    private func record(_ scene: Scene) -> [(source: TransportAddress, bytes: [UInt8])] {
        scene.call.isRecording = true
        scene.call.run(for: .seconds(5))
        scene.call.isRecording = false
        var kept: [(source: TransportAddress, bytes: [UInt8])] = []
        var counts: [Int: Int] = [:]
        for (source, bytes) in scene.call.recording {
            let kind = Int(bytes[0] >> 6) << 40 | Int(bytes[1] & 0x7F) << 32 | Int(source.ipv4)
            counts[kind, default: 0] += 1
            if counts[kind, default: 0] <= 2 { kept.append((source, bytes)) }
        }
        return kept
    }

    @Test func truncationsAndFlipsOfRealDatagrams() throws {
        let scene = try begin(seed: 141)
        let datagrams = record(scene)
        #expect(datagrams.count >= 8)
        #expect(datagrams.contains { $0.bytes[0] < 4 } && datagrams.contains { $0.bytes[0] & 0xC0 == 0x80 })
        let before = state(scene)
        let (sent, drops) = (scene.call.engineSent.bytes, dropCount(scene.call))
        var injected = 0
        for (index, datagram) in datagrams.enumerated() {
            for source in [datagram.source, stranger] {
                let step = datagram.bytes.count > 200 ? 7 : 1
                for count in stride(from: 0, to: datagram.bytes.count, by: step) {
                    scene.call.inject(Array(datagram.bytes[..<count]), from: source)
                    injected += 1
                }
                for position in stride(from: 0, to: datagram.bytes.count, by: step) {
                    var bytes = datagram.bytes
                    bytes[position] ^= UInt8(1 << ((position + index) % 8))
                    scene.call.inject(bytes, from: source)
                    // A binding indication is no drop. Source: RFC 8445, section 11.
                    if bytes.prefix(2) != [0x00, 0x11] { injected += 1 }
                }
            }
        }
        #expect(injected > 2_000)
        #expect(state(scene) == before)
        #expect(scene.call.engineSent.bytes == sent)
        #expect(dropCount(scene.call) == drops + UInt64(injected))
        expectGoesOn(scene)
    }

    @Test func replaysOfRealDatagrams() throws {
        let scene = try begin(seed: 142)
        let datagrams = record(scene).filter { $0.bytes[0] >= 128 }
        let before = state(scene)
        let sent = scene.call.engineSent.bytes
        for _ in 0..<3 {
            for datagram in datagrams {
                scene.call.inject(datagram.bytes, from: datagram.source)
                scene.call.inject(datagram.bytes, from: stranger)
            }
        }
        #expect(state(scene) == before)
        #expect(scene.call.engineSent.bytes == sent)
        let drops = scene.call.engine.statistics(at: scene.call.instant).drops
        #expect(drops["unknownAddress"] == UInt64(3 * datagrams.count))
        #expect((drops["srtpReplayed"] ?? 0) + (drops["srtpTooOld"] ?? 0) == UInt64(3 * datagrams.count))
        expectGoesOn(scene)
    }

    /// Anybody can write a STUN indication, and a record of DTLS that nobody can read. Those with a peer's forged source
    /// counted as datagrams accepted from it.
    @Test func whatAnybodyCanWriteCountsForNobody() throws {
        let scene = try begin(seed: 143)
        let before = state(scene)
        var indication = STUNBuilder()
        indication.begin(.indication, STUNTransactionID(high: 1, low: 2))
        let datagrams: [[UInt8]] = [
            indication.bytes,
            // DTLS: application data, alerts of both epochs, a ClientHello's beginning, heartbeat.
            [23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 3, 1, 2, 3],
            [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40],
            [21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0],
            [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [24, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 3, 1, 0, 0],
            // Plain RTP and RTCP.
            [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 40),
            [0x80, 203, 0, 1, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 40),
        ]
        let sent = scene.call.engineSent.bytes
        for _ in 0..<100 {
            for datagram in datagrams {
                for source in [scene.publisher.address, scene.watcher.address, stranger] {
                    scene.call.inject(datagram, from: source)
                }
            }
        }
        #expect(state(scene) == before)
        #expect(scene.call.engineSent.bytes == sent)
        expectGoesOn(scene)
    }

    /// Source: the race of CVE-2023-49786.
    @Test func aStrangersHelloDisturbsNoHandshake() throws {
        let hello = try recordedHandshake()
        let call = try SimulatedCall(seed: 145)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        for _ in 0..<300 {
            for bytes in hello { call.inject(bytes, from: stranger) }
            call.run(for: .milliseconds(1))
        }
        #expect(call.traffic[stranger] == nil)
        #expect(publisher.isConnected && watcher.isConnected)
        call.run(for: .seconds(1))
        #expect(watcher.decoded.count >= 20)
        #expect(call.events.count == 2)
    }

    /// A handshake's datagrams, recorded, from the peer's own address: before, during and after its own.
    @Test func aForgedHelloDisturbsNoCall() throws {
        let hello = try recordedHandshake()
        let call = try SimulatedCall(seed: 146)
        let (publisher, session) = try call.addPublisher()
        let (watcher, _) = try call.addWatcher(of: session.producers)
        call.run(for: .seconds(1))
        let events = call.events
        for _ in 0..<200 {
            for bytes in hello {
                for peer in [publisher, watcher] as [SimulatedPeer] { call.inject(bytes, from: peer.address) }
            }
            call.run(for: .milliseconds(1))
        }
        let frames = watcher.decoded.count
        call.run(for: .seconds(1))
        #expect(watcher.decoded.count >= frames + 28)
        #expect(call.events == events)
        #expect(watcher.frozen(until: call.instant) == .zero)
    }

    private func recordedHandshake() throws -> [[UInt8]] {
        let call = try SimulatedCall(seed: 144)
        call.isRecording = true
        _ = try call.addPublisher()
        call.run(for: .milliseconds(300))
        let handshake = call.recording.map(\.bytes).filter { (20...63).contains($0[0]) }
        #expect(handshake.count >= 2)
        return handshake
    }

    @Test func checksWithoutKeysAreMetWithSilence() throws {
        let scene = try begin(seed: 147)
        let genuine = scene.call.check(by: scene.watcher, nominates: true)
        let transport = try #require(scene.call.transport(of: scene.watcher))
        let names = "\(scene.call.engine.transports[transport].ice.local.usernameFragment):x"
        func request(_ username: String, _ password: String, role: STUNMessage.Role) -> [UInt8] {
            var builder = STUNBuilder()
            builder.begin(.request, STUNTransactionID(high: 3, low: 4))
            builder.append(username: Array(username.utf8))
            builder.append(role: role)
            _ = builder.finish(key: STUNIntegrityKey(password: password))
            return builder.bytes
        }
        var bare = STUNBuilder()
        bare.begin(.request, STUNTransactionID(high: 3, low: 4))
        let before = state(scene)
        let started = scene.call.instant
        for _ in 0..<2_000 {
            scene.call.inject(bare.bytes, from: stranger)
            scene.call.inject(request(names, "wrong", role: .controlling(1)), from: stranger)
            scene.call.inject(request(names, "wrong", role: .controlled(9)), from: stranger)
            scene.call.inject(request("nobody:x", "wrong", role: .controlling(1)), from: stranger)
        }
        #expect(scene.call.instant == started)
        #expect(state(scene) == before)
        #expect(scene.call.traffic[stranger] == nil)
        // The flood used up what strangers may cost, not what the peers may.
        expectGoesOn(scene)
        #expect(!genuine.isEmpty)
        scene.call.run(for: .seconds(35))
        #expect(scene.call.events.count == 2)
    }
}
