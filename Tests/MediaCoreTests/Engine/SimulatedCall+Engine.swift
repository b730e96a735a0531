import MediaTestSupport
import Testing

@testable import MediaCore

/// Looks inside the engine under test.
extension SimulatedCall {
    /// The transport that a peer's address belongs to.
    func transport(of peer: SimulatedPeer) -> SlotID? {
        engine.paths[NetworkPath(remote: peer.address)]
    }

    /// How often anything was shed for a watcher whose link is too small.
    var timesShed: UInt64 {
        (0..<engine.consumers.slotCount).compactMap { engine.consumers.id(at: $0) }
            .reduce(0) { $0 + engine.consumers[$1].counters.timesShed }
    }

    /// A fresh authentic connectivity check as a peer would send it; nominates with the priority of the selected path.
    func check(by peer: SimulatedPeer, nominates: Bool) -> [UInt8] {
        guard let transport = transport(of: peer) else { return [] }
        let local = engine.transports[transport].ice.local
        let remote = engine.transports[transport].ice.remote?.usernameFragment ?? ""
        var builder = STUNBuilder()
        builder.begin(.request, STUNTransactionID(random: &engine.random))
        builder.append(username: Array("\(local.usernameFragment):\(remote)".utf8))
        builder.append(priority: ICECandidate.Kind.peerReflexive.typePreference << 24 | 65_535 << 8 | 255)
        if nominates { builder.appendUseCandidate() }
        builder.append(role: .controlling(1))
        _ = builder.finish(key: STUNIntegrityKey(password: local.password))
        return builder.bytes
    }

    /// A watcher without a peer: an offer nobody made, keys, and an address that counts as validated and selected.
    func addMuteWatcher(of producers: [ProducerID]) throws -> WatchSession {
        var random = MediaRandom.seeded(UInt64(engine.transports.count))
        let fingerprint = engine.certificate.fingerprint
        let pair = SimulatedOffer.text(
            credentials: ICECredentials(random: &random), fingerprint: fingerprint, signaling: nil)
        let offer = meeting(of: (producers.count + 1) / 2, like: pair)
        let session = try engine.watch(offer: offer, name: "mute", producers: producers, at: instant)
        let slot = session.transport.slot
        let path = NetworkPath(remote: TransportAddress(ipv4: 0x0B00_0000 + slot.index, port: 1_000))
        engine.transports[slot].ice.paths = [ICEPath(path, at: instant)]
        engine.transports[slot].ice.paths[0].validation = .current
        _ = engine.transports[slot].ice.select(0, at: instant)
        let key = SRTPKeyingMaterial.MasterKey(key: Array(0..<16), salt: Array(0..<12))
        engine.install(
            SRTPKeyingMaterial(profile: .aeadAES128GCM, local: key, remote: key), for: session.transport, at: instant)
        engine.touch(slot)
        return session
    }

    /// An offer of so many pairs of sections, made from an offer of one pair.
    private func meeting(of pairs: Int, like offer: String) -> String {
        guard pairs > 1, let first = offer.firstRange(of: "m=audio")?.lowerBound else { return offer }
        let mids = (0..<2 * pairs).map { "\($0)" }.joined(separator: " ")
        var text = offer[..<first].replacing("BUNDLE 0 1", with: "BUNDLE \(mids)")
        for pair in 0..<pairs {
            text += offer[first...].replacing("a=mid:1", with: "a=mid:\(2 * pair + 1)")
                .replacing("a=mid:0", with: "a=mid:\(2 * pair)")
        }
        return String(text)
    }

    /// How many synchronization sources a peer's transport knows.
    func sourceCount(of peer: SimulatedPeer) -> Int {
        guard let transport = transport(of: peer) else { return 0 }
        return engine.transports[transport].sources.count
    }

    /// The highest extended sequence number received of a source; 0 when it is unknown.
    func highest(of ssrc: UInt32) -> Int64 {
        for index in 0..<engine.streams.slotCount {
            guard let stream = engine.streams.id(at: index), engine.streams[stream].ssrc == ssrc else { continue }
            return engine.streams[stream].store.highest ?? 0
        }
        return 0
    }

    /// An engine without transports keeps nothing of those it had.
    func expectNothingLeft() {
        let kept = [
            "statistics": engine.statistics(at: instant).transports.count, "transports": engine.transports.count,
            "producers": engine.producers.count, "consumers": engine.consumers.count, "streams": engine.streams.count,
            "paths": engine.paths.count, "claims": engine.claims.count, "fragments": engine.fragments.count,
            "dirty": engine.dirty.count, "departing": engine.departing.count,
            "touched": engine.touched.count, "output": engine.output.entries.count,
        ]
        #expect(kept.filter { $0.value != 0 } == [:])
        for peer in peers { peer.isDead = true }
        run(for: .seconds(31))
        let deadline = engine.nextDeadline
        #expect(deadline == nil)
    }
}
