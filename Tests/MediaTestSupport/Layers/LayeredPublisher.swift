public import MediaCore

/// Sends every encoding of a layered camera, answers NACKs and keyframe requests, reports. What becomes of its packets on
/// their way is decided here, so that it is known when each one came to the engine.
public final class LayeredPublisher: SimulatedPeer {
    /// How the publisher behaves.
    public struct Behaviour: Sendable {
        /// What becomes of packets on the way to the engine, beside the constant delay of the peer's link.
        public var uplink = SimulatedLink.Behaviour()
        /// The time from picture to picture.
        public var interval = MediaDuration.milliseconds(33)
        /// Whether it sends sender reports.
        public var reports = true
        /// Whether a keyframe request has all encodings make one.
        public var answersForAll = false

        /// Sends 30 pictures a second over a link that loses nothing.
        public init() { uplink.delay = .zero }
    }

    /// Its encodings, with all they sent.
    public private(set) var encoders: [LayeredEncoder]
    /// How many spatial layers of each encoding are sent from when on: 0 pauses it. In order of time.
    public var schedule: [(at: MediaInstant, encoding: Int, spatialLayers: Int)] = []
    /// Keyframe requests received, by encoding.
    public private(set) var keyframeRequests: [(encoding: Int, at: MediaInstant)] = []
    /// What it may rewrite of packets before they leave, for streams that lie.
    public var tamper: ((Int, inout LayeredPacket) -> Void)?
    /// The SSRCs of each encoding.
    public let ssrcs: [(media: UInt32, retransmission: UInt32)]

    private struct Outgoing {
        var due: MediaInstant
        var order: Int
        var bytes: [UInt8]
        var index: UInt64
        /// What it carries; nil for RTCP.
        var content: (encoding: Int, packet: Int)?
    }

    /// Where in an encoding's packets the one lies that a key stands for.
    private(set) var places: [UInt64: (encoding: Int, packet: Int)] = [:]
    private let mode: LayeredMode
    private let behaviour: Behaviour
    private let wallClock: WallClock
    private let start: MediaInstant
    private var link: SimulatedLink
    private var random: MediaRandom
    private var waiting: [Outgoing] = []
    private var order = 0
    private var active: [Int]
    private var wantsKeyframe: [Bool]
    private var retransmissionIndex: [UInt64]
    private var nextPicture: MediaInstant?
    private var nextReport: MediaInstant?
    private let reportLead: MediaDuration

    init(
        _ mode: LayeredMode, _ behaviour: Behaviour, address: TransportAddress, seed: UInt64,
        certificate: DTLSCertificate, wallClock: WallClock, at instant: MediaInstant
    ) {
        self.mode = mode
        self.behaviour = behaviour
        self.wallClock = wallClock
        start = instant
        var random = MediaRandom.seeded(seed)
        encoders = (0..<mode.encodings).map { LayeredEncoder(mode, encoding: $0, seed: seed) }
        ssrcs = (0..<mode.encodings).map { encoding in
            let base = UInt32.random(in: 1...0x0FFF_FFFF, using: &random) * 16 + UInt32(encoding) * 2
            return (base, base + 1)
        }
        link = SimulatedLink(behaviour.uplink, seed: random.next())
        reportLead = .milliseconds(Int64.random(in: -100_000...100_000, using: &random))
        self.random = random
        active = Array(repeating: mode.spatialLayers, count: mode.encodings)
        wantsKeyframe = Array(repeating: true, count: mode.encodings)
        retransmissionIndex = Array(repeating: 1, count: mode.encodings)
        super.init(
            address: address, link: SimulatedLink.Behaviour(), seed: seed, certificate: certificate,
            consentTimeout: .seconds(30))
    }

    var offer: String {
        LayeredOffer.text(
            mode, credentials: transport.credentials, fingerprint: transport.fingerprint, isPublisher: true,
            ssrcs: ssrcs)
    }

    /// Spatial layers that an encoding has at present; 0 while it is paused.
    public func activeSpatialLayers(_ encoding: Int) -> Int { active[encoding] }

    // MARK: Time

    override var nextAction: MediaInstant? {
        guard transport.isConnected else { return nil }
        guard let nextPicture else { return MediaInstant(nanoseconds: .min) }
        return min(nextPicture, waiting.last?.due ?? nextPicture)
    }

    override func act(at instant: MediaInstant) {
        if nextPicture ?? instant <= instant {
            nextPicture = (nextPicture ?? instant) + behaviour.interval
            follow(scheduleUntil: instant)
            for encoding in encoders.indices where active[encoding] > 0 { encode(encoding, at: instant) }
        }
        if behaviour.reports, nextReport ?? instant <= instant {
            nextReport = instant + .milliseconds(300)
            for encoding in encoders.indices where active[encoding] > 0 { report(encoding, at: instant) }
        }
        while let next = waiting.last, next.due <= instant {
            waiting.removeLast()
            if let content = next.content {
                transport.sendRTP(next.bytes.span.bytes, index: next.index)
                // The peer's own link delivers after its constant delay.
                let arrival = instant + uplink.behaviour.delay
                let known = encoders[content.encoding].packets[content.packet].arrival
                if known == nil { encoders[content.encoding].packets[content.packet].arrival = arrival }
            } else {
                transport.sendRTCP(next.bytes)
            }
        }
    }

