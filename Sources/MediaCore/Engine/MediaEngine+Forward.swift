/// Forwarding: what arrived departs, one watcher's transport after the other, so that one watcher's packets lie side by
/// side in the arena and its keys stay in the cache.
extension MediaEngine {
    /// Output is handed over in pieces of about this size: what was encrypted is still in the processor's cache when the
    /// kernel copies it, and so is the memory it is written to.
    private static let pieceByteCount = 192 << 10

    /// Appends pending datagrams to `output`: a piece, or as far as they fit. Returns whether there is anything to send:
    /// send it, call `outputSent`, and call again until false.
    public mutating func fillOutput(at instant: MediaInstant) -> Bool {
        queueDepartures()
        while departed < departing.count, output.byteCount < Self.pieceByteCount {
            fetchAhead()
            guard depart(departing[departed], at: instant) else { break }
            departed += 1
        }
        // Not only at the end: under a load that never lets it come, those who had their turn would pile up.
        if departed >= departing.count - departed {
            departing.removeFirst(departed)
            departed = 0
        }
        rescheduleTouched()
        return !output.isEmpty
    }

    /// Lets every transport know which of its consumers have something to send. Those of video come to stand before those
    /// of sound, whose packets are shorter: of a segmented message only the last may be shorter than the others.
    private mutating func queueDepartures() {
        guard !dirty.isEmpty else { return }
        queueDepartures(of: .audio)
        queueDepartures(of: .video)
        dirty.removeAll(keepingCapacity: true)
    }

    private mutating func queueDepartures(of kind: MediaKind) {
        for id in dirty {
            guard let producer = producers.unsafeElement(id), producer.pointee.parameters.kind == kind else { continue }
            producer.pointee.isDirty = false
            let count = producer.pointee.consumers.count
            for index in 0..<count {
                if index + 4 < count {
                    consumers.prefetch(producer.pointee.consumers[index + 4], byteCount: 64)
                }
                if index + 2 < count, let ahead = consumers.unsafeElement(producer.pointee.consumers[index + 2]) {
                    transports.prefetch(ahead.pointee.transport, byteCount: 64)
                }
                queue(producer.pointee.consumers[index])
            }
        }
    }

    /// Queues a consumer for its transport's turn, before those that wait already.
    private mutating func queue(_ id: SlotID) {
        guard let consumer = consumers.unsafeElement(id), !consumer.pointee.isQueued,
            let transport = transports.unsafeElement(consumer.pointee.transport)
        else { return }
        consumer.pointee.isQueued = true
        consumer.pointee.nextQueued = transport.pointee.firstQueued
        transport.pointee.firstQueued = id
        guard !transport.pointee.isDeparting else { return }
        transport.pointee.isDeparting = true
        departing.append(consumer.pointee.transport)
    }

    /// Fetches into the cache what the next transports will need, while the current one's packets are encrypted: with
    /// hundreds of them, each has been out of it since the last frame.
    private func fetchAhead() {
        if departed + 2 < departing.count {
            transports.prefetch(departing[departed + 2], byteCount: Transport.departureByteCount)
            if let transport = transports.unsafeElement(departing[departed + 2]),
                let consumer = transport.pointee.firstQueued
            {
                consumers.prefetch(consumer, byteCount: Consumer.departureByteCount)
            }
        }
        if departed + 1 < departing.count, let transport = transports.unsafeElement(departing[departed + 1]),
            let first = transport.pointee.firstQueued, let consumer = consumers.unsafeElement(first),
            let producer = producers.unsafeElement(consumer.pointee.producer)
        {
            let packets = Int(truncatingIfNeeded: min(producer.pointee.arrivals.end - consumer.pointee.position, 16))
            consumer.pointee.prefetchHistory(packets: packets)
            transport.pointee.prefetchDepartures(packets: packets)
        }
    }

