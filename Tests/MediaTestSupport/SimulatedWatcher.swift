public import MediaCore

/// Receives a call as a strict browser would: checks every byte, asks for what it lacks, reports what it got.
public final class SimulatedWatcher: SimulatedPeer {
    /// Breaches of what a receiver may rely on, in words; empty after a good call.
    public private(set) var complaints: [String] = []
    /// Packets of sound received.
    public private(set) var audioPackets = 0
    /// When each frame was complete, by frame number.
    public private(set) var completed: [Int: MediaInstant] = [:]
    /// When each frame could be decoded: complete, and an unbroken chain back to a keyframe.
    public private(set) var decoded: [MediaInstant] = []
    /// How many packets the frames that came were said to have.
    public private(set) var packetsPerFrame: Set<Int> = []
    /// Packets received in the retransmission stream.
    public private(set) var retransmissions = 0
    /// Packets that were nothing but padding, in either stream: they are counted nowhere else.
    public private(set) var emptyPackets = 0
    /// The last sender report of each SSRC, and when it came.
    package private(set) var senderReports: [UInt32: (report: SenderReport, at: MediaInstant)] = [:]
    /// The media SSRCs that arrived, by payload type.
    public private(set) var ssrcs: [UInt8: UInt32] = [:]
    /// The last index and RTP timestamp by SSRC.
    public private(set) var newest: [UInt32: (index: UInt64, timestamp: UInt32, at: MediaInstant)] = [:]
    /// When each packet came, how long it was, and whether it was sound.
    public private(set) var arrivals: [(at: MediaInstant, byteCount: Int, isSound: Bool)] = []
    /// Frames of which something came, but not all.
    public var incompleteFrames: Int { frames.count - completed.count }
    /// Datagrams of media received: what a NACK flood may cost.
    public private(set) var mediaBytes = 0
    /// What came, in order of arrival, while `keepsPackets`.
    package private(set) var packets: [(header: RTPHeader, index: UInt64, payload: [UInt8])] = []
    /// Whether `packets` grows.
    public var keepsPackets = false
    /// Whether it asks for what it lacks.
    public var sendsNACKs = true
    /// Whether its feedback speaks of sound; Firefox's does not.
    var reportsOnSound = true
    /// Whether it tells when packets arrived.
    public var sendsFeedback = true
    private var feedback = TransportFeedbackRecorder()

    private let hasRetransmission: Bool
    private let hasRedundancy: Bool
    private let picture: SimulatedOffer.Picture
    private var seen: [UInt32: [UInt64: Int]] = [:]
    private var missing: [UInt64: MediaInstant] = [:]
    private var highestVideo: UInt64?
    private var frames: [Int: Set<Int>] = [:]
    private var keyframes: Set<Int> = []
    private var lastDecoded: Int?
    private var firstPacketAt: MediaInstant?
    private var lastRequest: MediaInstant?
    private var nextTick: MediaInstant?
    private var nextReport: MediaInstant?

    init(
        address: TransportAddress, link: SimulatedLink.Behaviour, seed: UInt64, certificate: DTLSCertificate,
        consentTimeout: MediaDuration, hasRetransmission: Bool, hasRedundancy: Bool, picture: SimulatedOffer.Picture
    ) {
        self.hasRetransmission = hasRetransmission
        self.hasRedundancy = hasRedundancy
        self.picture = picture
        super.init(
            address: address, link: link, seed: seed, certificate: certificate, consentTimeout: consentTimeout)
    }

    var offer: String {
        SimulatedOffer.text(
            credentials: transport.credentials, fingerprint: transport.fingerprint, signaling: nil,
            hasRetransmission: hasRetransmission, picture: picture, hasRedundancy: hasRedundancy
        ).replacing("a=rtcp-fb:111 transport-cc\r\n", with: reportsOnSound ? "a=rtcp-fb:111 transport-cc\r\n" : "")
    }

