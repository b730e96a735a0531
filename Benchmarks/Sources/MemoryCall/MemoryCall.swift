public import MediaCore

/// An engine with one publisher and many watchers, connected in memory by real handshakes.
///
/// What a benchmark measures stands apart from what only prepares it: `prepare` makes a frame, `forward` is the
/// engine's work on it. The clients' consent to receive ends after 600 s of the call's time, 18,000 frames.
public final class MemoryCall {
    private var engine: MediaEngine
    private var publisher: ClientTransport
    /// The last watcher; the others need no client once they are connected.
    private var watcher: ClientTransport?
    private var watcherPath: NetworkPath?
    private var batch = DatagramBatch(byteCapacity: 1 << 21)
    private var instant: MediaInstant
    private var nextIndex: UInt64 = 1
    private var frame = 0
    private static let publisherPath = NetworkPath(remote: TransportAddress(ipv4: 0x0A00_0100, port: 5000))
    private static let server = NetworkPath(remote: TransportAddress(ipv4: 0x0A00_0001, port: 40_000))

    private init(engine: consuming MediaEngine, publisher: consuming ClientTransport, at instant: MediaInstant) {
        self.engine = engine
        self.publisher = publisher
        self.instant = instant
    }

    /// Connects everybody.
    ///
    /// - Parameters:
    ///   - watchers: how many watch the publisher.
    ///   - profiles: the SRTP profiles that the clients offer.
    /// - Throws: `MemoryCallError.notConnected` when a handshake does not end; what the engine throws.
    public static func connected(
        watchers: Int, profiles: [SRTPProfile] = [.aeadAES128GCM]
    ) throws -> MemoryCall {
        let instant = MediaInstant(nanoseconds: 1_000_000_000)
        let candidate = ICECandidate(host: server.remote, localPreference: 65_535, foundation: "1")
        let certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        let ciphers = SRTPCipherLibrary()
        func client(_ seed: UInt64) -> ClientTransport {
            ClientTransport(certificate: certificate, ciphers: ciphers, random: .seeded(seed), profiles: profiles)
        }
        var configuration = MediaEngineConfiguration(candidates: [candidate])
        // The clients say nothing more once they are connected.
        configuration.consentTimeout = .seconds(600)
        configuration.makeEstimator = { _ in KnownRate() }
        let call = MemoryCall(
            engine: try MediaEngine(
                configuration: configuration, random: .seeded(1),
                wallClock: WallClock(instant: instant, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000))),
            publisher: client(2), at: instant)
        let session = try call.engine.publish(
            offer: offer(call.publisher.credentials, call.publisher.fingerprint, publishes: true), name: "publisher",
            at: instant)
        try call.publisher.accept(answer: session.answer, at: instant)
        var publisher = exchange(&call.publisher, client(3))
        try call.connect(&publisher, publisherPath)
        call.publisher = consume publisher
        for number in 0..<watchers {
            var watcher = client(UInt64(number) + 4)
            let path = NetworkPath(remote: TransportAddress(ipv4: 0x0A01_0000 + UInt32(number), port: 5000))
            let answer = try call.engine.watch(
                offer: offer(watcher.credentials, watcher.fingerprint, publishes: false), name: "watcher",
                producers: session.producers, at: call.instant
            ).answer
            try watcher.accept(answer: answer, at: call.instant)
            try call.connect(&watcher, path)
            call.watcherPath = path
            call.watcher = consume watcher
        }
        return call
    }

    private func connect(_ client: inout ClientTransport, _ path: NetworkPath) throws {
        for _ in 0..<400 where !client.isConnected {
            instant = instant + .milliseconds(5)
            _ = client.advance(to: instant)
            batch.removeAll()
            for entry in client.output.entries { batch.append(client.output.datagram(entry), from: path) }
            client.outputSent()
            engine.receive(batch, at: instant)
            engine.advance(to: instant)
            while engine.fillOutput(at: instant) {
                for entry in engine.output.entries where entry.path == path {
                    _ = client.receive(engine.output.datagram(entry), from: Self.server, at: instant)
                }
                engine.outputSent()
            }
            while engine.nextEvent() != nil {}
        }
        batch.removeAll()
        guard client.isConnected else { throw MemoryCallError.notConnected }
    }

    /// Puts one frame of protected packets into the batch, 33 ms after the one before it.
    public func prepare(packets: Int) {
        batch.removeAll()
        for position in 0..<packets {
            let packet = VideoFrame.packet(index: nextIndex, position: position, of: packets, frame: frame)
            publisher.sendRTP(packet.span.bytes, index: nextIndex)
            nextIndex += 1
        }
        for entry in publisher.output.entries {
            batch.append(publisher.output.datagram(entry), from: Self.publisherPath)
        }
        publisher.outputSent()
        frame += 1
        instant = instant + .milliseconds(33)
    }

    /// The engine receives the batch and forwards it. Returns how many datagrams left.
    public func forward() -> Int {
        var count = 0
        engine.receive(batch, at: instant)
        engine.advance(to: instant)
        while engine.fillOutput(at: instant) {
            count += engine.output.entries.count
            engine.outputSent()
        }
        return count
    }

    /// Forwards so many frames; the batch then holds what left for the last watcher.
    public func prepareForWatcher(frames: Int, packets: Int) {
        var received = DatagramBatch(byteCapacity: batch.byteCapacity)
        for _ in 0..<frames {
            prepare(packets: packets)
            engine.receive(batch, at: instant)
            engine.advance(to: instant)
            while engine.fillOutput(at: instant) {
                for entry in engine.output.entries where entry.path == watcherPath {
                    received.append(engine.output.datagram(entry), from: Self.server)
                }
                engine.outputSent()
            }
        }
        batch = received
    }

    /// The last watcher receives the batch. Returns how many RTP packets it decrypted.
    public func receiveAsWatcher() -> Int {
        var count = 0
        for entry in batch.entries {
            if case .rtp? = watcher?.receive(batch.datagram(entry), from: entry.path, at: instant) { count += 1 }
        }
        return count
    }

    /// The publisher protects packets of one content, each under an index of its own, and forgets them.
    public func protect(_ packet: RawSpan, times: Int) {
        for done in 0..<times {
            if done % 64 == 0 { publisher.outputSent() }
            publisher.sendRTP(packet, index: nextIndex)
            nextIndex += 1
        }
        publisher.outputSent()
    }

    private static func offer(
        _ credentials: ICECredentials, _ fingerprint: CertificateFingerprint, publishes: Bool
    ) -> String {
        let digest = fingerprint.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 1", "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
            "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)", "a=ice-pwd:\(credentials.password)",
            "a=fingerprint:sha-256 \(digest.joined(separator: ":"))", "a=setup:actpass", "a=mid:1", "a=rtcp-mux",
            "a=rtcp-rsize", publishes ? "a=sendonly" : "a=recvonly",
            "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
            "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
        ]
        if publishes { lines += ["a=ssrc-group:FID 4097 4098", "a=ssrc:4097 cname:b", "a=ssrc:4098 cname:b"] }
        return lines.map { $0 + "\r\n" }.joined()
    }
}

private func exchange(_ value: inout ClientTransport, _ replacement: consuming ClientTransport) -> ClientTransport {
    swap(&value, &replacement)
    return replacement
}
