public import MediaCore

/// Takes one video of a layered publisher: keeps all that the engine sent, loses some of it, asks for what it lacks as a
/// browser would.
public final class LayeredWatcher: SimulatedPeer {
    /// What the engine sent, in order; repeats are not among it.
    public private(set) var departures: [LayeredDeparture] = []
    /// What the engine sent again: in the retransmission stream, with the number it stands for.
    public private(set) var repeats: [(original: UInt16, packet: LayeredDeparture)] = []
    /// Breaches that are seen at once.
    public private(set) var complaints: [String] = []
    /// Frames that could be decoded with what came over the lossy downlink.
    public private(set) var decodedFrames = 0
    /// Keyframes asked for.
    public private(set) var keyframeRequests: [MediaInstant] = []
    /// Whether it wants pictures at present.
    public var isPaused = false
    /// Whether it says once a second that all has come.
    public var reports = false

    private struct FrameKey: Hashable {
        var encoding: Int
        var number: Int
    }

    private let mode: LayeredMode
    private let publisher: LayeredPublisher
    private var loss: SimulatedLink
    private var ssrc: UInt32?
    private var seen: [UInt64: [UInt8]] = [:]
    private var received: [FrameKey: Int] = [:]
    private var decoded: Set<FrameKey> = []
    private var undecoded: [FrameKey] = []
    private var highest: UInt64?
    private var missing: [UInt64: MediaInstant] = [:]
    private var lastProgress: MediaInstant?
    private var lastRequest: MediaInstant?
    private var nextTick: MediaInstant?
    private var nextReport: MediaInstant?

    init(
        _ mode: LayeredMode, of publisher: LayeredPublisher, downlinkLoss: Double, address: TransportAddress,
        seed: UInt64, certificate: DTLSCertificate
    ) {
        self.mode = mode
        self.publisher = publisher
        var behaviour = SimulatedLink.Behaviour()
        behaviour.loss = downlinkLoss
        loss = SimulatedLink(behaviour, seed: seed &+ 5)
        super.init(
            address: address, link: SimulatedLink.Behaviour(), seed: seed, certificate: certificate,
            consentTimeout: .seconds(30))
    }

    var offer: String {
        LayeredOffer.text(
            mode, credentials: transport.credentials, fingerprint: transport.fingerprint, isPublisher: false)
    }

    private func complain(_ text: String) {
        if complaints.count < 20 { complaints.append(text) }
    }

    /// One number never protects two different packets: the engine's datagrams, as they come.
    override func receive(_ bytes: [UInt8], from source: TransportAddress, at instant: MediaInstant) {
        if bytes.count > 12, bytes[0] >> 6 == 2, !(192...223).contains(bytes[1]) {
            // No stream sends 65,536 packets here.
            let number = bytes[8..<12].reduce(UInt64(bytes[2]) << 8 | UInt64(bytes[3])) { $0 << 8 | UInt64($1) }
            if let known = seen.updateValue(bytes, forKey: number), known != bytes {
                complain("one number protects two packets")
            }
        }
        super.receive(bytes, from: source, at: instant)
    }

