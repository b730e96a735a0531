import MediaCore

/// Watches over a simulated way as a browser does: feedback on what arrives, requests for what is missing, reports.
struct BenchWatcher: ~Copyable {
    /// What a packet was good for.
    enum Use {
        /// A part of frame `frame`, or sound.
        case media(frame: Int?)
        /// A packet of the picture that had been lost.
        case repair(frame: Int)
        /// Nothing but its bytes.
        case padding
    }

    private static let ssrc: UInt32 = 7

    var transport: ClientTransport
    private(set) var receiver: FeedbackReceiver
    private let mode: FeedbackReceiver.Mode
    private var highestNumber: Int64?
    private var feedbackCount: UInt8 = 0
    private var videoSSRC: UInt32?
    private var highestVideo: Int64?
    /// The video packets that did not come, when to ask for each, and how often that has been done.
    private var missing: [Int64: (due: MediaInstant, requests: Int)] = [:]
    private var reports = StreamReports()
    private var nextRequest: MediaInstant?
    private var nextReport: MediaInstant?
    private var nextEstimate: MediaInstant?
    private var lastVideo: MediaInstant?

    init(
        certificate: DTLSCertificate, ciphers: SRTPCipherLibrary, seed: UInt64, mode: FeedbackReceiver.Mode,
        start: Int64
    ) {
        transport = ClientTransport(certificate: certificate, ciphers: ciphers, random: .seeded(seed))
        self.mode = mode
        receiver = FeedbackReceiver(start: start)
    }

    /// A browser's offer, but for the feedback that this one has not.
    var offer: String {
        let text = SimulatedOffer.text(
            credentials: transport.credentials, fingerprint: transport.fingerprint, signaling: nil,
            hasRedundancy: false)
        guard mode != .transportWide else { return text }
        var lines = text.split(separator: "\r\n").map { String($0) }
        if mode == .receiverEstimate {
            lines = lines.map { $0 == "a=rtcp-fb:96 transport-cc" ? "a=rtcp-fb:96 goog-remb" : $0 }
        }
        lines.removeAll { $0.hasSuffix("transport-wide-cc-extensions-01") || $0.hasSuffix("transport-cc") }
        return lines.map { $0 + "\r\n" }.joined()
    }

    // MARK: What comes

