/// Forwarding: each stream's fresh packets to each of its consumers, consumer by consumer, so that one consumer's
/// packets lie side by side in the arena and its keys stay in the cache.
extension MediaEngine {
    /// Output is handed over in pieces of about this size: what was encrypted is still in the processor's cache when the
    /// kernel copies it, and so is the memory it is written to.
    private static let pieceByteCount = 192 << 10

    /// Appends pending datagrams to `output`: a piece, or as far as they fit. Returns whether there is anything to send:
    /// send it, call `outputSent`, and call again until false.
    public mutating func fillOutput(at instant: MediaInstant) -> Bool {
        var finished = 0
        while finished < dirty.count, forward(dirty[finished], at: instant) { finished += 1 }
        dirty.removeFirst(finished)
        rescheduleTouched()
        return !output.isEmpty
    }

    /// Forwards one stream's fresh packets; false when the output wants to be sent before the end.
    private mutating func forward(_ stream: SlotID, at instant: MediaInstant) -> Bool {
        guard let source = streams.unsafeElement(stream) else { return true }
        guard let producer = producers.unsafeElement(source.pointee.producer), producer.pointee.forwarded == stream
        else {
            source.pointee.fresh.removeAll(keepingCapacity: true)
            cursor = ForwardingCursor()
            return true
        }
        repeat {
            // A round that was broken off goes on; if its stream has closed meanwhile, this is another's first.
            if cursor.stream != stream { cursor = ForwardingCursor(stream: stream, limit: source.pointee.fresh.count) }
            while cursor.consumer < producer.pointee.consumers.count {
                guard output.byteCount < Self.pieceByteCount else { return false }
                fetchAhead(producer)
                let consumer = producer.pointee.consumers[cursor.consumer]
                guard forward(stream, source, to: consumer, at: instant) else { return false }
                cursor.consumer += 1
                cursor.packet = 0
            }
            source.pointee.fresh.removeFirst(cursor.limit)
            cursor = ForwardingCursor()
        } while !source.pointee.fresh.isEmpty
        return true
    }

