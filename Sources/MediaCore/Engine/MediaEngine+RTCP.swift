/// Received RTCP: authenticated, checked whole, then acted on message by message.
extension MediaEngine {
    mutating func receiveRTCP(_ datagram: RawSpan, _ transport: SlotID, at instant: MediaInstant) -> DropReason? {
        let memory = UnsafeMutableRawBufferPointer(start: scratch.unsafeBase, count: scratch.byteCount)
        let byteCount: Int
        switch transports[transport].unprotectRTCP(datagram, into: memory) {
        case .packet(let count): byteCount = count
        case .refused(let reason): return reason
        }
        let plaintext = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[..<byteCount]))
        guard RTCPReader.validate(plaintext) else { return .rtcpMalformed }
        var reader = RTCPReader(plaintext)
        do throws(RTCPError) {
            while let packet = try reader.nextPacket() {
                if packet.isTransportFeedback {
                    // Ten times a second from each watcher: it is read where it stands.
                    guard let feedback = try? TransportFeedbackReader(packet.body) else { return .rtcpMalformed }
                    handle(feedback, from: transport, at: instant)
                } else if let reason = handle(try RTCPMessage(packet), from: transport, at: instant) {
                    drop(reason)
                }
                guard transports.contains(transport) else { return nil }
            }
        } catch {
            return .rtcpMalformed
        }
        touch(transport)
        return nil
    }

    private mutating func handle(
        _ message: RTCPMessage, from transport: SlotID, at instant: MediaInstant
    ) -> DropReason? {
        switch message {
        case .senderReport(let report):
            handle(report.blocks, from: transport, at: instant)
            guard case .media(let stream)? = transports[transport].sources[report.ssrc], streams.contains(stream) else {
                return .rtcpUnknownSource
            }
            streams[stream].reception.senderReport(report.ntpTime, at: instant)
            streams[stream].clock.received(report: report.ntpTime, timestamp: report.rtpTimestamp)
            if transports[transport].clockLead == nil {
                transports[transport].clockLead = report.ntpTime - wallClock.ntpTime(at: instant)
            }
        case .receiverReport(let report):
            handle(report.blocks, from: transport, at: instant)
        case .goodbye(let goodbye):
            return handle(goodbye.ssrcs, from: transport, at: instant)
        case .nack(let nack):
            guard let consumer = consumer(nack.media, of: transport) else { return .rtcpUnknownSource }
            consumers[consumer].counters.nacks &+= 1
            retransmit(nack, to: consumer, at: instant)
        case .pictureLoss(let loss):
            guard let consumer = consumer(loss.media, of: transport) else { return .rtcpUnknownSource }
            consumers[consumer].counters.pictureLosses &+= 1
            wantKeyframe(for: consumer, at: instant)
        case .fullIntraRequest(let request):
            for entry in request.entries {
                guard let consumer = consumer(entry.ssrc, of: transport) else { return .rtcpUnknownSource }
                consumers[consumer].counters.fullIntraRequests &+= 1
                wantKeyframe(for: consumer, at: instant)
            }
        case .receiverEstimate(let estimate):
            guard !transports[transport].consumers.isEmpty else { return .rtcpUnknownSource }
            tellSent(transport, at: instant)
            transports[transport].estimator.receive(
                receiverEstimate: Int64(clamping: estimate.bitrate), at: instant)
            takeRates(of: transport, at: instant)
        case .transportFeedback, .sourceDescription, .unknown:
            break
        }
        return nil
    }

    /// What arrived of all that left for a watcher.
    private mutating func handle(
        _ feedback: TransportFeedbackReader, from transport: SlotID, at instant: MediaInstant
    ) {
        reports.removeAll(keepingCapacity: true)
        let reportsLosses = transports[transport].take(feedback, at: instant, into: &reports)
        tellSent(transport, at: instant)
        transports[transport].estimator.receive(reports, at: instant)
        takeRates(of: transport, at: instant)
        if transports[transport].redundancyRoom != nil { noteSound(of: transport, at: instant) }
        if reportsLosses { repairLosses(of: transport, at: instant) }
    }

    /// The consumer that sends an SSRC to a peer.
    private func consumer(_ ssrc: UInt32, of transport: SlotID) -> SlotID? {
        guard let consumer = transports[transport].consumerBySSRC[ssrc], consumers.contains(consumer) else {
            return nil
        }
        return consumer
    }

    /// What a watcher says of the streams it gets. Source: RFC 3550, section 6.4.1.
    private mutating func handle(_ blocks: [ReportBlock], from transport: SlotID, at instant: MediaInstant) {
        var (lost, expected) = (Int64(0), Int64(0))
        var roundTrip: MediaDuration?
        for block in blocks {
            guard let consumer = consumer(block.ssrc, of: transport) else { continue }
            let news = consumers[consumer].take(block)
            lost += news.lost
            expected += news.expected
            noteSound(news.lost, of: news.expected, to: consumer)
            guard block.lastSenderReport != 0 else { continue }
            let now = wallClock.ntpTime(at: instant).compact
            let elapsed = now &- block.lastSenderReport &- block.delaySinceLastSenderReport
            // More than a minute is a clock that went back, or a lie.
            guard elapsed < 60 << 16 else { continue }
            roundTrip = MediaDuration(nanoseconds: Int64(elapsed) * 1_000_000_000 / 65_536)
            consumers[consumer].remote.roundTrip = roundTrip
        }
        guard expected > 0 || roundTrip != nil else { return }
        tellSent(transport, at: instant)
        if let roundTrip { transports[transport].estimator.receive(roundTrip: roundTrip, at: instant) }
        // Transport-wide feedback tells more, and sooner.
        if expected > 0, transports[transport].reported.messages == 0 {
            transports[transport].estimator.receive(packetsLost: lost, of: expected, at: instant)
        }
        takeRates(of: transport, at: instant)
        chooseRedundancy(of: transport, at: instant)
    }

    /// How long a peer that said goodbye for everything may still change its mind.
    private static let goodbyeGrace = MediaDuration.seconds(1)

    /// A peer may say goodbye for its own streams only; once it has for all of them, it has left.
    private mutating func handle(
        _ goodbyes: [UInt32], from transport: SlotID, at instant: MediaInstant
    ) -> DropReason? {
        var reason: DropReason?
        for ssrc in goodbyes {
            if transports[transport].sources[ssrc] != nil {
                transports[transport].goodbyes.insert(ssrc)
            } else {
                reason = .rtcpUnknownSource
            }
        }
        // Senders also say goodbye when they only stop for a moment: one packet more, and it was no leave.
        let hasEnded = transports[transport].producers.allSatisfy { producer in
            !producers[producer].streams.isEmpty
                && producers[producer].streams.allSatisfy { transports[transport].goodbyes.contains(streams[$0].ssrc) }
        }
        if hasEnded, !transports[transport].producers.isEmpty, transports[transport].goodbyeDeadline == nil {
            transports[transport].goodbyeDeadline = instant + Self.goodbyeGrace
        }
        return reason
    }
}