    /// Sends what a transport's consumers have; false when the arena is full before the end.
    private mutating func depart(_ id: SlotID, at instant: MediaInstant) -> Bool {
        guard let transport = transports.unsafeElement(id) else { return true }
        let route = route(transport, at: instant)
        defer { protectQueued(id) }
        while let first = transport.pointee.firstQueued {
            guard let consumer = consumers.unsafeElement(first) else { break }
            if let producer = producers.unsafeElement(consumer.pointee.producer) {
                if let route {
                    let run = DepartureRun(
                        consumerID: first, consumer: consumer, transportID: id, transport: transport, route: route)
                    guard forward(producer, run) else { return false }
                } else {
                    // What comes before it is ready is not for it.
                    consumer.pointee.position = producer.pointee.arrivals.end
                }
            }
            transport.pointee.firstQueued = consumer.pointee.nextQueued
            consumer.pointee.nextQueued = nil
            consumer.pointee.isQueued = false
        }
        transport.pointee.firstQueued = nil
        transport.pointee.isDeparting = false
        return true
    }

    /// Where a transport's packets go; nil before it is ready.
    private func route(_ transport: UnsafeMutablePointer<Transport>, at instant: MediaInstant) -> DepartureRoute? {
        guard let path = transport.pointee.ice.selectedPath, let profile = transport.pointee.profile else { return nil }
        return DepartureRoute(
            path: path, tagByteCount: profile.tagLength, instant: instant,
            absoluteSendTime: AbsoluteSendTime.value(at: wallClock.ntpTime(at: instant)))
    }

    /// A consumer and its transport, for a few departures at once; nil when either has gone or is not ready.
    private func run(_ id: SlotID, at instant: MediaInstant) -> DepartureRun? {
        guard let consumer = consumers.unsafeElement(id),
            let transport = transports.unsafeElement(consumer.pointee.transport),
            let route = route(transport, at: instant)
        else { return nil }
        return DepartureRun(
            consumerID: id, consumer: consumer, transportID: consumer.pointee.transport, transport: transport,
            route: route)
    }

    /// Forwards what arrived of its producer to one consumer; false when the arena is full before the end.
    private mutating func forward(_ producer: UnsafeMutablePointer<Producer>, _ run: DepartureRun) -> Bool {
        let consumer = run.consumer
        let start = producer.pointee.arrivals.start
        if consumer.pointee.position < start {
            // The worker is far behind: it sheds the oldest.
            drops.count(.outputFull, times: start - consumer.pointee.position)
            consumer.pointee.position = start
        }
        while consumer.pointee.position < producer.pointee.arrivals.end {
            let entry = producer.pointee.arrivals[consumer.pointee.position]
            if let stream = streams.unsafeElement(entry.stream),
                let packet = stream.pointee.store.record(entry.sequenceNumber)
            {
                if consumer.pointee.source != entry.stream {
                    guard self.start(run, with: entry.stream, stream, at: packet) else { return false }
                } else if packet.extendedSequenceNumber >= consumer.pointee.firstSource {
                    guard depart(packet, of: stream, run) else { return false }
                }
            }
            consumer.pointee.position += 1
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
            source.pointee.keyframes.want(at: run.route.instant)
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
        guard let run = run(consumer, at: instant) else { return }
        for number in request.sequenceNumbers {
            let sequenceNumber = run.consumer.pointee.extended(number)
            guard let sent = run.consumer.pointee.history.packet(sequenceNumber) else { continue }
            resend(sent, sequenceNumber, run)
        }
        protectQueued(run.transportID)
    }

    /// Sends again what feedback says was lost, without waiting to be asked: a request may be lost as well, and receivers
    /// that send no media know no round trip and ask again late.
    mutating func repairLosses(
        _ feedback: TransportFeedbackReader, of transport: SlotID, at instant: MediaInstant
    ) {
        var receptions = feedback
        var expected: UInt16 = 0
        // A message may claim many gaps; there are only so many departures to find.
        var lookups = DepartureHistory.capacity
        while let reception = receptions.next() {
            // Longer gaps are outages; what they held is asked for.
            let gap = Int(reception.offset) - Int(expected)
            if gap > 0, gap < DepartureHistory.capacity / 2, gap <= lookups {
                lookups -= gap
                for offset in expected..<reception.offset {
                    // Only the last copy's loss means that the watcher has none.
                    guard let lost = transports[transport].departures.entry(feedback.baseSequenceNumber &+ offset),
                        let run = run(lost.consumer, at: instant),
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
}
