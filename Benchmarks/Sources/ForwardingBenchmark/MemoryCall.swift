import MediaCore

/// An engine with one publisher and many watchers, connected in memory by real handshakes.
final class MemoryCall {
    private var engine: MediaEngine
    private var publisher: ClientTransport
    private var batch = DatagramBatch(byteCapacity: 1 << 18)
    private var instant: MediaInstant
    private var nextIndex: UInt64 = 1
    private static let publisherPath = NetworkPath(remote: TransportAddress(ipv4: 0x0A00_0100, port: 5000))
    private static let server = NetworkPath(remote: TransportAddress(ipv4: 0x0A00_0001, port: 40_000))

    private init(engine: consuming MediaEngine, publisher: consuming ClientTransport, at instant: MediaInstant) {
        self.engine = engine
        self.publisher = publisher
        self.instant = instant
    }

    static func connected(
        watchers: Int, offer: (ICECredentials, CertificateFingerprint, Bool) -> String
    ) throws -> MemoryCall {
        let instant = MediaInstant(nanoseconds: 1_000_000_000)
        let candidate = ICECandidate(host: server.remote, localPreference: 65_535, foundation: "1")
        let certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        var configuration = MediaEngineConfiguration(candidates: [candidate])
        // The clients say nothing more once they are connected.
        configuration.consentTimeout = .seconds(600)
        let call = MemoryCall(
            engine: try MediaEngine(
                configuration: configuration, random: .seeded(1),
                wallClock: WallClock(instant: instant, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000))),
            publisher: ClientTransport(certificate: certificate, random: .seeded(2)), at: instant)
        let session = try call.engine.publish(
            offer: offer(call.publisher.credentials, call.publisher.fingerprint, true), name: "publisher", at: instant)
        try call.publisher.accept(answer: session.answer, at: instant)
        try call.connectPublisher()
        for number in 0..<watchers {
            var watcher = ClientTransport(certificate: certificate, random: .seeded(UInt64(number) + 3))
            let path = NetworkPath(remote: TransportAddress(ipv4: 0x0A01_0000 + UInt32(number), port: 5000))
            let answer = try call.engine.watch(
                offer: offer(watcher.credentials, watcher.fingerprint, false), name: "watcher",
                producers: session.producers, at: call.instant
            ).answer
            try watcher.accept(answer: answer, at: call.instant)
            try call.connect(&watcher, path)
        }
        return call
    }

    private func connect(_ client: inout ClientTransport, _ path: NetworkPath) throws {
        for _ in 0..<400 where !client.isConnected {
            instant = instant + .milliseconds(5)
            _ = client.advance(to: instant)
            take(&client, path)
            engine.receive(batch, at: instant)
            batch.removeAll()
            engine.advance(to: instant)
            while engine.fillOutput(at: instant) {
                for entry in engine.output.entries where entry.path == path {
                    _ = client.receive(engine.output.datagram(entry), from: Self.server, at: instant)
                }
                engine.outputSent()
            }
            while engine.nextEvent() != nil {}
        }
        guard client.isConnected else { throw BenchmarkError.notConnected }
    }

    private func connectPublisher() throws {
        let idle = ClientTransport(certificate: try DTLSCertificate.make(unixSeconds: 1_800_000_000))
        var client = exchange(&publisher, idle)
        try connect(&client, Self.publisherPath)
        publisher = client
    }

    /// Moves what a client sends into the batch.
    private func take(_ client: inout ClientTransport, _ path: NetworkPath) {
        for entry in client.output.entries { batch.append(client.output.datagram(entry), from: path) }
        client.outputSent()
    }

    /// Puts one frame of protected packets into the batch; nothing of it counts as the engine's work.
    func prepare(packets: Int, packet: (UInt64, Int) -> [UInt8]) {
        batch.removeAll()
        for position in 0..<packets {
            publisher.sendRTP(packet(nextIndex, position).span.bytes, index: nextIndex)
            nextIndex += 1
        }
        for entry in publisher.output.entries {
            batch.append(publisher.output.datagram(entry), from: Self.publisherPath)
        }
        publisher.outputSent()
        instant = instant + .milliseconds(33)
    }

    /// Receives the batch and forwards it; returns how many datagrams left.
    func forward() -> Int {
        var count = 0
        engine.receive(batch, at: instant)
        engine.advance(to: instant)
        while engine.fillOutput(at: instant) {
            count += engine.output.entries.count
            engine.outputSent()
        }
        return count
    }
}

enum BenchmarkError: Error {
    case notConnected
    case packetsMissing(Int)
}

private func exchange(_ value: inout ClientTransport, _ replacement: consuming ClientTransport) -> ClientTransport {
    swap(&value, &replacement)
    return replacement
}
