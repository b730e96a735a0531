/// Forwarding: each stream's fresh packets to each of its consumers, consumer by consumer, so that one consumer's
/// packets lie side by side in the arena and its keys stay in the cache.
extension MediaEngine {
    /// Appends pending datagrams to `output` as far as they fit. Returns whether there is anything to send: send it,
    /// call `outputSent`, and call again until false.
    public mutating func fillOutput(at instant: MediaInstant) -> Bool {
        var finished = 0
        while finished < dirty.count, forward(dirty[finished], at: instant) { finished += 1 }
        dirty.removeFirst(finished)
        rescheduleTouched()
        return !output.isEmpty
    }

    /// Forwards one stream's fresh packets; false when the arena is full before the end.
    private mutating func forward(_ stream: SlotID, at instant: MediaInstant) -> Bool {
        guard streams.contains(stream) else { return true }
        let producer = streams[stream].producer
        guard producers.contains(producer), producers[producer].forwarded == stream else {
            streams[stream].fresh.removeAll(keepingCapacity: true)
            cursor = ForwardingCursor()
            return true
        }
        // A round that was broken off goes on; if its stream has closed meanwhile, this is another's first.
        if cursor.stream != stream { cursor = ForwardingCursor(stream: stream, limit: streams[stream].fresh.count) }
        while cursor.consumer < producers[producer].consumers.count {
            let consumer = producers[producer].consumers[cursor.consumer]
            guard forward(stream, to: consumer, at: instant) else { return false }
            cursor.consumer += 1
            cursor.packet = 0
        }
        streams[stream].fresh.removeFirst(cursor.limit)
        cursor = ForwardingCursor()
        return streams[stream].fresh.isEmpty ? true : forward(stream, at: instant)
    }

    /// Takes a consumer off its producer's list. A round that was broken off goes on with the same consumer as before.
    mutating func detach(_ consumer: SlotID, from producer: SlotID) {
        guard producers.contains(producer), let index = producers[producer].consumers.firstIndex(of: consumer) else {
            return
        }
        producers[producer].consumers.remove(at: index)
        guard cursor.stream != nil, cursor.stream == producers[producer].forwarded else { return }
        if index < cursor.consumer {
            cursor.consumer -= 1
        } else if index == cursor.consumer {
            cursor.packet = 0
        }
    }

    /// Forwards the round's packets to one consumer; false when the arena is full before the end.
    private mutating func forward(_ stream: SlotID, to consumer: SlotID, at instant: MediaInstant) -> Bool {
        guard consumers.contains(consumer) else { return true }
        let transport = consumers[consumer].transport
        guard let route = route(transport, at: instant) else { return true }
        defer { protectQueued(transport) }
        while cursor.packet < cursor.limit {
            guard let packet = streams[stream].store.record(streams[stream].fresh[cursor.packet]) else {
                cursor.packet += 1
                continue
            }
            if consumers[consumer].source != stream {
                guard start(consumer, with: stream, at: packet, route, transport) else { return false }
            } else if packet.extendedSequenceNumber >= consumers[consumer].firstSource {
                guard depart(packet, stream, consumer, transport, route) else { return false }
            }
            cursor.packet += 1
        }
        return true
    }

    /// Lets a consumer begin with a stream, when this packet is one to begin with; false when the arena is full.
    ///
    /// Sound begins anywhere, a picture at a keyframe. The keyframe's other packets may have arrived before its first:
    /// those leave now too.
    private mutating func start(
        _ consumer: SlotID, with stream: SlotID, at packet: StoredPacket, _ route: DepartureRoute, _ transport: SlotID
    ) -> Bool {
        guard packet.isKeyframeStart || !streams[stream].isVideo else {
            streams[stream].keyframes.want()
            touch(streams[stream].transport)
            return true
        }
        let first = packet.extendedSequenceNumber
        let last = min(streams[stream].store.highest ?? first, first + Int64(ProtectionQueue.capacity))
        guard output.hasRoom(64, each: PacketStore.maximumPacketByteCount) else { return false }
        consumers[consumer].synchronize(with: stream, at: packet, instant: route.instant)
        for number in first...max(first, last) {
            guard let packet = streams[stream].store.record(number) else { continue }
            _ = depart(packet, stream, consumer, transport, route)
        }
        return true
    }

