@testable import MediaCore

/// Two agents and the network between them, in virtual time. Addresses that belong to neither are victims: what is sent
/// to them is counted.
final class ICENetwork {
    struct Delivery {
        var instant: MediaInstant
        var order: Int
        var source: TransportAddress
        var destination: TransportAddress
        var bytes: [UInt8]
    }

    struct Record: Equatable {
        var milliseconds: Int64
        var outcome: ICEOutcome
    }

    static let serverV4 = TransportAddress(ipv4: 0xC000_0201, port: 40_000)
    static let serverV6 = TransportAddress(high: 0x2001_0DB8_0000_0000, low: 1, port: 40_000)
    static let clientV4 = TransportAddress(ipv4: 0xC633_6401, port: 50_000)
    static let clientV6 = TransportAddress(high: 0x2001_0DB8_0000_0001, low: 2, port: 50_000)

    var server: ICEAgent
    var client: ICEAgent
    var serverAddresses = [serverV4, serverV6]
    var clientAddresses = [clientV4, clientV6]
    var random: MediaRandom
    /// The network's own, so that losses don't change what agents draw.
    var chance: MediaRandom
    var now = MediaInstant(nanoseconds: 1_000_000_000_000)
    var start = MediaInstant(nanoseconds: 1_000_000_000_000)
    var latency = MediaDuration.milliseconds(20)
    var lossPercent: UInt64 = 0
    var clientIsDead = false
    var serverIsDeaf = false
    var serverOutcomes: [Record] = []
    var clientOutcomes: [Record] = []
    var bytesTo: [TransportAddress: Int] = [:]
    var lastDatagram: [UInt8]?
    /// Deadlines that `advance` left in the past.
    var stuckDeadlines = 0
    private var arena = TransmitArena(byteCapacity: 1 << 16, maximumEntries: 256)
    private var queue: [Delivery] = []
    private var order = 0

    init(
        seed: UInt64 = 1, consentTimeout: MediaDuration = .seconds(30), clientMode: ICEMode = .controlling,
        serverMode: ICEMode = .lite
    ) {
        random = .seeded(seed)
        chance = .seeded(seed &* 77)
        server = ICEAgent(
            mode: serverMode, local: ICECredentials(random: &random), consentTimeout: consentTimeout, random: &random)
        client = ICEAgent(
            mode: clientMode, local: ICECredentials(random: &random), consentTimeout: consentTimeout, random: &random)
    }

    /// Exchanges descriptions: the client gets the server's addresses at these local indices.
    func introduce(_ indices: [Int] = [0, 1]) {
        let candidates = indices.map { index in
            ICECandidate(
                host: serverAddresses[index], localPreference: UInt16.max - UInt16(index), foundation: "\(index)")
        }
        server.setRemote(client.local, candidates: [], localPaths: [], at: now)
        client.setRemote(server.local, candidates: candidates, localPaths: indices.map { UInt8($0) }, at: now)
    }

    func run(for duration: MediaDuration) {
        let end = now + duration
        while true {
            let due = [queue.first?.instant, server.nextDeadline, clientIsDead ? nil : client.nextDeadline]
                .compactMap { $0 }.min()
            guard let due, due <= end else { break }
            now = max(now, due)
            if let first = queue.first, first.instant <= now {
                deliver(queue.removeFirst())
            } else if let deadline = server.nextDeadline, deadline <= now {
                note(server.advance(to: now, random: &random, transmit: &arena), &serverOutcomes)
                if let next = server.nextDeadline, next <= now { stuckDeadlines += 1 }
                flush(from: serverAddresses)
            } else {
                note(client.advance(to: now, random: &random, transmit: &arena), &clientOutcomes)
                if let next = client.nextDeadline, next <= now { stuckDeadlines += 1 }
                flush(from: clientAddresses)
            }
            if stuckDeadlines > 100 { break }
        }
        now = end
    }

