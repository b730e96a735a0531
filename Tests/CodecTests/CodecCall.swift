import MediaCore

/// An engine with a publisher of one video and a watcher of it, connected with known keys, in virtual time without
/// losses.
final class CodecCall {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A packet of media as the watcher got it.
    struct Arrival {
        var index: UInt64
        var timestamp: UInt32
        var marker: Bool
        var payload: [UInt8]
    }

    /// What one encoding sends.
    struct Source {
        var ssrc: UInt32
        var rid: String?
        var nextIndex: UInt64
        /// Its clock's lead.
        var timestampOffset: UInt32
    }

    private(set) var engine: MediaEngine
    private(set) var instant = MediaInstant(nanoseconds: 1_000_000_000)
    private(set) var sources: [Source]
    /// What came since it was emptied.
    var arrivals: [Arrival] = []
    /// Whether what is sent has holes.
    var expectsLoss = false
    /// Encodings that a keyframe was asked of, and how often in all.
    var keyframeRequests: Set<Int> = []
    private(set) var keyframeRequestCount = 0
    /// What should not have happened, in words.
    private(set) var complaints: [String] = []
    private(set) var consumer: ConsumerID?

    private var publisher: ClientTransport
    private var watcher: ClientTransport
    private var batch = DatagramBatch(byteCapacity: 1 << 18)
    private let wallClock: WallClock
    private static let publisherAddress = TransportAddress(ipv4: 0x0A00_0100, port: 5000)
    private static let watcherAddress = TransportAddress(ipv4: 0x0A00_0200, port: 5000)
    private static let server = TransportAddress(ipv4: 0x0A00_0001, port: 40_000)