    /// Writes one packet for one consumer, unless it has gone already; false when there is no room.
    private mutating func depart(
        _ packet: StoredPacket, _ stream: SlotID, _ consumer: SlotID, _ transport: SlotID, _ route: DepartureRoute
    ) -> Bool {
        guard !consumers[consumer].hasSent(packet.extendedSequenceNumber) else { return true }
        guard output.hasRoom(consumers[consumer].byteCountBound(packet, tagByteCount: route.tagByteCount)) else {
            return false
        }
        if jobs.isFull { protectQueued(transport) }
        let number = transports[transport].takeTransportSequenceNumber(
            for: consumers[consumer].sequenceNumber(for: packet.extendedSequenceNumber), of: consumer)
        let byteCount = consumers[consumer].depart(
            packet, from: streams[stream].store.unsafeBytes(packet), on: route, transportSequenceNumber: number,
            into: &output, jobs: &jobs)
        transports[transport].countSent(byteCount)
        if transports[transport].nextReport == nil {
            transports[transport].nextReport = route.instant + .milliseconds(200)
            touch(transport)
        }
        return true
    }

    /// Where a transport's packets go; nil before it is ready.
    func route(_ transport: SlotID, at instant: MediaInstant) -> DepartureRoute? {
        guard transports.contains(transport), let path = transports[transport].ice.selectedPath,
            let tagByteCount = transports[transport].profile?.tagLength
        else { return nil }
        return DepartureRoute(
            path: path, tagByteCount: tagByteCount, instant: instant,
            absoluteSendTime: AbsoluteSendTime.value(at: wallClock.ntpTime(at: instant)))
    }

    /// Encrypts what waits for it.
    mutating func protectQueued(_ transport: SlotID) {
        guard jobs.count > 0 else { return }
        transports[transport].protect(jobs.unsafeJobs)
        jobs.removeAll()
    }

    // MARK: Retransmission

    /// Sends again what a watcher asks for. Source: RFC 4585, section 6.2.1; RFC 4588.
    mutating func retransmit(_ request: GenericNACK, to consumer: SlotID, at instant: MediaInstant) {
        let transport = consumers[consumer].transport
        guard let route = route(transport, at: instant) else { return }
        for number in request.sequenceNumbers {
            let sequenceNumber = consumers[consumer].extended(number)
            guard let sent = consumers[consumer].history.packet(sequenceNumber) else { continue }
            resend(sent, of: consumer, transport, route)
        }
        protectQueued(transport)
    }

    /// Sends again what feedback says was lost, without waiting to be asked: a request may be lost as well, and receivers
    /// that send no media know no round trip and ask again late.
    mutating func repairLosses(_ feedback: TransportFeedback, of transport: SlotID, at instant: MediaInstant) {
        guard let route = route(transport, at: instant) else { return }
        var expected: UInt16 = 0
        for reception in feedback.receptions {
            // Longer gaps are outages; what they held is asked for.
            if reception.offset &- expected < DepartureHistory.capacity / 2 {
                for offset in expected..<max(expected, reception.offset) {
                    // Only the last copy's loss means that the watcher has none.
                    guard let lost = transports[transport].departures.entry(feedback.baseSequenceNumber &+ offset),
                        consumers.contains(lost.consumer), consumers[lost.consumer].answersNACKs,
                        let sent = consumers[lost.consumer].history.packet(lost.sequenceNumber),
                        sent.latestTransportSequenceNumber == lost.number
                    else { continue }
                    resend(sent, of: lost.consumer, transport, route)
                }
            }
            expected = reception.offset &+ 1
        }
        protectQueued(transport)
    }

    /// Writes a sent packet once more, when it is still there and was not repeated just now.
    private mutating func resend(
        _ sent: SentPacket, of consumer: SlotID, _ transport: SlotID, _ route: DepartureRoute
    ) {
        guard sent.mayBeRepeated(at: route.instant, roundTrip: consumers[consumer].remote.roundTrip),
            streams.contains(sent.stream), let packet = streams[sent.stream].store.record(sent.source),
            output.hasRoom(consumers[consumer].byteCountBound(packet, tagByteCount: route.tagByteCount))
        else { return }
        if jobs.isFull { protectQueued(transport) }
        let source = streams[sent.stream].store.unsafeBytes(packet)
        var number = sent.transportSequenceNumber
        let byteCount: Int
        if consumers[consumer].hasRetransmissionStream {
            number = transports[transport].takeTransportSequenceNumber(for: sent.sequenceNumber, of: consumer)
            byteCount = consumers[consumer].retransmit(
                sent, packet, from: source, on: route, transportSequenceNumber: number, into: &output, jobs: &jobs)
        } else {
            byteCount = consumers[consumer].repeatDeparture(
                sent, packet, from: source, on: route, into: &output, jobs: &jobs)
        }
        consumers[consumer].resent(sent, transportSequenceNumber: number, at: route.instant)
        transports[transport].countSent(byteCount)
    }
}