    private func follow(scheduleUntil instant: MediaInstant) {
        while let next = schedule.first, next.at <= instant {
            schedule.removeFirst()
            // What comes back begins with a keyframe.
            if next.spatialLayers > active[next.encoding] { wantsKeyframe[next.encoding] = true }
            active[next.encoding] = next.spatialLayers
        }
    }

    private func encode(_ encoding: Int, at instant: MediaInstant) {
        encoders[encoding].activeSpatialLayers = active[encoding]
        let packets = encoders[encoding].encode(at: instant, isKeyframe: wantsKeyframe[encoding])
        wantsKeyframe[encoding] = false
        for packet in packets {
            if let tamper { tamper(encoding, &encoders[encoding].packets[packet]) }
            let content = encoders[encoding].packets[packet]
            if let key = LayeredEncoder.key(of: content.payload) { places[key] = (encoding, packet) }
            send(packet, of: encoding, again: false, at: instant)
        }
    }

    private func send(_ packet: Int, of encoding: Int, again: Bool, at instant: MediaInstant) {
        let content = encoders[encoding].packets[packet]
        let frame =
            encoders[encoding].frames.indices.contains(content.frame)
            ? encoders[encoding].frames[content.frame].instant : instant
        var index = content.index
        if again {
            index = retransmissionIndex[encoding]
            retransmissionIndex[encoding] += 1
        }
        var bytes: [UInt8] = [
            0x90,
            (again ? LayeredOffer.retransmissionPayloadType : LayeredOffer.payloadType)
                | (content.marker ? 0x80 : 0),
        ]
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: index))
        bytes.append(bigEndian: encoders[encoding].timestamp(at: frame))
        bytes.append(bigEndian: again ? ssrcs[encoding].retransmission : ssrcs[encoding].media)
        appendExtensions(content, encoding, again: again, to: &bytes)
        if again { bytes.append(bigEndian: UInt16(truncatingIfNeeded: content.index)) }
        bytes += content.payload
        enqueue(bytes, index: index, (encoding, packet), at: instant)
    }

    private func appendExtensions(
        _ content: LayeredPacket, _ encoding: Int, again: Bool, to bytes: inout [UInt8]
    ) {
        var elements: [(identifier: UInt8, data: [UInt8])] = [(LayeredOffer.mid, [UInt8(ascii: "1")])]
        if let rid = mode.rid(encoding) {
            elements.append((again ? LayeredOffer.repairedRid : LayeredOffer.rid, Array(rid.utf8)))
        }
        if !content.descriptor.isEmpty {
            elements.append((LayeredOffer.dependencyDescriptor, content.descriptor))
        }
        // A long element needs the two-byte form. Source: RFC 8285, section 4.
        let isLong = content.descriptor.count > 16
        var block: [UInt8] = []
        for (identifier, data) in elements {
            block += isLong ? [identifier, UInt8(data.count)] : [identifier << 4 | UInt8(data.count - 1)]
            block += data
        }
        while block.count % 4 != 0 { block.append(0) }
        bytes.append(bigEndian: UInt16(isLong ? 0x1000 : 0xBEDE))
        bytes.append(bigEndian: UInt16(block.count / 4))
        bytes += block
    }

    private func report(_ encoding: Int, at instant: MediaInstant) {
        var bytes: [UInt8] = []
        bytes.append(
            .senderReport(
                SenderReport(
                    ssrc: ssrcs[encoding].media, ntpTime: wallClock.ntpTime(at: instant) + reportLead,
                    rtpTimestamp: encoders[encoding].timestamp(at: instant), packetCount: 0, octetCount: 0,
                    blocks: [])))
        bytes.append(.sourceDescription([SourceDescriptionChunk(ssrc: ssrcs[encoding].media, cname: "layered")]))
        enqueue(bytes, index: 0, nil, at: instant)
    }

    /// Lets the link decide when a datagram leaves for the engine, if it does.
    private func enqueue(
        _ bytes: [UInt8], index: UInt64, _ content: (encoding: Int, packet: Int)?, at instant: MediaInstant
    ) {
        for due in link.send(byteCount: bytes.count, at: instant) {
            order += 1
            let made = Outgoing(due: due, order: order, bytes: bytes, index: index, content: content)
            let place = waiting.lastIndex { ($0.due, $0.order) > (made.due, made.order) }
            waiting.insert(made, at: place.map { $0 + 1 } ?? 0)
        }
    }

    // MARK: Feedback

    override func received(_ message: RTCPMessage, at instant: MediaInstant) {
        switch message {
        case .nack(let nack):
            guard let encoding = ssrcs.firstIndex(where: { $0.media == nack.media }) else { return }
            let packets = encoders[encoding].packets
            guard let newest = packets.last?.index else { return }
            for number in nack.sequenceNumbers {
                let back = Int(UInt16(truncatingIfNeeded: newest) &- number)
                if back < min(packets.count, 1000) {
                    send(packets.count - 1 - back, of: encoding, again: true, at: instant)
                }
            }
        case .pictureLoss(let loss):
            want(loss.media, at: instant)
        case .fullIntraRequest(let request):
            for entry in request.entries { want(entry.ssrc, at: instant) }
        default: break
        }
    }

    private func want(_ ssrc: UInt32, at instant: MediaInstant) {
        guard let encoding = ssrcs.firstIndex(where: { $0.media == ssrc }) else { return }
        keyframeRequests.append((encoding, instant))
        if behaviour.answersForAll {
            for other in wantsKeyframe.indices { wantsKeyframe[other] = true }
        } else {
            wantsKeyframe[encoding] = true
        }
    }
}
