import CLoadGenerator
import MediaCore

/// The whole run: joins the peers, sends, sweeps, counts.
final class Generator {
    let options: Options
    let network: Network
    let signaling: any Signaling
    private(set) var publishers: [Publisher] = []
    private(set) var publishingPeers: [Peer] = []
    private(set) var subscribers: [Peer] = []
    /// By local address, from the first on.
    private var peers: [Peer] = []
    private(set) var streams: [PublishedStream] = []

    private(set) var latency = LatencyHistogram()
    private(set) var lateness = LatencyHistogram()
    /// Packets of media that arrived while the processor time was measured.
    private(set) var receivedInWindow = 0
    private(set) var bytesInWindow = 0
    /// Decrypted and found to be what was sent.
    private(set) var checked = 0
    /// RTP that is no packet of a published stream: damage.
    private(set) var foreign = 0
    private(set) var undecipherable = 0
    /// Unix nanoseconds.
    var window: Range<Int64> = 0..<0
    private var isSending = false
    private var nextSweep: Int64 = 0

    init(options: Options) throws {
        self.options = options
        network = try Network(hasGRO: options.hasGRO)
        switch options.server {
        case .whip: signaling = WHIPSignaling(options: options)
        case .janus: signaling = try JanusSignaling(options: options)
        }
        let certificate = try DTLSCertificate.make(unixSeconds: load_unix_nanoseconds() / 1_000_000_000)
        let ciphers = SRTPCipherLibrary()
        func add(watched: [Int], isSampled: Bool) -> Peer {
            let peer = Peer(
                number: peers.count, address: options.firstAddress + UInt32(peers.count), port: network.port,
                certificate: certificate, ciphers: ciphers, watched: watched, isSampled: isSampled)
            peers.append(peer)
            return peer
        }
        for _ in 0..<options.publishers {
            let peer = add(watched: [], isSampled: false)
            for isVideo in [false, true] where isVideo ? options.videoBitrate > 0 : options.hasAudio {
                let stream = PublishedStream(
                    number: streams.count, isVideo: isVideo,
                    packetSize: isVideo ? options.videoPacketSize : Publisher.audioPacketSize)
                streams.append(stream)
                peer.published.append(stream)
            }
            publishingPeers.append(peer)
        }
        for (index, watched) in options.subscriptions.enumerated() {
            subscribers.append(add(watched: watched, isSampled: index % options.sample == 0))
        }
    }

    // MARK: The loop

    /// Runs until `isDone` or the limit in seconds. Returns whether it was done.
    @discardableResult
    func run(seconds: Double, until isDone: () -> Bool = { false }) -> Bool {
        let end = load_monotonic_nanoseconds() + Int64(seconds * 1e9)
        let interval = Int64(options.sweep * 1e6)
        while true {
            var now = load_monotonic_nanoseconds()
            if isSending { produce(at: now) }
            if now >= nextSweep {
                nextSweep = max(nextSweep + interval, now + interval / 2)
                sweep(at: now)
                if isDone() { return true }
                now = load_monotonic_nanoseconds()
                if now >= end { return false }
            }
            var wake = nextSweep
            if isSending { for publisher in publishers { wake = min(wake, publisher.deadline) } }
            if wake > now { load_sleep_until(wake) }
        }
    }

    private func produce(at now: Int64) {
        for publisher in publishers where publisher.deadline <= now {
            lateness.record(publisher.produce(at: now))
            network.send(CollectionOfOne(publisher.peer))
        }
    }

    private func sweep(at now: Int64) {
        let instant = MediaInstant(nanoseconds: now)
        // When more comes in than can be read, sending must go on all the same.
        network.sweep(limit: 64) { receive($0, at: instant) }
        signaling.sweep(at: now)
        for peer in peers {
            if peer.transportDeadline <= now { advance(peer, at: instant) }
            if peer.feedbackDeadline <= now || peer.feedback.isFull { sendFeedback(peer, at: now) }
            if peer.reportDeadline <= now { report(peer, at: now) }
        }
        network.send(peers.lazy.filter(\.hasOutput))
    }

