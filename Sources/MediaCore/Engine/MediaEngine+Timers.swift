/// What the engine does by itself: checks, retransmissions, feedback, reports, time-outs.
extension MediaEngine {
    /// How often sender and receiver reports are sent while media flows.
    private static let reportInterval = MediaDuration.seconds(1)
    /// Room for each datagram that a transport may send when its deadline comes.
    private static let serviceDatagramByteCount = 1024

    /// When `advance` must be called next; nil when nothing is scheduled.
    public var nextDeadline: MediaInstant? { timers.earliest?.deadline }

    /// Does what is due at or before `instant`. What finds no room in `output` stays due.
    public mutating func advance(to instant: MediaInstant) {
        while let entry = timers.earliest, entry.deadline <= instant {
            let transport = entry.transport
            // Each stream may have a report or requests of its own.
            let streams =
                transports.contains(transport)
                ? transports[transport].consumers.count + transports[transport].producers.count : 0
            guard output.hasRoom(32 + 2 * streams, each: Self.serviceDatagramByteCount) else { break }
            _ = timers.removeEarliest()
            guard transports.contains(transport), transports[transport].scheduled == entry.deadline else { continue }
            transports[transport].scheduled = nil
            service(transport, at: instant)
            touch(transport)
        }
        rescheduleTouched()
    }

    /// Puts the transports whose deadline may have moved back into the timer queue.
    mutating func rescheduleTouched() {
        while let transport = touched.popLast() {
            guard transports.contains(transport) else { continue }
            transports[transport].isTouched = false
            // Its turn comes first, and touches it again: entries made now would only be stale then.
            if transports[transport].isDeparting, transports[transport].isPaced { continue }
            guard let deadline = deadline(of: transport) else { continue }
            if let scheduled = transports[transport].scheduled, scheduled <= deadline { continue }
            transports[transport].scheduled = deadline
            timers.insert(TimerQueue.Entry(deadline: deadline, transport: transport))
        }
    }

    private func deadline(of transport: SlotID) -> MediaInstant? {
        var earliest: MediaInstant?
        func consider(_ deadline: MediaInstant?) {
            guard let deadline else { return }
            earliest = min(earliest ?? deadline, deadline)
        }
        consider(transports[transport].ice.nextDeadline)
        if transports[transport].handshakePath != nil { consider(transports[transport].dtls.nextDeadline) }
        guard transports[transport].isEstablished else {
            consider(transports[transport].created + configuration.handshakeTimeout)
            return earliest
        }
        consider(transports[transport].feedback?.nextDeadline)
        if !transports[transport].consumers.isEmpty { consider(departureDeadline(of: transport)) }
        consider(transports[transport].nextReport)
        consider(transports[transport].goodbyeDeadline)
        for producer in transports[transport].producers {
            for stream in producers[producer].streams {
                consider(streams[stream].missing?.nextDeadline)
                consider(streams[stream].keyframes.nextDeadline)
            }
        }
        return earliest
    }

    private mutating func service(_ transport: SlotID, at instant: MediaInstant) {
        let iceOutcome = transports[transport].ice.advance(to: instant, random: &random, transmit: &output)
        handle(iceOutcome, transport, at: instant)
        guard transports.contains(transport) else { return }
        if let path = transports[transport].handshakePath {
            let dtlsOutcome = transports[transport].dtls.advance(to: instant, on: path, transmit: &output)
            if let reason = handle(dtlsOutcome, transport, at: instant) { drop(reason) }
            guard transports.contains(transport) else { return }
        }
        guard transports[transport].isEstablished else {
            if instant >= transports[transport].created + configuration.handshakeTimeout {
                close(transport, reason: .handshakeTimeout, at: instant)
            }
            return
        }
        if let due = transports[transport].goodbyeDeadline, due <= instant {
            return close(transport, reason: .goodbye, at: instant)
        }
        if !transports[transport].consumers.isEmpty { resumeDeparture(of: transport, at: instant) }
        sendFeedback(transport, at: instant)
        for producer in transports[transport].producers {
            for stream in producers[producer].streams { sendRequests(for: stream, transport, at: instant) }
        }
        if let due = transports[transport].nextReport, due <= instant { sendReports(transport, at: instant) }
    }

    // MARK: Feedback to a publisher

    private mutating func sendFeedback(_ transport: SlotID, at instant: MediaInstant) {
        let sender = transports[transport].localSSRC
        while let due = transports[transport].feedback?.nextDeadline, due <= instant {
            // Feedback is about the transport; its media source is any of the streams.
            let media = transports[transport].sources.keys.min() ?? 0
            beginCompound(transport)
            let count = transports[transport].feedback?.build(
                at: instant, sender: sender, media: media, into: &compound)
            guard let count, count > 0 else { return }
            sendCompound(transport, at: instant)
        }
    }

