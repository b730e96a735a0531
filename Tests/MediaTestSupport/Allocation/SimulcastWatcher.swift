import MediaCore

/// Watches several simulcast cameras over one bottleneck as a browser does: feedback on what arrives, requests for what is
/// missing, reports.
package final class SimulcastWatcher: SimulatedPeer {
    private static let ssrc: UInt32 = 7

    /// What it watches, by the publisher's place; and what came of each.
    package let publishers: [Int]
    package private(set) var pictures: [SimulcastPicture]
    /// The bytes that came of media, of what was sent again and missing, and of what was of no use, on the wire.
    package private(set) var deliveredBytes = 0
    package private(set) var repairBytes = 0
    package private(set) var paddingBytes = 0
    /// How often it asked for a keyframe.
    package private(set) var keyframeRequests = 0
    /// What it is behind.
    package private(set) var bottleneck: BottleneckLink

    private struct Stream {
        var track: Int
        var highest: Int64
        var missing: [Int64: (due: MediaInstant, requests: Int)] = [:]
        var lastRequest: MediaInstant?

        func extended(_ number: UInt16) -> Int64 {
            highest + Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
        }
    }

    private let hasSound: [Bool]
    private var waiting: [(at: MediaInstant, sent: MediaInstant, bytes: [UInt8])] = []
    private var firstWaiting = 0
    private var receiver: FeedbackReceiver
    private var highestNumber: Int64?
    private var feedbackCount: UInt8 = 0
    private var streams: [UInt32: Stream] = [:]
    private var reports = StreamReports()
    private var nextTick: MediaInstant?
    private var nextReport: MediaInstant?
    /// When what is taken now was sent.
    private var sentAt = MediaInstant(nanoseconds: 0)

    init(
        of publishers: [Int], hasSound: [Bool], link: BottleneckLink.Behaviour, delay: MediaDuration, start: Int64,
        address: TransportAddress, seed: UInt64, certificate: DTLSCertificate
    ) {
        self.publishers = publishers
        self.hasSound = hasSound
        pictures = publishers.map { _ in SimulcastPicture() }
        bottleneck = BottleneckLink(link, seed: seed &+ 3)
        receiver = FeedbackReceiver(start: start)
        super.init(
            address: address, link: SimulatedLink.Behaviour(), seed: seed, certificate: certificate,
            consentTimeout: .seconds(30))
        uplink.behaviour.delay = delay
        downlink.behaviour.delay = delay
    }

    /// One section for each sound and each video, in the order of the publishers.
    var offer: String {
        let kinds = hasSound.flatMap { $0 ? ["audio", "video"] : ["video"] }
        let mids = kinds.indices.map { "\($0)" }
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE \(mids.joined(separator: " "))",
            "a=extmap-allow-mixed",
        ]
        for (kind, mid) in zip(kinds, mids) {
            lines += [
                "m=\(kind) 9 UDP/TLS/RTP/SAVPF \(kind == "audio" ? "111" : "96 97")", "c=IN IP4 0.0.0.0",
                "a=ice-ufrag:\(transport.credentials.usernameFragment)",
                "a=ice-pwd:\(transport.credentials.password)",
                "a=fingerprint:\(transport.fingerprint.attributeValue)", "a=setup:actpass", "a=mid:\(mid)",
                "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize",
                "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
                "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
                "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            ]
            lines +=
                kind == "audio"
                ? ["a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc"]
                : [
                    "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 nack",
                    "a=rtcp-fb:96 nack pli", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
                ]
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    // MARK: What comes

    /// Lets what comes wait for its turn on the bottleneck.
    override func receive(_ bytes: [UInt8], from source: TransportAddress, at instant: MediaInstant) {
        guard let (departure, _) = bottleneck.send(byteCount: bytes.count + 28, at: instant) else { return }
        waiting.append((departure, instant, bytes))
    }

    private func takeWaiting(at instant: MediaInstant) {
        while firstWaiting < waiting.count, waiting[firstWaiting].at <= instant {
            sentAt = waiting[firstWaiting].sent
            super.receive(waiting[firstWaiting].bytes, from: SimulatedCall.server, at: instant)
            firstWaiting += 1
        }
        if firstWaiting > 256 {
            waiting.removeSubrange(..<firstWaiting)
            firstWaiting = 0
        }
    }

    override func receivedRTP(_ packet: [UInt8], index: UInt64, at instant: MediaInstant) {
        guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return }
        // SRTP's tag, UDP and IP.
        let byteCount = packet.count + 16 + 28
        noteNumber(header, packet, byteCount: byteCount, at: instant)
        reports.note(header)
        let payload = packet[header.headerByteCount...]
        switch header.payloadType {
        case SimulatedOffer.opusPayloadType:
            deliveredBytes += byteCount
        case SimulatedOffer.videoPayloadType:
            guard !header.hasPadding, let part = SimulcastPart(payload) else {
                paddingBytes += byteCount
                return noteVideo(header, track: nil, at: instant)
            }
            deliveredBytes += byteCount
            let track = publishers.firstIndex(of: part.publisher)
            noteVideo(header, track: track, at: instant)
            guard let track, let number = streams[header.ssrc]?.extended(header.sequenceNumber) else { return }
            pictures[track].take(part, number: number, timestamp: header.timestamp, at: instant)
        case SimulatedOffer.retransmissionPayloadType: takeRepair(header, payload, byteCount, at: instant)
        default: break
        }
    }

    private func takeRepair(
        _ header: RTPHeader, _ payload: ArraySlice<UInt8>, _ byteCount: Int, at instant: MediaInstant
    ) {
        guard !header.hasPadding, payload.count > 2, let part = SimulcastPart(payload.dropFirst(2)),
            let track = publishers.firstIndex(of: part.publisher),
            let ssrc = streams.first(where: { $0.value.track == track })?.key, var stream = streams[ssrc]
        else {
            paddingBytes += byteCount
            return
        }
        let original = UInt16(payload[payload.startIndex]) << 8 | UInt16(payload[payload.startIndex + 1])
        let number = stream.extended(original)
        if stream.missing.removeValue(forKey: number) != nil {
            repairBytes += byteCount
        } else {
            paddingBytes += byteCount
        }
        streams[ssrc] = stream
        pictures[track].take(part, number: number, timestamp: header.timestamp, at: instant)
    }

    private func noteNumber(_ header: RTPHeader, _ packet: [UInt8], byteCount: Int, at instant: MediaInstant) {
        guard let word = SimulatedOffer.transportSequenceNumber(of: packet, header) else { return }
        let last = highestNumber ?? Int64(word)
        let number = last + Int64(Int16(bitPattern: word &- UInt16(truncatingIfNeeded: last)))
        if highestNumber == nil { receiver.begin(at: number) }
        highestNumber = max(last, number)
        receiver.record(number, byteCount: byteCount, sent: sentAt, at: instant)
    }

    private func noteVideo(_ header: RTPHeader, track: Int?, at instant: MediaInstant) {
        guard var stream = streams[header.ssrc] else {
            if let track { streams[header.ssrc] = Stream(track: track, highest: Int64(header.sequenceNumber)) }
            return
        }
        let number = stream.extended(header.sequenceNumber)
        stream.missing[number] = nil
        if number > stream.highest + 1, number < stream.highest + 1000 {
            for lost in stream.highest + 1..<number { stream.missing[lost] = (instant + .milliseconds(5), 0) }
        }
        stream.highest = max(stream.highest, number)
        streams[header.ssrc] = stream
    }

    override func received(_ message: RTCPMessage, at instant: MediaInstant) {
        if case .senderReport(let report) = message { reports.note(report, at: instant) }
    }

    // MARK: What goes

    override var nextAction: MediaInstant? {
        var next = firstWaiting < waiting.count ? waiting[firstWaiting].at : MediaInstant(nanoseconds: .max)
        guard transport.isConnected else { return firstWaiting < waiting.count ? next : nil }
        next = min(next, nextTick ?? MediaInstant(nanoseconds: .min))
        return min(next, receiver.deadline ?? next)
    }

    override func act(at instant: MediaInstant) {
        takeWaiting(at: instant)
        guard transport.isConnected else { return }
        if let message = receiver.message(at: instant),
            let feedback = message.feedback(sender: Self.ssrc, media: streams.keys.min() ?? 0, count: feedbackCount)
        {
            feedbackCount &+= 1
            send(.transportFeedback(feedback))
        }
        guard nextTick ?? instant <= instant else { return }
        nextTick = instant + .milliseconds(10)
        for ssrc in streams.keys.sorted() { request(ssrc, at: instant) }
        if nextReport ?? instant <= instant {
            nextReport = instant + .seconds(1)
            send(.receiverReport(ReceiverReport(ssrc: Self.ssrc, blocks: reports.blocks(at: instant))))
        }
    }

    private func send(_ message: RTCPMessage) {
        var bytes: [UInt8] = []
        bytes.append(message)
        transport.sendRTCP(bytes)
    }

    /// Asks for what is missing; and for a keyframe, soon while it waits for its first picture, later when pictures
    /// come that can't be shown.
    private func request(_ ssrc: UInt32, at instant: MediaInstant) {
        guard var stream = streams[ssrc] else { return }
        if !stream.missing.isEmpty {
            // As browsers do: what lies before a picture that was shown is not asked for any more.
            let least = max(stream.highest - 1000, pictures[stream.track].shownNumber)
            stream.missing = stream.missing.filter { $0.key > least && $0.value.requests < 10 }
            let due = stream.missing.filter { $0.value.due <= instant }.keys.sorted().prefix(100)
            for number in due {
                let requests = (stream.missing[number]?.requests ?? 0) + 1
                stream.missing[number] = (instant + .milliseconds(150), requests)
            }
            if !due.isEmpty {
                let numbers = due.map { UInt16(truncatingIfNeeded: $0) }
                send(.nack(GenericNACK(sender: Self.ssrc, media: ssrc, sequenceNumbers: numbers)))
            }
        }
        let picture = pictures[stream.track]
        if let last = picture.lastPacket, instant - last < .milliseconds(500) {
            let since = picture.shown.last?.at ?? picture.firstPacket ?? instant
            let patience = MediaDuration.milliseconds(picture.shown.isEmpty ? 200 : 800)
            if instant - since > patience, stream.lastRequest.map({ instant - $0 > .milliseconds(500) }) ?? true {
                stream.lastRequest = instant
                keyframeRequests += 1
                send(.pictureLoss(PictureLossIndication(sender: Self.ssrc, media: ssrc)))
            }
        }
        streams[ssrc] = stream
    }
}