    private func advance(_ peer: Peer, at instant: MediaInstant) {
        if case .closed = peer.transport.advance(to: instant) { peer.fail("the transport closed") }
        peer.updateDeadline()
        if peer.stage == .failed { peer.transportDeadline = .max }
    }

    private func sendFeedback(_ peer: Peer, at now: Int64) {
        peer.feedbackDeadline = now + Int64(options.feedbackInterval * 1e6)
        guard let message = peer.feedback.message(sender: 1 + UInt32(peer.number)) else { return }
        peer.transport.sendRTCP(message)
        peer.hasOutput = true
    }

    private func report(_ peer: Peer, at now: Int64) {
        peer.reportDeadline = now + 1_000_000_000
        if peer.isPublisher {
            guard isSending else { return }
            publishers[peer.number].report(at: now, unixNanoseconds: load_unix_nanoseconds())
        } else if !peer.received.isEmpty {
            let bytes = Reports.receiver(
                ssrc: 1 + UInt32(peer.number), streams: peer.received, senderReports: peer.senderReports, at: now)
            peer.transport.sendRTCP(bytes)
            peer.hasOutput = true
        }
    }

    // MARK: Joining

    func join(_ peer: Peer) {
        let now = load_monotonic_nanoseconds()
        peer.requestedAt = now
        peer.requestedAtUnix = load_unix_nanoseconds()
        peer.stage = .signaling
        signaling.join(peer, at: now)
    }

    /// Begins to send; publishers are staggered over one frame.
    func startSending() {
        let now = load_monotonic_nanoseconds() + 1_000_000
        let frame = 1_000_000_000 / Int64(options.framesPerSecond)
        for (index, peer) in publishingPeers.enumerated() {
            let offset = frame * Int64(index) / Int64(publishingPeers.count)
            publishers.append(Publisher(peer: peer, options: options, start: now + offset))
        }
        isSending = true
    }

    func stopSending() { isSending = false }

    func resetMeasurements() {
        latency = LatencyHistogram()
        lateness = LatencyHistogram()
    }

    // MARK: Receiving

    private func receive(_ datagram: load_datagram, at instant: MediaInstant) {
        let position = Int(datagram.destination &- options.firstAddress)
        guard position < peers.count, datagram.count > 12, let bytes = datagram.bytes else { return }
        let peer = peers[position]
        let isRTP = bytes[0] >> 6 == 2 && !(64...95).contains(bytes[1] & 0x7F)
        if isRTP, !peer.isPublisher {
            receiveMedia(datagram, bytes, peer, at: instant)
        } else {
            decrypt(datagram, bytes, peer, stream: nil, at: instant)
        }
    }