    /// A call whose publisher announces so many encodings; their rids count from 0, the smallest first.
    init(_ codec: MediaCodec, encodings: Int) throws {
        let certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        wallClock = WallClock(instant: instant, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000))
        let candidate = ICECandidate(host: Self.server, localPreference: 65_535, foundation: "1")
        engine = try MediaEngine(
            configuration: MediaEngineConfiguration(candidates: [candidate]), random: .seeded(1), wallClock: wallClock)
        publisher = ClientTransport(certificate: certificate, random: .seeded(2))
        watcher = ClientTransport(certificate: certificate, random: .seeded(3))
        sources = (0..<encodings).map {
            Source(
                ssrc: 5000 + UInt32($0), rid: encodings > 1 ? "\($0)" : nil, nextIndex: 65_400 + 40 * UInt64($0),
                timestampOffset: 0xFFFF_0000 &- 0x2000_0000 &* UInt32($0))
        }
        let offer = CodecOffer(codec: codec, sources: sources)
        let published = try engine.publish(
            offer: offer.text(publisher.credentials, publisher.fingerprint, sends: true), name: "publisher",
            at: instant)
        try publisher.accept(answer: published.answer, at: instant)
        let watched = try engine.watch(
            offer: offer.text(watcher.credentials, watcher.fingerprint, sends: false), name: "watcher",
            producers: published.producers, at: instant)
        try watcher.accept(answer: watched.answer, at: instant)
        consumer = watched.consumers.first
        install(published.transport, 1) { publisher.install($0) }
        install(watched.transport, 2) { watcher.install($0) }
        run(for: .milliseconds(300))
        guard publisher.isConnected, watcher.isConnected else { throw Failure(description: "it does not connect") }
    }

    private func install(_ transport: TransportID, _ seed: UInt8, _ peer: (SRTPKeyingMaterial) -> Void) {
        func key(_ byte: UInt8) -> SRTPKeyingMaterial.MasterKey {
            SRTPKeyingMaterial.MasterKey(
                key: Array(repeating: byte, count: 16), salt: Array(repeating: byte, count: 12))
        }
        let (ours, theirs) = (key(seed), key(seed + 100))
        peer(SRTPKeyingMaterial(profile: .aeadAES128GCM, local: theirs, remote: ours))
        engine.install(
            SRTPKeyingMaterial(profile: .aeadAES128GCM, local: ours, remote: theirs), for: transport, at: instant)
    }

    /// Says what the watcher wants.
    func prefer(_ preference: LayerPreference) throws {
        guard let consumer else { throw Failure(description: "nothing is watched") }
        try engine.prefer(preference, for: consumer, at: instant)
        deliver()
    }

    // MARK: Sending

    /// Sends a picture's packets over an encoding's stream, and delivers all that follows from it.
    func send(_ packets: [PacketPayload], timestamp: UInt32, encoding: Int) {
        for packet in packets {
            let source = sources[encoding]
            var bytes: [UInt8] = [0x90, CodecOffer.payloadType | (packet.marker ? 0x80 : 0)]
            bytes.append(bigEndian: UInt16(truncatingIfNeeded: source.nextIndex))
            bytes.append(bigEndian: timestamp &+ source.timestampOffset)
            bytes.append(bigEndian: source.ssrc)
            bytes += CodecOffer.extensionBlock(rid: source.rid, descriptor: packet.descriptor)
            bytes += packet.bytes
            if !publisher.sendRTP(bytes.span.bytes, index: source.nextIndex) { complain("a packet found no room") }
            sources[encoding].nextIndex += 1
            if publisher.output.entries.count > 100 { deliver() }
        }
        deliver()
    }

    /// Leaves a sequence number out, as if its packet had been lost on the way.
    func skip(_ count: Int, encoding: Int) {
        sources[encoding].nextIndex += UInt64(count)
    }

    /// Reports on every encoding's clock. `timestamp` is now, without offsets.
    func report(timestamp: UInt32) {
        for source in sources {
            var bytes: [UInt8] = []
            bytes.append(
                .senderReport(
                    SenderReport(
                        ssrc: source.ssrc, ntpTime: wallClock.ntpTime(at: instant),
                        rtpTimestamp: timestamp &+ source.timestampOffset, packetCount: 0, octetCount: 0)))
            bytes.append(.sourceDescription([SourceDescriptionChunk(ssrc: source.ssrc, cname: "clip")]))
            publisher.sendRTCP(bytes)
        }
        deliver()
    }

    // MARK: Time

    /// Lets time pass.
    func run(for duration: MediaDuration) {
        let end = instant + duration
        deliver()
        while let next = nextDeadline, next <= end {
            instant = max(instant, next)
            engine.advance(to: instant)
            _ = publisher.advance(to: instant)
            _ = watcher.advance(to: instant)
            deliver()
        }
        instant = end
    }

    private var nextDeadline: MediaInstant? {
        [engine.nextDeadline, publisher.nextDeadline, watcher.nextDeadline].compactMap { $0 }.min()
    }

    /// Brings everything to where it goes, until nothing moves any more.
    private func deliver() {
        var rounds = 0
        while deliverToPeers() || deliverToEngine() {
            rounds += 1
            guard rounds < 1000 else { return complain("it never falls silent") }
        }
        while engine.nextEvent() != nil {}
    }

    private func deliverToPeers() -> Bool {
        var isBusy = false
        while engine.fillOutput(at: instant) {
            isBusy = true
            for entry in engine.output.entries {
                let bytes = engine.output.datagram(entry).array
                if entry.path.remote == Self.watcherAddress {
                    watcherReceives(bytes)
                } else {
                    publisherReceives(bytes)
                }
            }
            engine.outputSent()
        }
        return isBusy
    }

    private func deliverToEngine() -> Bool {
        for entry in publisher.output.entries {
            batch.append(publisher.output.datagram(entry), from: NetworkPath(remote: Self.publisherAddress))
        }
        for entry in watcher.output.entries {
            batch.append(watcher.output.datagram(entry), from: NetworkPath(remote: Self.watcherAddress))
        }
        publisher.outputSent()
        watcher.outputSent()
        guard !batch.entries.isEmpty else { return false }
        engine.receive(batch, at: instant)
        batch.removeAll()
        return true
    }

    private func publisherReceives(_ datagram: [UInt8]) {
        let path = NetworkPath(remote: Self.server)
        guard case .rtcp = publisher.receive(datagram.span.bytes, from: path, at: instant) else { return }
        let packet = publisher.withPacket { $0.array }
        var reader = RTCPReader(packet.span.bytes)
        while let message = try? reader.next() {
            var wanted: [UInt32] = []
            switch message {
            case .pictureLoss(let loss): wanted = [loss.media]
            case .fullIntraRequest(let request): wanted = request.entries.map(\.ssrc)
            case .nack where !expectsLoss: complain("a NACK without a loss")
            default: break
            }
            for encoding in sources.indices where wanted.contains(sources[encoding].ssrc) {
                keyframeRequests.insert(encoding)
                keyframeRequestCount += 1
            }
        }
    }

    private func watcherReceives(_ datagram: [UInt8]) {
        let path = NetworkPath(remote: Self.server)
        switch watcher.receive(datagram.span.bytes, from: path, at: instant) {
        case .rtp(let index):
            let packet = watcher.withPacket { $0.array }
            guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return complain("malformed RTP") }
            var payload = Array(packet[header.headerByteCount...])
            let padding = RTPHeader.paddingByteCount(of: payload.span.bytes, hasPadding: header.hasPadding) ?? 0
            payload.removeLast(padding)
            if header.payloadType != CodecOffer.payloadType { complain("payload type \(header.payloadType)") }
            arrivals.append(
                Arrival(index: index, timestamp: header.timestamp, marker: header.marker, payload: payload))
        case .dropped(let reason): complain("the watcher drops: \(reason)")
        default: break
        }
    }

    private func complain(_ text: String) {
        if complaints.count < 20 { complaints.append(text) }
    }
}