    override func receivedRTP(_ packet: [UInt8], index: UInt64, at instant: MediaInstant) {
        guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return complain("malformed RTP") }
        let body = Array(packet[header.headerByteCount...])
        guard let padding = RTPHeader.paddingByteCount(of: body.span.bytes, hasPadding: header.hasPadding) else {
            return complain("malformed padding")
        }
        var descriptor: [UInt8] = []
        var reader = RTPHeaderExtensionReader(header, packet.span.bytes)
        while let element = reader.next() {
            if element.identifier == LayeredOffer.dependencyDescriptor {
                descriptor = Array(packet[element.offset..<element.offset + element.count])
            }
        }
        var departure = LayeredDeparture(
            index: index, instant: instant - downlink.behaviour.delay, timestamp: header.timestamp,
            marker: header.marker, payload: Array(body.dropLast(padding)), descriptor: descriptor)
        let isLost = loss.send(byteCount: packet.count, at: instant).isEmpty
        switch header.payloadType {
        case LayeredOffer.payloadType:
            if ssrc ?? header.ssrc != header.ssrc { complain("another SSRC in mid-stream") }
            ssrc = header.ssrc
            departures.append(departure)
            if !isLost { take(departure.payload, index, at: instant) }
        case LayeredOffer.retransmissionPayloadType:
            guard departure.payload.count >= 2 else { return complain("retransmission of nothing") }
            let original = UInt16(departure.payload[0]) << 8 | UInt16(departure.payload[1])
            departure.payload.removeFirst(2)
            repeats.append((original, departure))
            guard !isLost, let highest else { return }
            let step = Int16(bitPattern: original &- UInt16(truncatingIfNeeded: highest))
            take(departure.payload, UInt64(Int64(highest) + Int64(step)), at: instant)
        default:
            complain("payload type \(header.payloadType)")
        }
    }

    // MARK: Playing

    private func take(_ payload: [UInt8], _ index: UInt64, at instant: MediaInstant) {
        missing[index] = nil
        if let highest, index > highest + 1, index - highest < 2000 {
            for number in highest + 1..<index { missing[number] = instant + .milliseconds(15) }
        }
        highest = max(highest ?? 0, index)
        lastProgress = lastProgress ?? instant
        guard let key = LayeredEncoder.key(of: payload), let place = publisher.places[key] else { return }
        let packet = publisher.encoders[place.encoding].packets[place.packet]
        guard publisher.encoders[place.encoding].frames.indices.contains(packet.frame) else { return }
        let frame = FrameKey(encoding: place.encoding, number: packet.frame)
        received[frame, default: 0] += 1
        guard received[frame] == publisher.encoders[frame.encoding].frames[frame.number].packets.count else { return }
        undecoded.append(frame)
        if undecoded.count > 60 { undecoded.removeFirst() }
        decode(at: instant)
    }

    private func decode(at instant: MediaInstant) {
        var goesOn = true
        while goesOn {
            goesOn = false
            for (place, frame) in undecoded.enumerated() {
                let references = publisher.encoders[frame.encoding].frames[frame.number].references
                guard
                    references.allSatisfy({
                        decoded.contains(FrameKey(encoding: frame.encoding, number: $0))
                    })
                else { continue }
                decoded.insert(frame)
                undecoded.remove(at: place)
                decodedFrames += 1
                lastProgress = instant
                goesOn = true
                break
            }
        }
    }

    override var nextAction: MediaInstant? {
        guard transport.isConnected else { return nil }
        return nextTick ?? MediaInstant(nanoseconds: .min)
    }

    override func act(at instant: MediaInstant) {
        nextTick = instant + .milliseconds(20)
        guard let ssrc else { return }
        if reports, nextReport ?? instant <= instant {
            nextReport = instant + .seconds(1)
            let block = ReportBlock(
                ssrc: ssrc, fractionLost: 0, packetsLost: 0,
                highestSequenceNumber: UInt32(truncatingIfNeeded: highest ?? 0), jitter: 0, lastSenderReport: 0,
                delaySinceLastSenderReport: 0)
            var bytes: [UInt8] = []
            bytes.append(.receiverReport(ReceiverReport(ssrc: 7, blocks: [block])))
            transport.sendRTCP(bytes)
        }
        let due = missing.filter { $0.value <= instant }.keys.sorted().prefix(100)
        if !due.isEmpty {
            var bytes: [UInt8] = []
            bytes.append(
                .nack(
                    GenericNACK(
                        sender: 7, media: ssrc, sequenceNumbers: due.map { UInt16(truncatingIfNeeded: $0) })))
            transport.sendRTCP(bytes)
            for number in due { missing[number] = instant + .milliseconds(60) }
            if let highest { missing = missing.filter { $0.key + 300 > highest } }
        }
        // As a browser does when the picture stands still.
        guard !isPaused, let lastProgress, instant - lastProgress > .milliseconds(350),
            lastRequest.map({ instant - $0 > .milliseconds(300) }) ?? true
        else { return }
        lastRequest = instant
        keyframeRequests.append(instant)
        var bytes: [UInt8] = []
        bytes.append(.pictureLoss(PictureLossIndication(sender: 7, media: ssrc)))
        transport.sendRTCP(bytes)
    }
}
