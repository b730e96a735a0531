import MediaCore

/// Ten who all watch each other, connected in memory: every seat sends three streams and gets one of each of the others.
///
/// With simulcast the three are the encodings of one video, and the engine chooses among them for each watcher; without,
/// they are three videos of which one is watched. Packets in and packets out are the same.
public final class MemoryMeeting {
    /// How many seats.
    public static let seats = 10
    /// How many packets each stream has in a frame, the largest encoding last.
    public static let packets = [1, 2, 4]
    private static let rids = ["q", "h", "f"]
    private static let server = NetworkPath(remote: TransportAddress(ipv4: 0x0A00_0001, port: 40_000))

    /// One stream that a seat sends.
    private struct Source {
        var client: Int
        var ssrc: UInt32
        var rid: String
        var packets: Int
        var index: UInt64 = 1
        var picture: UInt16
    }

    private var engine: MediaEngine
    private var clients: [Client] = []
    private var sources: [Source] = []
    private var batch = DatagramBatch(byteCapacity: 1 << 21)
    private var instant = MediaInstant(nanoseconds: 1_000_000_000)
    private var frame = 0

    private final class Client {
        var transport: ClientTransport
        let path: NetworkPath

        init(_ transport: consuming ClientTransport, path: NetworkPath) {
            self.transport = transport
            self.path = path
        }

        func send(into batch: inout DatagramBatch) {
            for entry in transport.output.entries { batch.append(transport.output.datagram(entry), from: path) }
            transport.outputSent()
        }
    }