    /// Takes a decrypted packet; `sent` is when it left.
    mutating func takeRTP(_ packet: [UInt8], byteCount: Int, sent: MediaInstant, at instant: MediaInstant) -> Use? {
        guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return nil }
        noteNumber(header, packet, byteCount: byteCount, sent: sent, at: instant)
        reports.note(header)
        if mode == .receiverEstimate, nextEstimate == nil { nextEstimate = instant }
        let payload = packet[header.headerByteCount...]
        switch header.payloadType {
        case SimulatedOffer.opusPayloadType: return .media(frame: nil)
        case SimulatedOffer.videoPayloadType:
            videoSSRC = header.ssrc
            lastVideo = instant
            noteVideo(header.sequenceNumber, at: instant)
            return .media(frame: Self.frame(payload))
        case SimulatedOffer.retransmissionPayloadType:
            guard payload.count > 2 + BenchPublisher.payloadPrefix, !header.hasPadding, let highestVideo else {
                return .padding
            }
            let original = UInt16(payload[payload.startIndex]) << 8 | UInt16(payload[payload.startIndex + 1])
            let step = Int16(bitPattern: original &- UInt16(truncatingIfNeeded: highestVideo))
            guard missing.removeValue(forKey: highestVideo + Int64(step)) != nil else { return .padding }
            return .repair(frame: Self.frame(payload.dropFirst(2)))
        default: return nil
        }
    }

    private static func frame(_ payload: ArraySlice<UInt8>) -> Int {
        guard payload.count >= BenchPublisher.payloadPrefix else { return 0 }
        return payload.dropFirst(2).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func noteNumber(
        _ header: RTPHeader, _ packet: [UInt8], byteCount: Int, sent: MediaInstant, at instant: MediaInstant
    ) {
        var elements = RTPHeaderExtensionReader(header, packet.span.bytes)
        while let element = elements.next() {
            guard element.identifier == SimulatedOffer.transportSequenceNumberIdentifier,
                element.offset + 1 < packet.count
            else { continue }
            let word = UInt16(packet[element.offset]) << 8 | UInt16(packet[element.offset + 1])
            let last = highestNumber ?? Int64(word)
            let number = last + Int64(Int16(bitPattern: word &- UInt16(truncatingIfNeeded: last)))
            if highestNumber == nil { receiver.begin(at: number) }
            highestNumber = max(last, number)
            receiver.record(number, byteCount: byteCount, sent: sent, at: instant)
            return
        }
        receiver.recordWithoutNumber(byteCount: byteCount, sent: sent, at: instant)
    }

    private mutating func noteVideo(_ number: UInt16, at instant: MediaInstant) {
        let last = highestVideo ?? Int64(number) - 1
        let extended = last + Int64(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: last)))
        missing[extended] = nil
        if extended > last + 1, extended - last < 1000 {
            for lost in last + 1..<extended { missing[lost] = (instant + .milliseconds(5), 0) }
            nextRequest = min(nextRequest ?? instant + .milliseconds(5), instant + .milliseconds(5))
        }
        highestVideo = max(last, extended)
    }

    mutating func takeRTCP(_ packet: [UInt8], at instant: MediaInstant) {
        var reader = RTCPReader(packet.span.bytes)
        while let message = try? reader.next() {
            if case .senderReport(let report) = message { reports.note(report, at: instant) }
        }
    }

    // MARK: What goes

    var nextDeadline: MediaInstant? {
        let own = [receiver.deadline, nextRequest, nextReport, nextEstimate, transport.nextDeadline]
        return own.compactMap { $0 }.min()
    }

    /// Asks and reports whatever is due.
    mutating func advance(to instant: MediaInstant) {
        if let due = transport.nextDeadline, due <= instant { _ = transport.advance(to: instant) }
        guard transport.isConnected else { return }
        if nextReport ?? instant <= instant {
            nextReport = instant + .seconds(1)
            report(at: instant)
            requestKeyframe(at: instant)
        }
        if let message = receiver.message(at: instant), mode == .transportWide { send(message) }
        if let nextEstimate, nextEstimate <= instant {
            self.nextEstimate = instant + .milliseconds(200)
            receiver.updateEstimate(at: instant)
            var bytes: [UInt8] = []
            bytes.append(
                .receiverEstimate(
                    ReceiverEstimate(sender: Self.ssrc, bitrate: UInt64(receiver.estimate), ssrcs: [videoSSRC ?? 0])))
            transport.sendRTCP(bytes)
        }
        if let nextRequest, nextRequest <= instant { request(at: instant) }
    }

    private mutating func request(at instant: MediaInstant) {
        nextRequest = nil
        guard let videoSSRC, let highestVideo else { return }
        missing = missing.filter { $0.key + 1000 > highestVideo && $0.value.requests < 10 }
        let due = missing.filter { $0.value.due <= instant }.keys.sorted().prefix(100)
        for number in due {
            let requests = (missing[number]?.requests ?? 0) + 1
            missing[number] = (instant + .milliseconds(150), requests)
        }
        nextRequest = missing.values.map(\.due).min()
        guard !due.isEmpty else { return }
        var bytes: [UInt8] = []
        let numbers = due.map { UInt16(truncatingIfNeeded: $0) }
        bytes.append(.nack(GenericNACK(sender: Self.ssrc, media: videoSSRC, sequenceNumbers: numbers)))
        transport.sendRTCP(bytes)
    }

    /// As browsers do when pictures don't come.
    private mutating func requestKeyframe(at instant: MediaInstant) {
        guard let videoSSRC, let lastVideo, instant - lastVideo > .milliseconds(900) else { return }
        var bytes: [UInt8] = []
        bytes.append(.pictureLoss(PictureLossIndication(sender: Self.ssrc, media: videoSSRC)))
        transport.sendRTCP(bytes)
    }

    private mutating func send(_ message: FeedbackReceiver.Message) {
        guard let feedback = message.feedback(sender: Self.ssrc, media: videoSSRC ?? 0, count: feedbackCount)
        else { return }
        var bytes: [UInt8] = []
        bytes.append(.transportFeedback(feedback))
        feedbackCount &+= 1
        transport.sendRTCP(bytes)
    }

    private mutating func report(at instant: MediaInstant) {
        var bytes: [UInt8] = []
        bytes.append(.receiverReport(ReceiverReport(ssrc: Self.ssrc, blocks: reports.blocks(at: instant))))
        transport.sendRTCP(bytes)
    }
}