    private func receiveMedia(
        _ datagram: load_datagram, _ bytes: UnsafePointer<UInt8>, _ peer: Peer, at instant: MediaInstant
    ) {
        let sequenceNumber = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        let ssrc = UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: 8, as: UInt32.self).bigEndian
        if window.contains(datagram.received) {
            receivedInWindow += 1
            bytesInWindow += Int(datagram.count)
        }
        if let identifier = peer.transportIdentifier,
            let number = Self.transportNumber(bytes, Int(datagram.count), identifier)
        {
            peer.feedback.append(number, at: datagram.received, media: ssrc)
        }
        var index = peer.received.firstIndex { $0.ssrc == ssrc }
        if index == nil {
            index = peer.received.count
            peer.received.append(ReceivedStream(ssrc: ssrc))
        }
        guard let index else { return }
        // Decrypting everything would cost more than serving it; one packet in 64 of each stream keeps the roll-over
        // counter in step and shows that the content is right.
        if peer.isSampled || peer.received[index].source < 0 || sequenceNumber & 63 == 0 {
            decrypt(datagram, bytes, peer, stream: index, at: instant)
        }
        let source = peer.received[index].source
        guard source >= 0, let number = peer.received[index].receive(sequenceNumber) else { return }
        guard streams[source].measured.contains(number) else { return }
        peer.received[index].unique += 1
        latency.record(datagram.received - streams[source].sentAt[Int(number & 0xFFFF)])
    }

    private func decrypt(
        _ datagram: load_datagram, _ bytes: UnsafePointer<UInt8>, _ peer: Peer, stream: Int?, at instant: MediaInstant
    ) {
        let path = NetworkPath(remote: TransportAddress(ipv4: datagram.source, port: datagram.source_port))
        let memory = UnsafeRawBufferPointer(start: bytes, count: Int(datagram.count))
        let input = peer.transport.receive(RawSpan(_unsafeBytes: memory), from: path, at: instant)
        switch input {
        case .nothing: break
        case .connected: connected(peer, at: instant.nanoseconds)
        case .rtp: if let stream { identify(memory, peer, stream, received: datagram.received) }
        case .rtcp: receiveReports(peer, at: instant.nanoseconds)
        case .closed: peer.fail("the server closed the transport")
        case .dropped: if stream != nil { undecipherable += 1 }
        }
        if stream == nil { peer.updateDeadline() }
    }

    private func connected(_ peer: Peer, at now: Int64) {
        peer.stage = .connected
        peer.connectedAt = now
        let phase = Int64(peer.number % 97) * 1_000_000_000 / 97
        peer.reportDeadline = now + phase
        if options.feedbackInterval > 0, !peer.isPublisher, peer.transportIdentifier != nil {
            peer.feedbackDeadline = now + phase % Int64(options.feedbackInterval * 1e6)
        }
    }

    private func identify(_ encrypted: UnsafeRawBufferPointer, _ peer: Peer, _ stream: Int, received: Int64) {
        // Copies and padding with which a server probes the link.
        guard encrypted[1] & 0x7F != Offer.retransmissionPayloadType else { return }
        let sequenceNumber = UInt16(encrypted[2]) << 8 | UInt16(encrypted[3])
        let identity: (stream: Int, index: UInt64)? = peer.transport.withPacket { packet in
            packet.withUnsafeBytes { bytes -> (stream: Int, index: UInt64)? in
                guard let header = Self.headerByteCount(bytes) else { return nil }
                return PublishedStream.identify(bytes, headerByteCount: header)
            }
        }
        guard let identity, identity.stream < streams.count else {
            foreign += 1
            return
        }
        checked += 1
        if peer.firstPacketAt == 0 { peer.firstPacketAt = received }
        peer.received[stream].bind(source: identity.stream, index: identity.index, sequenceNumber: sequenceNumber)
    }

    private func receiveReports(_ peer: Peer, at now: Int64) {
        var messages: [Reports.Message] = []
        peer.transport.withPacket { packet in
            packet.withUnsafeBytes { Reports.read($0) { messages.append($0) } }
        }
        for message in messages {
            switch message {
            case .senderReport(let ssrc, let compact): peer.senderReports[ssrc] = (compact, now)
            case .keyframeRequest(let media):
                for stream in peer.published where stream.ssrc == media { stream.wantsKeyframe = true }
            }
        }
    }

    private static func headerByteCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 12 else { return nil }
        var count = 12 + Int(bytes[0] & 15) * 4
        if bytes[0] & 0x10 != 0 {
            guard bytes.count >= count + 4 else { return nil }
            count += 4 + (Int(bytes[count + 2]) << 8 | Int(bytes[count + 3])) * 4
        }
        return count <= bytes.count ? count : nil
    }

    /// The transport-wide number in a packet's header, which is not encrypted. Source: RFC 8285, section 4.2.
    private static func transportNumber(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ identifier: UInt8) -> UInt16? {
        guard bytes[0] & 0x10 != 0 else { return nil }
        var offset = 12 + Int(bytes[0] & 15) * 4
        guard count >= offset + 4, bytes[offset] == 0xBE, bytes[offset + 1] == 0xDE else { return nil }
        let end = offset + 4 + (Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])) * 4
        guard end <= count else { return nil }
        offset += 4
        while offset + 2 < end {
            let head = bytes[offset]
            if head == 0 {
                offset += 1
                continue
            }
            if head >> 4 == identifier { return UInt16(bytes[offset + 1]) << 8 | UInt16(bytes[offset + 2]) }
            offset += 2 + Int(head & 15)
        }
        return nil
    }
}