    /// Connects everybody and lets them begin.
    ///
    /// - Throws: `MemoryCallError.notConnected` when a handshake does not end; what the engine throws.
    public init(simulcast: Bool) throws {
        let candidate = ICECandidate(host: Self.server.remote, localPreference: 65_535, foundation: "1")
        var configuration = MediaEngineConfiguration(candidates: [candidate])
        configuration.consentTimeout = .seconds(600)
        configuration.makeEstimator = { _ in KnownRate() }
        engine = try MediaEngine(
            configuration: configuration, random: .seeded(1),
            wallClock: WallClock(instant: instant, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000)))
        let certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        let ciphers = SRTPCipherLibrary()
        func client() -> Client {
            let number = clients.count
            let client = Client(
                ClientTransport(
                    certificate: certificate, ciphers: ciphers, random: .seeded(UInt64(number) + 2),
                    profiles: [.aeadAES128GCM]),
                path: NetworkPath(remote: TransportAddress(ipv4: 0x0A01_0000 + UInt32(number), port: 5000)))
            clients.append(client)
            return client
        }
        // By seat and encoding.
        var producers: [[ProducerID]] = []
        for seat in 0..<Self.seats {
            var own: [ProducerID] = []
            for (layer, rid) in Self.rids.enumerated() {
                let ssrc = UInt32(4096 + seat * 16 + layer)
                if !simulcast || layer == 0 {
                    let client = client()
                    let offer = Self.offer(client.transport, sections: 1, rids: simulcast ? Self.rids : nil, ssrc: ssrc)
                    let session = try engine.publish(offer: offer, name: "publisher", at: instant)
                    try connect(client, session.answer)
                    own += session.producers
                } else {
                    own.append(own[0])
                }
                sources.append(
                    Source(
                        client: clients.count - 1, ssrc: ssrc, rid: simulcast ? rid : "",
                        packets: Self.packets[layer], picture: UInt16(1000 * layer)))
            }
            producers.append(own)
        }
        // The encodings' streams are known before anybody watches them.
        for _ in 0..<3 { run() }
        var consumers: [(id: ConsumerID, layer: Int)] = []
        for seat in 0..<Self.seats {
            let client = client()
            let others = (0..<Self.seats).filter { $0 != seat }
            let watched = others.map { producers[$0][Self.layer(from: seat, of: $0)] }
            let offer = Self.offer(client.transport, sections: watched.count, rids: nil, ssrc: nil)
            let session = try engine.watch(offer: offer, name: "watcher", producers: watched, at: instant)
            try connect(client, session.answer)
            consumers += zip(session.consumers, others).map { ($0, Self.layer(from: seat, of: $1)) }
        }
        guard simulcast else {
            run(keyframe: true)
            return
        }
        // Everybody has had another layer before the one that is measured: its numbers are not the source's own.
        for offset in [1, 0] {
            for (consumer, layer) in consumers {
                try engine.prefer(
                    LayerPreference(encodingID: Self.rids[(layer + offset) % 3]), for: consumer, at: instant)
            }
            for _ in 0..<20 { run(keyframe: true) }
        }
    }

    /// Which of another seat's streams a seat watches: each third of them.
    private static func layer(from seat: Int, of other: Int) -> Int { (seat + other) % 3 }

    /// How many packets arrive of a frame of everybody.
    public static let arrivals = seats * packets.reduce(0, +)

    /// How many packets leave for a frame.
    public static var departures: Int {
        var count = 0
        for seat in 0..<seats {
            for other in 0..<seats where other != seat { count += packets[layer(from: seat, of: other)] }
        }
        return count
    }

    private func connect(_ client: Client, _ answer: String) throws {
        try client.transport.accept(answer: answer, at: instant)
        for _ in 0..<400 where !client.transport.isConnected {
            instant = instant + .milliseconds(5)
            _ = client.transport.advance(to: instant)
            batch.removeAll()
            client.send(into: &batch)
            engine.receive(batch, at: instant)
            engine.advance(to: instant)
            while engine.fillOutput(at: instant) {
                for entry in engine.output.entries where entry.path == client.path {
                    _ = client.transport.receive(engine.output.datagram(entry), from: Self.server, at: instant)
                }
                engine.outputSent()
            }
            while engine.nextEvent() != nil {}
        }
        batch.removeAll()
        guard client.transport.isConnected else { throw MemoryCallError.notConnected }
    }

    private func run(keyframe: Bool = true) {
        prepare(keyframe: keyframe)
        _ = forward()
        while engine.nextEvent() != nil {}
    }

    /// Puts everybody's next frames into the batch, 33 ms after the ones before. Feedback and reports, which are due by
    /// time and for each transport, of which there are more without simulcast, are sent here: they are not forwarding.
    public func prepare(keyframe: Bool = false) {
        engine.advance(to: instant)
        while engine.fillOutput(at: instant) { engine.outputSent() }
        batch.removeAll()
        for place in sources.indices {
            let client = clients[sources[place].client]
            for position in 0..<sources[place].packets {
                let packet = packet(sources[place], position: position, keyframe: keyframe)
                client.transport.sendRTP(packet.span.bytes, index: sources[place].index)
                sources[place].index += 1
            }
            sources[place].picture &+= 1
            client.send(into: &batch)
        }
        frame += 1
        instant = instant + .milliseconds(33)
    }

    /// The engine receives the batch and forwards it. Returns how many datagrams left.
    public func forward() -> Int {
        var count = 0
        engine.receive(batch, at: instant)
        while engine.fillOutput(at: instant) {
            count += engine.output.entries.count
            engine.outputSent()
        }
        return count
    }

    /// A VP8 packet with a picture id and TL0PICIDX, as browsers send it. Source: RFC 7741, section 4.2.
    private func packet(_ source: Source, position: Int, keyframe: Bool) -> [UInt8] {
        let isLast = position == source.packets - 1
        var bytes: [UInt8] = [
            0x90, 96 | (isLast ? 0x80 : 0), UInt8(source.index >> 8 & 255), UInt8(source.index & 255),
        ]
        let timestamp = UInt32(truncatingIfNeeded: frame * 3000)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(timestamp >> UInt32(shift) & 255)) }
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(source.ssrc >> UInt32(shift) & 255)) }
        bytes += [
            0xBE, 0xDE, 0, 3, 0x10, UInt8(ascii: "0"), 0x31, UInt8(source.index >> 8 & 255), UInt8(source.index & 255),
        ]
        bytes += source.rid.isEmpty ? [0, 0] : [0x40] + Array(source.rid.utf8)
        bytes += [0, 0, 0, 0, 0]
        let picture = source.picture & 0x7FFF
        bytes += [
            position == 0 ? 0x90 : 0x80, 0xE0, 0x80 | UInt8(picture >> 8), UInt8(picture & 255),
            UInt8(truncatingIfNeeded: picture), 0x00, keyframe ? 0 : 1,
        ]
        while bytes.count < VideoFrame.packetByteCount { bytes.append(UInt8(truncatingIfNeeded: bytes.count)) }
        return bytes
    }

    private static func offer(
        _ transport: borrowing ClientTransport, sections: Int, rids: [String]?, ssrc: UInt32?
    ) -> String {
        let digest = transport.fingerprint.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        let group = (0..<sections).map { "\($0)" }.joined(separator: " ")
        var lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE \(group)"]
        for mid in 0..<sections {
            lines += [
                "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 0.0.0.0",
                "a=ice-ufrag:\(transport.credentials.usernameFragment)",
                "a=ice-pwd:\(transport.credentials.password)",
                "a=fingerprint:sha-256 \(digest.joined(separator: ":"))", "a=setup:actpass", "a=mid:\(mid)",
                "a=rtcp-mux", "a=rtcp-rsize", ssrc == nil ? "a=recvonly" : "a=sendonly",
                "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
                "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
                "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
                "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
                "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
                "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
            ]
            if let rids {
                lines += rids.map { "a=rid:\($0) send" } + ["a=simulcast:send \(rids.joined(separator: ";"))"]
            } else if let ssrc {
                lines.append("a=ssrc:\(ssrc) cname:b")
            }
        }
        return lines.map { $0 + "\r\n" }.joined()
    }
}