    /// How long the picture stood still in total until `end`: every wait for a frame that is 150 ms longer than usual.
    ///
    /// Source: W3C WebRTC statistics, totalFreezesDuration.
    public func frozen(until end: MediaInstant) -> MediaDuration {
        var total = MediaDuration.zero
        for (earlier, later) in zip(decoded, decoded.dropFirst() + [end]) where later - earlier > .milliseconds(183) {
            total = total + (later - earlier)
        }
        return total
    }

    /// Sends any RTCP, well-formed or not.
    public func send(rtcp bytes: [UInt8]) {
        transport.sendRTCP(bytes)
    }

    /// Sends one NACK for any numbers.
    public func demand(_ numbers: [UInt16], of ssrc: UInt32) {
        var bytes: [UInt8] = []
        bytes.append(.nack(GenericNACK(sender: 7, media: ssrc, sequenceNumbers: numbers)))
        transport.sendRTCP(bytes)
    }

    /// Sends one PLI.
    public func demandKeyframe(of ssrc: UInt32) {
        var bytes: [UInt8] = []
        bytes.append(.pictureLoss(PictureLossIndication(sender: 7, media: ssrc)))
        transport.sendRTCP(bytes)
    }

    override func receivedRTP(_ packet: [UInt8], index: UInt64, at instant: MediaInstant) {
        guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return complain("malformed RTP") }
        mediaBytes += packet.count
        arrivals.append((instant, packet.count, header.payloadType == SimulatedOffer.opusPayloadType))
        if let number = SimulatedOffer.transportSequenceNumber(of: packet, header) {
            feedback.record(transportSequenceNumber: number, at: instant, byteCount: packet.count)
        }
        // The receiver has checked for replays: an index that comes twice has other content, or none.
        if seen[header.ssrc, default: [:]].updateValue(packet.hashValue, forKey: index) != nil {
            complain("index \(index) of \(header.ssrc) twice")
        }
        let payload = packet[header.headerByteCount...]
        if header.hasPadding,
            RTPHeader.paddingByteCount(of: Array(payload).span.bytes, hasPadding: true) == payload.count
        {
            emptyPackets += 1
            if header.payloadType == SimulatedOffer.videoPayloadType { noteVideo(index, at: instant) }
            return
        }
        if keepsPackets { packets.append((header, index, Array(payload))) }
        switch header.payloadType {
        case SimulatedOffer.opusPayloadType,
            SimulatedOffer.redundantPayloadType where hasRedundancy:
            audioPackets += 1
            note(header, index, at: instant)
        case SimulatedOffer.videoPayloadType:
            note(header, index, at: instant)
            noteVideo(index, at: instant)
            take(payload, at: instant)
        case SimulatedOffer.retransmissionPayloadType:
            guard payload.count > 2, let highestVideo else { return complain("retransmission of nothing") }
            retransmissions += 1
            let original = UInt16(payload[payload.startIndex]) << 8 | UInt16(payload[payload.startIndex + 1])
            let step = Int16(bitPattern: original &- UInt16(truncatingIfNeeded: highestVideo))
            missing[UInt64(Int64(highestVideo) + Int64(step))] = nil
            take(payload.dropFirst(2), at: instant)
        default:
            complain("payload type \(header.payloadType)")
        }
    }

    private func note(_ header: RTPHeader, _ index: UInt64, at instant: MediaInstant) {
        if let known = ssrcs.updateValue(header.ssrc, forKey: header.payloadType), known != header.ssrc {
            complain("another SSRC in mid-stream")
        }
        if let last = newest[header.ssrc], last.index < index,
            Int32(bitPattern: header.timestamp &- last.timestamp) < 0
        {
            complain("time runs backward")
        }
        if newest[header.ssrc].map({ $0.index < index }) ?? true {
            newest[header.ssrc] = (index, header.timestamp, instant)
        }
    }

    private func noteVideo(_ index: UInt64, at instant: MediaInstant) {
        missing[index] = nil
        firstPacketAt = firstPacketAt ?? instant
        if let highestVideo, index > highestVideo + 1 {
            if index - highestVideo > 2000 { complain("a hole of \(index - highestVideo)") }
            for number in highestVideo + 1..<index { missing[number] = instant + .milliseconds(10) }
        }
        highestVideo = max(highestVideo ?? 0, index)
    }

    private func take(_ payload: ArraySlice<UInt8>, at instant: MediaInstant) {
        guard let part = SimulatedFrame.part(of: payload) else { return complain("damaged payload") }
        if part.isKeyframe { keyframes.insert(part.frame) }
        packetsPerFrame.insert(part.count)
        frames[part.frame, default: []].insert(part.position)
        guard frames[part.frame]?.count == part.count, completed[part.frame] == nil else { return }
        completed[part.frame] = instant
        var frame = part.frame
        // A decoder goes on from the frame after its last, or starts anew at a keyframe.
        while completed[frame] != nil,
            lastDecoded.map({ frame == $0 + 1 || (keyframes.contains(frame) && frame > $0) })
                ?? keyframes.contains(frame)
        {
            lastDecoded = frame
            decoded.append(instant)
            frame += 1
        }
    }

    private func complain(_ text: String) {
        if complaints.count < 20 { complaints.append(text) }
    }

    override var nextAction: MediaInstant? {
        guard transport.isConnected else { return nil }
        let tick = nextTick ?? MediaInstant(nanoseconds: .min)
        return feedback.nextDeadline.map { sendsFeedback ? min($0, tick) : tick } ?? tick
    }

    override func act(at instant: MediaInstant) {
        if sendsFeedback { report(arrivalsAt: instant) }
        guard nextTick.map({ $0 <= instant }) ?? true else { return }
        nextTick = instant + .milliseconds(20)
        if sendsNACKs, let ssrc = ssrcs[SimulatedOffer.videoPayloadType] {
            let due = missing.filter { $0.value <= instant }.keys.sorted().prefix(100)
            if !due.isEmpty { demand(due.map { UInt16(truncatingIfNeeded: $0) }, of: ssrc) }
            for number in due { missing[number] = instant + .milliseconds(60) }
            if let highestVideo { missing = missing.filter { $0.key + 1000 > highestVideo } }
            // As a browser does: soon while it waits for its first picture, later when the next one does not come.
            let since = decoded.last ?? firstPacketAt ?? instant
            let patience = MediaDuration.milliseconds(decoded.isEmpty ? 200 : 800)
            if instant - since > patience,
                lastRequest.map({ instant - $0 > .milliseconds(300) }) ?? true
            {
                lastRequest = instant
                demandKeyframe(of: ssrc)
            }
        }
        if nextReport ?? instant <= instant {
            nextReport = instant + .seconds(1)
            report(at: instant)
        }
    }

    private func report(arrivalsAt instant: MediaInstant) {
        var bytes: [UInt8] = []
        while let due = feedback.nextDeadline, due <= instant,
            feedback.build(at: instant, sender: 7, media: ssrcs.values.min() ?? 0, into: &bytes) > 0
        {
            transport.sendRTCP(bytes)
            bytes.removeAll()
        }
    }

    private func report(at instant: MediaInstant) {
        // Sorted: a dictionary's order differs from one run to the next.
        let blocks = senderReports.sorted { $0.key < $1.key }.map { ssrc, last in
            let delay = (instant - last.at).nanoseconds * 65_536 / 1_000_000_000
            return ReportBlock(
                ssrc: ssrc, fractionLost: 0, packetsLost: 0, highestSequenceNumber: 0, jitter: 0,
                lastSenderReport: last.report.ntpTime.compact,
                delaySinceLastSenderReport: UInt32(truncatingIfNeeded: delay))
        }
        var bytes: [UInt8] = []
        bytes.append(.receiverReport(ReceiverReport(ssrc: 7, blocks: blocks)))
        transport.sendRTCP(bytes)
    }

    override func received(_ message: RTCPMessage, at instant: MediaInstant) {
        if case .senderReport(let report) = message { senderReports[report.ssrc] = (report, instant) }
    }
}
