public import MediaCore

/// Sends sound every 20 ms and a picture every 33 ms, answers NACKs and keyframe requests, reports.
public final class SimulatedPublisher: SimulatedPeer {
    /// SSRC of the sound.
    public let audioSSRC: UInt32
    /// SSRC of the picture.
    public private(set) var videoSSRC: UInt32
    private var retransmissionSSRC: UInt32
    /// Packets of sound sent.
    public private(set) var audioPackets = 0
    /// Packets of picture sent, retransmissions not counted.
    public private(set) var videoPackets = 0
    /// Frames sent.
    public private(set) var frames = 0
    /// When each keyframe was sent.
    public private(set) var keyframes: [MediaInstant] = []
    /// Keyframe requests received.
    public private(set) var keyframeRequests: [MediaInstant] = []
    /// Transport-wide numbers that feedback said arrived.
    public private(set) var acknowledged: Set<UInt16> = []
    /// Transport-wide feedback messages received, and when.
    public private(set) var feedbacks: [MediaInstant] = []
    /// The last receiver report's blocks by SSRC.
    package private(set) var reports: [UInt32: ReportBlock] = [:]
    /// Transport-wide numbers sent.
    public private(set) var transportSequenceNumber: UInt16 = 0
    /// Payload bytes of each packet of a frame; a frame has this many packets.
    public var packetsPerFrame = 4
    /// How many packets the next keyframe has, once; nil for as many as other frames.
    public var nextKeyframePackets: Int?
    /// The publisher's own clock runs ahead of true time by so much.
    public var clockLead = MediaDuration.seconds(3600)
    /// Sends every so many packets of picture as a retransmission only, as if it probed the link with a copy whose
    /// original was lost; 0 never does.
    public var probeInterval = 0
    /// Whether it has stopped sending.
    public var isPaused = false
    /// Whether it has stopped sending pictures.
    public var isVideoPaused = false
    /// What each 20 ms of its sound are like; nil for packets without a level.
    public var sound: ((MediaInstant) -> SimulatedSound)?
    /// How many earlier packets of sound each one repeats. Source: RFC 2198.
    public var redundancy = 0
    /// The payload of each packet of sound sent, without what it repeats; kept while it repeats any.
    public private(set) var sounds: [(payload: [UInt8], timestamp: UInt32)] = []
    /// Packets of picture sent again.
    public private(set) var retransmissions = 0
    /// Numbers the engine asked for.
    public private(set) var demanded: [UInt16] = []

    /// What the engine asked it to keep to, and when.
    package private(set) var receiverEstimates: [(instant: MediaInstant, estimate: ReceiverEstimate)] = []
    /// Whether it keeps to what it is asked to: then frames have fewer packets, one at least.
    public var obeysReceiverEstimates = true
    /// Bits that frames may have still; while the engine asked for a limit.
    private var allowance: Int64 = 0

    private var nextAudio: MediaInstant?
    private var nextVideo: MediaInstant?
    private var nextReport: MediaInstant?
    private var audioIndex: UInt64
    private var videoIndex: UInt64
    private var retransmissionIndex: UInt64 = 1
    private var wantsKeyframe = true
    private var sent: [UInt16: (payload: [UInt8], timestamp: UInt32, marker: Bool)] = [:]
    private let signaling: SimulatedOffer.Signaling
    private let picture: SimulatedOffer.Picture
    private let offersReceiverEstimate: Bool
    private let wallClock: WallClock
    private let start: MediaInstant

    init(
        address: TransportAddress, link: SimulatedLink.Behaviour, seed: UInt64, certificate: DTLSCertificate,
        consentTimeout: MediaDuration, wallClock: WallClock, firstSequenceNumber: UInt16,
        signaling: SimulatedOffer.Signaling, picture: SimulatedOffer.Picture, offersReceiverEstimate: Bool = true,
        at instant: MediaInstant
    ) {
        let base = UInt32(truncatingIfNeeded: seed &* 16 &+ 1000)
        (audioSSRC, videoSSRC, retransmissionSSRC) = (base, base + 1, base + 2)
        audioIndex = UInt64(firstSequenceNumber)
        videoIndex = UInt64(firstSequenceNumber)
        self.signaling = signaling
        self.picture = picture
        self.offersReceiverEstimate = offersReceiverEstimate
        self.wallClock = wallClock
        start = instant
        super.init(
            address: address, link: link, seed: seed, certificate: certificate, consentTimeout: consentTimeout)
    }

    var offer: String {
        SimulatedOffer.text(
            credentials: transport.credentials, fingerprint: transport.fingerprint, signaling: signaling,
            ssrcs: (audioSSRC, videoSSRC, retransmissionSSRC), picture: picture,
            hasReceiverEstimate: offersReceiverEstimate)
    }

