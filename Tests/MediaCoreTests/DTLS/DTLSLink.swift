@testable import MediaCore

/// Two associations on a link with loss, duplication and jitter, in virtual time.
final class DTLSLink {
    struct Datagram {
        var arrival: MediaInstant
        var isToServer: Bool
        var bytes: [UInt8]
    }

    static let clientCertificate = makeCertificate()
    static let serverCertificate = makeCertificate()
    static let path = NetworkPath(remote: TransportAddress(ipv4: 0xC000_0201, port: 5000))

    private var client: DTLSAssociation
    private var server: DTLSAssociation
    var now = MediaInstant(nanoseconds: 5_000_000_000)
    var random: MediaRandom
    /// Of 100 datagrams, how many are lost and how many arrive twice.
    var lossPercent = 0
    var duplicationPercent = 0
    /// One way; jitter is added up to its own length and reorders.
    var delay = MediaDuration.milliseconds(20)
    var jitter = MediaDuration.zero
    /// Decides about a datagram before the link does; false loses it.
    var filter: (Bool, inout [UInt8]) -> Bool = { _, _ in true }

    private(set) var clientOutcomes: [DTLSOutcome] = []
    private(set) var serverOutcomes: [DTLSOutcome] = []
    /// Everything sent, whether lost or not.
    private(set) var sent: [Datagram] = []
    private var queue: [Datagram] = []
    private var arena: TransmitArena

    init(
        clientProfiles: [SRTPProfile] = SRTPProfile.preference, serverProfiles: [SRTPProfile] = SRTPProfile.preference,
        clientTrusts: [CertificateFingerprint]? = nil, serverTrusts: [CertificateFingerprint]? = nil,
        maximumDatagramSize: Int = 1200, seed: UInt64 = 1, arenaCapacity: Int = 1 << 16
    ) throws {
        arena = TransmitArena(byteCapacity: arenaCapacity, maximumEntries: 64)
        client = try DTLSAssociation(
            role: .client, certificate: Self.clientCertificate,
            remoteFingerprints: clientTrusts ?? [Self.serverCertificate.fingerprint], profiles: clientProfiles,
            maximumDatagramSize: maximumDatagramSize)
        server = try DTLSAssociation(
            role: .server, certificate: Self.serverCertificate,
            remoteFingerprints: serverTrusts ?? [Self.clientCertificate.fingerprint], profiles: serverProfiles,
            maximumDatagramSize: maximumDatagramSize)
        random = .seeded(seed)
    }

    private static func makeCertificate() -> DTLSCertificate {
        do {
            return try DTLSCertificate.make(unixSeconds: 1_750_000_000)
        } catch {
            fatalError("\(error)")
        }
    }

    var clientState: DTLSState { client.state }
    var serverState: DTLSState { server.state }
    var areConnected: Bool { clientState == .connected && serverState == .connected }

    var nextDeadline: MediaInstant? {
        let (client, server) = (client.nextDeadline, server.nextDeadline)
        return [client, server].compactMap(\.self).min()
    }

    var clientKeys: SRTPKeyingMaterial? { Self.keys(in: clientOutcomes) }
    var serverKeys: SRTPKeyingMaterial? { Self.keys(in: serverOutcomes) }

    private static func keys(in outcomes: [DTLSOutcome]) -> SRTPKeyingMaterial? {
        for case .connected(let keys) in outcomes { return keys }
        return nil
    }

    func forgetSent() { sent = [] }

    func start() {
        client.start(on: Self.path, at: now, transmit: &arena)
        dispatch(toServer: true)
    }

    func closeClient() {
        client.close(on: Self.path, at: now, transmit: &arena)
        dispatch(toServer: true)
    }

    func closeServer() {
        server.close(on: Self.path, at: now, transmit: &arena)
        dispatch(toServer: false)
    }

    /// Hands a datagram to one side at once.
    @discardableResult
    func deliver(_ bytes: [UInt8], toServer: Bool) -> DTLSOutcome {
        let outcome =
            toServer
            ? server.receive(bytes.span.bytes, from: Self.path, at: now, transmit: &arena)
            : client.receive(bytes.span.bytes, from: Self.path, at: now, transmit: &arena)
        if toServer { serverOutcomes.append(outcome) } else { clientOutcomes.append(outcome) }
        dispatch(toServer: !toServer)
        return outcome
    }

    /// Runs until nothing is under way and no deadline lies within `duration`.
    func run(for duration: MediaDuration = .seconds(60)) {
        let end = now + duration
        while true {
            let next = queue.indices.min { queue[$0].arrival < queue[$1].arrival }
            let arrival = next.map { queue[$0].arrival }
            guard let instant = [arrival, nextDeadline].compactMap(\.self).min(), instant <= end else { return }
            now = max(now, instant)
            if let next, let arrival, arrival == instant {
                let datagram = queue.remove(at: next)
                deliver(datagram.bytes, toServer: datagram.isToServer)
            } else {
                clientOutcomes.append(client.advance(to: now, on: Self.path, transmit: &arena))
                dispatch(toServer: true)
                serverOutcomes.append(server.advance(to: now, on: Self.path, transmit: &arena))
                dispatch(toServer: false)
            }
        }
    }

    private func dispatch(toServer: Bool) {
        let entries = arena.entries
        for entry in entries {
            var bytes = arena.datagram(entry).array
            sent.append(Datagram(arrival: now, isToServer: toServer, bytes: bytes))
            guard filter(toServer, &bytes), !chance(lossPercent) else { continue }
            for _ in 0..<(chance(duplicationPercent) ? 2 : 1) {
                let extra = jitter.nanoseconds == 0 ? 0 : Int64(random.next() % UInt64(jitter.nanoseconds))
                let arrival = now + delay + MediaDuration(nanoseconds: extra)
                queue.append(Datagram(arrival: arrival, isToServer: toServer, bytes: bytes))
            }
        }
        arena.removeAll()
    }

    private func chance(_ percent: Int) -> Bool {
        percent > 0 && random.next() % 100 < UInt64(percent)
    }
}