    /// Gives the server a datagram at once and returns what it made of it.
    @discardableResult
    func inject(_ bytes: [UInt8], from source: TransportAddress, local: UInt8 = 0) -> ICEOutcome {
        guard let message = try? STUNMessage.parse(bytes.span.bytes) else { return .dropped(.stunMalformed) }
        let outcome = server.receive(
            message, bytes.span.bytes, from: NetworkPath(remote: source, local: local), at: now, random: &random,
            transmit: &arena)
        note(outcome, &serverOutcomes)
        flush(from: serverAddresses)
        return outcome
    }

    /// A request to the server as the client would sign it.
    func request(
        nominate: Bool = false, priority: UInt32 = 100, role: STUNMessage.Role = .controlling(1),
        password: String? = nil,
        receiver: String? = nil, unknown: Bool = false
    ) -> [UInt8] {
        var builder = STUNBuilder()
        builder.begin(.request, STUNTransactionID(random: &chance))
        let names = "\(receiver ?? server.local.usernameFragment):\(client.local.usernameFragment)"
        builder.append(username: Array(names.utf8))
        builder.append(priority: priority)
        if nominate { builder.appendUseCandidate() }
        builder.append(role: role)
        if unknown { builder.appendHeader(0x7001, 0) }
        _ = builder.finish(key: STUNIntegrityKey(password: password ?? server.local.password))
        return builder.bytes
    }

    /// One more address of the client's, that it answers checks on.
    func addClientAddress(_ address: TransportAddress) {
        client.localPaths.append(UInt8(clientAddresses.count))
        clientAddresses.append(address)
    }

    func serverHasValidated(_ address: TransportAddress) -> Bool {
        server.isValidated(NetworkPath(remote: address))
    }

    /// Everything of the server that a datagram may not change unless it authenticates.
    var serverSnapshot: String {
        "\(server.paths) \(String(describing: server.selectedPath)) \(server.state) \(server.lastConsent) "
            + "\(String(describing: server.nextDeadline)) \(server.nominationCount) \(server.isSelectionCurrent)"
    }

    private func deliver(_ delivery: Delivery) {
        guard let message = try? STUNMessage.parse(delivery.bytes.span.bytes) else { return }
        if let local = serverAddresses.firstIndex(of: delivery.destination) {
            if serverIsDeaf { return }
            let path = NetworkPath(remote: delivery.source, local: UInt8(local))
            note(
                server.receive(
                    message, delivery.bytes.span.bytes, from: path, at: now, random: &random, transmit: &arena),
                &serverOutcomes)
            flush(from: serverAddresses)
        } else if let local = clientAddresses.firstIndex(of: delivery.destination), !clientIsDead {
            let path = NetworkPath(remote: delivery.source, local: UInt8(local))
            note(
                client.receive(
                    message, delivery.bytes.span.bytes, from: path, at: now, random: &random, transmit: &arena),
                &clientOutcomes)
            flush(from: clientAddresses)
        }
    }

    private func note(_ outcome: ICEOutcome, _ records: inout [Record]) {
        guard outcome != .nothing else { return }
        records.append(Record(milliseconds: (now - start).nanoseconds / 1_000_000, outcome: outcome))
    }

    private func flush(from addresses: [TransportAddress]) {
        for entry in arena.entries {
            let source = addresses[Int(entry.path.local)]
            bytesTo[entry.path.remote, default: 0] += entry.count
            lastDatagram = arena.datagram(entry).array
            guard source.isIPv4 == entry.path.remote.isIPv4, chance.next() % 100 >= lossPercent else { continue }
            order += 1
            queue.append(
                Delivery(
                    instant: now + latency, order: order, source: source, destination: entry.path.remote,
                    bytes: arena.datagram(entry).array))
        }
        arena.removeAll()
        queue.sort { ($0.instant, $0.order) < ($1.instant, $1.order) }
    }
}