    /// Fetches into the cache what the next consumers will need, while the current one's packets are encrypted: with
    /// hundreds of them, each has been out of it since the last frame. Each step follows pointers that the step before
    /// has fetched.
    private func fetchAhead(_ producer: UnsafeMutablePointer<Producer>) {
        let next = cursor.consumer + 1
        let count = producer.pointee.consumers.count
        if next + 2 < count {
            consumers.prefetch(producer.pointee.consumers[next + 2], byteCount: Consumer.departureByteCount)
        }
        if next + 1 < count, let consumer = consumers.unsafeElement(producer.pointee.consumers[next + 1]) {
            transports.prefetch(consumer.pointee.transport, byteCount: Transport.departureByteCount)
        }
        if next < count, let consumer = consumers.unsafeElement(producer.pointee.consumers[next]),
            let transport = transports.unsafeElement(consumer.pointee.transport)
        {
            consumer.pointee.prefetchHistory(packets: cursor.limit)
            transport.pointee.prefetchDepartures(packets: cursor.limit)
        }
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
    private mutating func forward(
        _ stream: SlotID, _ source: UnsafeMutablePointer<InboundStream>, to consumer: SlotID, at instant: MediaInstant
    ) -> Bool {
        guard let run = DepartureRun(self, consumer, at: instant) else { return true }
        defer { protectQueued(run.transportID) }
        while cursor.packet < cursor.limit {
            guard let packet = source.pointee.store.record(source.pointee.fresh[cursor.packet]) else {
                cursor.packet += 1
                continue
            }
            if run.consumer.pointee.source != stream {
                guard start(run, with: stream, source, at: packet) else { return false }
            } else if packet.extendedSequenceNumber >= run.consumer.pointee.firstSource {
                guard depart(packet, of: source, run) else { return false }
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
        _ run: DepartureRun, with stream: SlotID, _ source: UnsafeMutablePointer<InboundStream>,
        at packet: StoredPacket
    ) -> Bool {
        guard packet.isKeyframeStart || !source.pointee.isVideo else {
            source.pointee.keyframes.want()
            touch(source.pointee.transport)
            return true
        }
        // Of the picture's packets some may come even later, such as parameter sets that were lost: they have their
        // numbers before this one.
        let first =
            source.pointee.isVideo ? source.pointee.store.firstOfPicture(packet) : packet.extendedSequenceNumber
        let reach = first + Int64(run.consumer.pointee.history.capacity) - 1
        let last = max(packet.extendedSequenceNumber, min(source.pointee.store.highest ?? first, reach))
        var (count, byteCount) = (0, 0)
        for number in first...last {
            guard let packet = source.pointee.store.record(number) else { continue }
            count += 1
            byteCount += run.consumer.pointee.byteCountBound(packet, tagByteCount: run.route.tagByteCount)
        }
        guard output.hasRoom(count, total: byteCount) || output.isEmpty else { return false }
        run.consumer.pointee.synchronize(with: stream, at: packet, first: first, instant: run.route.instant)
        for number in first...last {
            guard let packet = source.pointee.store.record(number) else { continue }
            _ = depart(packet, of: source, run)
        }
        return true
    }

    /// Writes one packet for one consumer, unless it has gone already or is too old; false when there is no room.
    private mutating func depart(
        _ packet: StoredPacket, of source: UnsafeMutablePointer<InboundStream>, _ run: DepartureRun
    ) -> Bool {
        let (consumer, transport) = (run.consumer, run.transport)
        guard consumer.pointee.maySend(packet.extendedSequenceNumber) else { return true }
        guard output.hasRoom(consumer.pointee.byteCountBound(packet, tagByteCount: run.route.tagByteCount)) else {
            return false
        }
        if jobs.isFull { protectQueued(run.transportID) }
        let number = transport.pointee.takeTransportSequenceNumber()
        let byteCount = consumer.pointee.depart(
            packet, from: source.pointee.store.unsafeBytes(packet), on: run.route, transportSequenceNumber: number,
            into: &output, jobs: &jobs)
        transport.pointee.departures.remember(
            DepartureHistory.Entry(
                number: number, byteCount: byteCount, consumer: run.consumerID,
                sequenceNumber: consumer.pointee.sequenceNumber(for: packet.extendedSequenceNumber),
                at: run.route.instant))
        transport.pointee.countSent(byteCount)
        if transport.pointee.nextReport == nil {
            transport.pointee.nextReport = run.route.instant + .milliseconds(200)
            touch(run.transportID)
        }
        return true
    }

    /// Encrypts what waits for it.
    private mutating func protectQueued(_ transport: SlotID) {
        guard jobs.count > 0 else { return }
        transports[transport].protect(jobs.unsafeJobs)
        if jobs.unsafeJobs.contains(where: { $0.outcome != .success }) {
            // Their datagrams are the arena's last. What was not encrypted never leaves.
            for _ in 0..<jobs.count { drop(.outputNotReady) }
            output.removeLast(jobs.count)
        }
        jobs.removeAll()
    }

    // MARK: Retransmission

    /// Sends again what a watcher asks for. Source: RFC 4585, section 6.2.1; RFC 4588.
    mutating func retransmit(_ request: GenericNACK, to consumer: SlotID, at instant: MediaInstant) {
        guard let run = DepartureRun(self, consumer, at: instant) else { return }
        for number in request.sequenceNumbers {
            let sequenceNumber = run.consumer.pointee.extended(number)
            guard let sent = run.consumer.pointee.history.packet(sequenceNumber) else { continue }
            resend(sent, sequenceNumber, run)
        }
        protectQueued(run.transportID)
    }

    /// Sends again what feedback says was lost, without waiting to be asked: a request may be lost as well, and receivers
    /// that send no media know no round trip and ask again late.
    mutating func repairLosses(_ feedback: TransportFeedback, of transport: SlotID, at instant: MediaInstant) {
        var expected: UInt16 = 0
        // A message may claim many gaps; there are only so many departures to find.
        var lookups = DepartureHistory.capacity
        for reception in feedback.receptions {
            // Longer gaps are outages; what they held is asked for.
            let gap = Int(reception.offset) - Int(expected)
            if gap > 0, gap < DepartureHistory.capacity / 2, gap <= lookups {
                lookups -= gap
                for offset in expected..<reception.offset {
                    // Only the last copy's loss means that the watcher has none.
                    guard let lost = transports[transport].departures.entry(feedback.baseSequenceNumber &+ offset),
                        let run = DepartureRun(self, lost.consumer, at: instant),
                        run.consumer.pointee.answersNACKs
                    else { continue }
                    let sequenceNumber = run.consumer.pointee.extended(lost.sequenceNumber)
                    guard let sent = run.consumer.pointee.history.packet(sequenceNumber),
                        sent.latestTransportSequenceNumber == lost.number
                    else { continue }
                    resend(sent, sequenceNumber, run)
                }
            }
            expected = reception.offset &+ 1
        }
        protectQueued(transport)
    }

    /// Writes a sent packet once more, when it is still there and was not repeated just now.
    private mutating func resend(_ sent: SentPacket, _ sequenceNumber: Int64, _ run: DepartureRun) {
        let (consumer, route) = (run.consumer, run.route)
        guard sent.mayBeRepeated(at: route.instant, roundTrip: consumer.pointee.remote.roundTrip),
            let stream = streams.unsafeElement(sent.stream),
            let packet = stream.pointee.store.record(lowBits: sent.source),
            output.hasRoom(consumer.pointee.byteCountBound(packet, tagByteCount: route.tagByteCount))
        else { return }
        if jobs.isFull { protectQueued(run.transportID) }
        let source = stream.pointee.store.unsafeBytes(packet)
        var number = sent.transportSequenceNumber
        let byteCount: Int
        if consumer.pointee.hasRetransmissionStream {
            number = run.transport.pointee.takeTransportSequenceNumber()
            byteCount = consumer.pointee.retransmit(
                sent, sequenceNumber, packet, from: source, on: route, transportSequenceNumber: number, into: &output,
                jobs: &jobs)
            run.transport.pointee.departures.remember(
                DepartureHistory.Entry(
                    number: number, byteCount: byteCount, consumer: run.consumerID, sequenceNumber: sequenceNumber,
                    at: route.instant))
        } else {
            byteCount = consumer.pointee.repeatDeparture(
                sent, sequenceNumber, packet, from: source, on: route, into: &output, jobs: &jobs)
        }
        consumer.pointee.resent(
            sent, transportSequenceNumber: number, payloadByteCount: Int(packet.payloadByteCount), at: route.instant)
        run.transport.pointee.countSent(byteCount)
    }
}

/// One consumer with its transport, for a run of departures: looked up once. Valid until a transport or a consumer is
/// made.
struct DepartureRun {
    let consumerID: SlotID
    let consumer: UnsafeMutablePointer<Consumer>
    let transportID: SlotID
    let transport: UnsafeMutablePointer<Transport>
    let route: DepartureRoute

    /// Nil for a consumer that has gone, or whose transport is not ready.
    init?(_ engine: borrowing MediaEngine, _ consumerID: SlotID, at instant: MediaInstant) {
        guard let consumer = engine.consumers.unsafeElement(consumerID),
            let transport = engine.transports.unsafeElement(consumer.pointee.transport),
            let path = transport.pointee.ice.selectedPath, let profile = transport.pointee.profile
        else { return nil }
        self.consumerID = consumerID
        self.consumer = consumer
        transportID = consumer.pointee.transport
        self.transport = transport
        route = DepartureRoute(
            path: path, tagByteCount: profile.tagLength, instant: instant,
            absoluteSendTime: AbsoluteSendTime.value(at: engine.wallClock.ntpTime(at: instant)))
    }
}