    /// Asks for what a stream lacks and for keyframes.
    private mutating func sendRequests(for stream: SlotID, _ transport: SlotID, at instant: MediaInstant) {
        let sender = transports[transport].localSSRC
        missing.removeAll(keepingCapacity: true)
        // An answer that is only a little late must not be asked for again.
        let roundTrip = streams[stream].missing?.roundTrip.map { $0 + .milliseconds(10) } ?? .milliseconds(50)
        streams[stream].missing?.due(at: instant, roundTrip: roundTrip, into: &missing)
        if !missing.isEmpty {
            beginCompound(transport)
            compound.append(
                .nack(GenericNACK(sender: sender, media: streams[stream].ssrc, sequenceNumbers: missing)))
            sendCompound(transport, at: instant)
            streams[stream].counters.nacks &+= 1
        }
        if streams[stream].isVideo, streams[stream].missing?.keyframeNeeded == true {
            streams[stream].missing?.keyframeNeeded = false
            streams[stream].keyframes.want(at: instant)
        }
        guard streams[stream].keyframes.takeDue(at: instant) else { return }
        beginCompound(transport)
        if streams[stream].codec.feedback.contains(.fullIntraRequest),
            !streams[stream].codec.feedback.contains(.pictureLoss)
        {
            streams[stream].fullIntraRequestNumber &+= 1
            let entry = FullIntraRequest.Entry(
                ssrc: streams[stream].ssrc, sequenceNumber: streams[stream].fullIntraRequestNumber)
            compound.append(.fullIntraRequest(FullIntraRequest(sender: sender, entries: [entry])))
            streams[stream].counters.fullIntraRequests &+= 1
        } else {
            compound.append(.pictureLoss(PictureLossIndication(sender: sender, media: streams[stream].ssrc)))
            streams[stream].counters.pictureLosses &+= 1
        }
        sendCompound(transport, at: instant)
    }

    // MARK: Reports

    private mutating func sendReports(_ transport: SlotID, at instant: MediaInstant) {
        let activity = transports[transport].counters.packetsReceived &+ transports[transport].counters.packetsSent
        guard activity != transports[transport].activityAtReport else {
            transports[transport].nextReport = nil
            return
        }
        transports[transport].nextReport = instant + Self.reportInterval
        for consumer in transports[transport].consumers {
            compound.removeAll(keepingCapacity: true)
            guard appendSenderReport(consumer, at: instant) else { continue }
            sendCompound(transport, at: instant)
        }
        if !transports[transport].producers.isEmpty {
            compound.removeAll(keepingCapacity: true)
            appendReceiverReport(transport, at: instant)
            appendRequestedBitrate(transport)
            sendCompound(transport, at: instant)
        }
        transports[transport].activityAtReport =
            transports[transport].counters.packetsReceived &+ transports[transport].counters.packetsSent
    }

    /// Our clock's reading, the RTP timestamp the publisher's clock gives it, our own counts.
    /// Source: RFC 3550, section 6.4.1.
    mutating func appendSenderReport(_ consumer: SlotID, at instant: MediaInstant) -> Bool {
        guard let stream = consumers[consumer].source, streams.contains(stream),
            consumers[consumer].counters.packets > 0
        else { return false }
        let ntpTime = wallClock.ntpTime(at: instant)
        let publisher = streams[stream].transport
        let lead = transports.contains(publisher) ? transports[publisher].clockLead : nil
        guard
            let timestamp = streams[stream].clock.timestamp(
                at: instant, publisherTime: lead.map { ntpTime + $0 },
                clockRate: streams[stream].codec.codec.clockRate)
        else { return false }
        let sent = consumers[consumer].sentInStream
        compound.append(
            .senderReport(
                SenderReport(
                    ssrc: consumers[consumer].ssrc, ntpTime: ntpTime,
                    rtpTimestamp: timestamp &+ consumers[consumer].timestampOffset,
                    packetCount: UInt32(truncatingIfNeeded: sent.packets),
                    octetCount: UInt32(truncatingIfNeeded: sent.payloadBytes), blocks: [])))
        compound.append(
            .sourceDescription([
                SourceDescriptionChunk(ssrc: consumers[consumer].ssrc, cname: consumers[consumer].parameters.cname)
            ]))
        return true
    }

    private mutating func appendReceiverReport(_ transport: SlotID, at instant: MediaInstant) {
        var blocks: [ReportBlock] = []
        for producer in transports[transport].producers {
            for stream in producers[producer].streams where blocks.count < 31 {
                if let block = streams[stream].reception.reportBlock(at: instant) {
                    blocks.append(block)
                }
            }
        }
        compound.append(.receiverReport(ReceiverReport(ssrc: transports[transport].localSSRC, blocks: blocks)))
        appendSourceDescription(transport)
    }

    private mutating func appendSourceDescription(_ transport: SlotID) {
        compound.append(
            .sourceDescription([SourceDescriptionChunk(ssrc: transports[transport].localSSRC, cname: Self.cname)]))
    }

    // MARK: Compounds

    /// Begins a feedback compound: with a report unless reduced size was negotiated. Source: RFC 5506, section 3.4.
    mutating func beginCompound(_ transport: SlotID) {
        compound.removeAll(keepingCapacity: true)
        guard !transports[transport].reducedSizeRTCP else { return }
        compound.append(.receiverReport(ReceiverReport(ssrc: transports[transport].localSSRC, blocks: [])))
        appendSourceDescription(transport)
    }

    /// Encrypts the compound into the arena.
    mutating func sendCompound(_ transport: SlotID, at instant: MediaInstant) {
        guard let path = transports[transport].ice.selectedPath, transports[transport].isConnected else {
            return drop(.outputNotReady)
        }
        // Tag and index take 20 bytes at most.
        let room = compound.count + 32
        guard output.hasRoom(room) else { return drop(.outputFull) }
        let memory = UnsafeMutableRawBufferPointer(start: output.unsafeTail, count: room)
        guard let byteCount = transports[transport].protectRTCP(compound, into: memory) else {
            return drop(.outputFull)
        }
        output.commit(byteCount, to: path)
        transports[transport].countSent(byteCount)
    }
}