    /// Says goodbye for both streams.
    public func sayGoodbye() {
        var bytes: [UInt8] = []
        bytes.append(.receiverReport(ReceiverReport(ssrc: audioSSRC)))
        bytes.append(.goodbye(Goodbye(ssrcs: [audioSSRC, videoSSRC])))
        transport.sendRTCP(bytes)
    }

    /// Sends any RTCP, well-formed or not.
    public func send(rtcp bytes: [UInt8]) {
        transport.sendRTCP(bytes)
    }

    /// Sends any RTP packet; the index names its place in the source its header names.
    public func send(rtp bytes: [UInt8], index: UInt64) {
        transport.sendRTP(bytes.span.bytes, index: index)
    }

    /// Goes on with the picture under another SSRC and other numbers, beginning at a keyframe.
    public func changeVideoSource() {
        videoSSRC &+= 100
        retransmissionSSRC &+= 100
        videoIndex = 40_000
        retransmissionIndex = 1
        sent = [:]
        wantsKeyframe = true
    }

    /// The RTP timestamp that belongs to an instant.
    public func timestamp(at instant: MediaInstant, clockRate: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: (instant - start).nanoseconds / 1000 * clockRate / 1_000_000 &+ 0xFFFF_0000)
    }

    override var nextAction: MediaInstant? {
        guard transport.isConnected, !isPaused else { return nil }
        return [nextAudio, nextVideo, nextReport].compactMap { $0 }.min() ?? MediaInstant(nanoseconds: .min)
    }

    override func act(at instant: MediaInstant) {
        if nextAudio ?? instant <= instant {
            nextAudio = instant + .milliseconds(20)
            sendAudio(at: instant)
        }
        if nextVideo ?? instant <= instant {
            nextVideo = instant + .microseconds(33_333)
            if !isVideoPaused { sendFrame(at: instant) }
        }
        if nextReport ?? instant <= instant {
            nextReport = instant + .seconds(1)
            sendReports(at: instant)
        }
    }

    private func sendAudio(at instant: MediaInstant) {
        var payload = [UInt8](repeating: UInt8(truncatingIfNeeded: audioPackets), count: 80)
        var payloadType = SimulatedOffer.opusPayloadType
        let timestamp = timestamp(at: instant, clockRate: 48_000)
        var level: UInt8?
        switch sound?(instant) {
        case .unsent: return
        case .level(let value): level = value
        case nil: break
        }
        if redundancy > 0 {
            payload = [UInt8](repeating: UInt8(truncatingIfNeeded: audioPackets), count: 40 + audioPackets % 50)
            sounds.append((payload, timestamp))
            payload = redundant(payload, at: timestamp)
            payloadType = SimulatedOffer.redundantPayloadType
        }
        send(
            payload, ssrc: audioSSRC, payloadType: payloadType, index: audioIndex,
            timestamp: timestamp, marker: false, mid: "0", level: level)
        audioIndex += 1
        audioPackets += 1
    }

    /// The newest sound behind those before it. Source: RFC 2198, section 3.
    private func redundant(_ payload: [UInt8], at timestamp: UInt32) -> [UInt8] {
        let earlier = sounds.dropLast().suffix(redundancy)
        var bytes: [UInt8] = []
        for sound in earlier {
            bytes.append(0x80 | SimulatedOffer.opusPayloadType)
            bytes.append(bigEndian24: (timestamp &- sound.timestamp) << 10 | UInt32(sound.payload.count))
        }
        return bytes + [SimulatedOffer.opusPayloadType] + earlier.flatMap(\.payload) + payload
    }

    private func sendFrame(at instant: MediaInstant) {
        let isKeyframe = wantsKeyframe
        wantsKeyframe = false
        if isKeyframe { keyframes.append(instant) }
        let timestamp = timestamp(at: instant, clockRate: 90_000)
        var count = allowedPacketCount()
        if isKeyframe, let packets = nextKeyframePackets {
            count = packets
            nextKeyframePackets = nil
        }
        for position in 0..<count {
            let isLast = position == count - 1
            let payload = SimulatedFrame.payload(
                frame: frames, position: position, count: count, isKeyframe: isKeyframe)
            let number = UInt16(truncatingIfNeeded: videoIndex)
            sent[number] = (payload, timestamp, isLast)
            if probeInterval > 0, videoPackets % probeInterval == probeInterval - 1 {
                sendAgain(number)
            } else {
                send(
                    payload, ssrc: videoSSRC, payloadType: SimulatedOffer.videoPayloadType, index: videoIndex,
                    timestamp: timestamp, marker: isLast, mid: "1")
            }
            sent[UInt16(truncatingIfNeeded: videoIndex &- 1000)] = nil
            videoIndex += 1
            videoPackets += 1
        }
        frames += 1
    }

    /// How many packets the next frame has: with headers and tag about 950 bytes each, 30 frames a second, and sound
    /// takes 60 kbit/s.
    private func allowedPacketCount() -> Int {
        guard obeysReceiverEstimates, let limit = receiverEstimates.last?.estimate.bitrate else {
            return packetsPerFrame
        }
        let packet: Int64 = 950 * 8
        allowance = min(allowance + max(0, Int64(clamping: limit) - 60_000) / 30, packet * Int64(packetsPerFrame))
        let count = max(1, min(packetsPerFrame, Int(allowance / packet)))
        allowance -= packet * Int64(count)
        return count
    }

    private func send(
        _ payload: [UInt8], ssrc: UInt32, payloadType: UInt8, index: UInt64, timestamp: UInt32, marker: Bool,
        mid: String, level: UInt8? = nil
    ) {
        transportSequenceNumber &+= 1
        var packet: [UInt8] = [0x90, payloadType | (marker ? 0x80 : 0)]
        packet.append(bigEndian: UInt16(truncatingIfNeeded: index))
        packet.append(bigEndian: timestamp)
        packet.append(bigEndian: ssrc)
        let identifier = SimulatedOffer.transportSequenceNumberIdentifier
        var block: [UInt8] = [identifier << 4 | 1]
        block.append(bigEndian: transportSequenceNumber)
        func append(_ identifier: UInt8, _ text: String) {
            block += [identifier << 4 | UInt8(text.utf8.count - 1)] + Array(text.utf8)
        }
        append(SimulatedOffer.midIdentifier, mid)
        if let level { block += [SimulatedOffer.audioLevelIdentifier << 4, 0x80 | level] }
        if signaling == .rid, payloadType == SimulatedOffer.videoPayloadType {
            append(SimulatedOffer.ridIdentifier, SimulatedOffer.rid)
        } else if signaling == .rid, payloadType == SimulatedOffer.retransmissionPayloadType {
            append(SimulatedOffer.repairedRidIdentifier, SimulatedOffer.rid)
        }
        while block.count % 4 != 0 { block.append(0) }
        packet.append(bigEndian: UInt16(0xBEDE))
        packet.append(bigEndian: UInt16(block.count / 4))
        packet += block + payload
        transport.sendRTP(packet.span.bytes, index: index)
    }

    /// Sends a packet in the retransmission stream. Source: RFC 4588, section 4.
    private func sendAgain(_ number: UInt16) {
        guard let packet = sent[number] else { return }
        var original: [UInt8] = []
        original.append(bigEndian: number)
        send(
            original + packet.payload, ssrc: retransmissionSSRC,
            payloadType: SimulatedOffer.retransmissionPayloadType, index: retransmissionIndex,
            timestamp: packet.timestamp, marker: packet.marker, mid: "1")
        retransmissionIndex += 1
        retransmissions += 1
    }

    private func sendReports(at instant: MediaInstant) {
        let ntpTime = wallClock.ntpTime(at: instant) + clockLead
        for (ssrc, clockRate) in [(audioSSRC, Int64(48_000)), (videoSSRC, 90_000)] {
            var bytes: [UInt8] = []
            bytes.append(
                .senderReport(
                    SenderReport(
                        ssrc: ssrc, ntpTime: ntpTime, rtpTimestamp: timestamp(at: instant, clockRate: clockRate),
                        packetCount: 0, octetCount: 0, blocks: [])))
            bytes.append(.sourceDescription([SourceDescriptionChunk(ssrc: ssrc, cname: "simulated")]))
            transport.sendRTCP(bytes)
        }
    }

    override func received(_ message: RTCPMessage, at instant: MediaInstant) {
        switch message {
        case .nack(let nack):
            for number in nack.sequenceNumbers {
                demanded.append(number)
                sendAgain(number)
            }
        case .pictureLoss, .fullIntraRequest:
            keyframeRequests.append(instant)
            wantsKeyframe = true
        case .transportFeedback(let feedback):
            feedbacks.append(instant)
            for reception in feedback.receptions {
                acknowledged.insert(feedback.baseSequenceNumber &+ UInt16(truncatingIfNeeded: reception.offset))
            }
        case .receiverEstimate(let estimate):
            receiverEstimates.append((instant, estimate))
        case .receiverReport(let report):
            for block in report.blocks { reports[block.ssrc] = block }
        default: break
        }
    }
}
