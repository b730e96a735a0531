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
        settle()
        guard !dirty.isEmpty else { return }
        queueDepartures(of: .audio)
        queueDepartures(of: .video)
        dirty.removeAll(keepingCapacity: true)
    }

    private mutating func queueDepartures(of kind: MediaKind) {
        for id in dirty {
            guard let stream = streams.unsafeElement(id), stream.pointee.codec.codec.kind == kind else { continue }
            stream.pointee.isDirty = false
            let count = stream.pointee.subscribers.count
            for index in 0..<count {
                if index + 4 < count {
                    consumers.prefetch(stream.pointee.subscribers[index + 4], byteCount: 64)
                }
                if index + 2 < count, let ahead = consumers.unsafeElement(stream.pointee.subscribers[index + 2]) {
                    transports.prefetch(ahead.pointee.transport, byteCount: 64)
                }
                queue(stream.pointee.subscribers[index])
            }
        }
    }

    /// Queues a consumer for its transport's turn, before those that wait already.
    mutating func queue(_ id: SlotID) {
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
            let source = consumer.pointee.source, let stream = streams.unsafeElement(source)
        {
            let packets = Int(truncatingIfNeeded: min(stream.pointee.arrivals.end - consumer.pointee.position, 16))
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
            if let route {
                let run = DepartureRun(
                    consumerID: first, consumer: consumer, transportID: id, transport: transport, route: route)
                guard forward(run), changeSource(run) else { return false }
            } else {
                // What comes before it is ready is not for it.
                if let source = consumer.pointee.source, source != consumer.pointee.wanted?.stream {
                    unsubscribe(first, from: source)
                }
                consumer.pointee.stop()
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
    func run(_ id: SlotID, at instant: MediaInstant) -> DepartureRun? {
        guard let consumer = consumers.unsafeElement(id),
            let transport = transports.unsafeElement(consumer.pointee.transport),
            let route = route(transport, at: instant)
        else { return nil }
        return DepartureRun(
            consumerID: id, consumer: consumer, transportID: consumer.pointee.transport, transport: transport,
            route: route)
    }

    /// Forwards what arrived of its source to one consumer; false when the arena is full before the end.
    private mutating func forward(_ run: DepartureRun) -> Bool {
        let consumer = run.consumer
        guard let source = consumer.pointee.source, let stream = streams.unsafeElement(source) else { return true }
        let start = stream.pointee.arrivals.start
        // What is shed may be where it would have had to resume.
        var resumes = false
        if consumer.pointee.position < start {
            resumes = stream.pointee.arrivals.hasResumptions
            // The worker is far behind: it sheds the oldest.
            drops.count(.outputFull, times: start - consumer.pointee.position)
            consumer.pointee.position = start
        }
        while consumer.pointee.position < stream.pointee.arrivals.end {
            if stream.pointee.arrivals.isResumption(consumer.pointee.position) { resumes = true }
            if let packet = stream.pointee.store.record(stream.pointee.arrivals[consumer.pointee.position]) {
                if resumes {
                    consumer.pointee.resume(at: packet.extendedSequenceNumber)
                    resumes = false
                }
                if !consumer.pointee.leavesOut(packet) {
                    switch order(of: packet, of: stream, run) {
                    case .waiting: return true
                    case .behind(let first):
                        for number in first..<packet.extendedSequenceNumber {
                            guard let other = stream.pointee.store.record(number) else { continue }
                            guard forward(other, of: stream, run) else { return false }
                        }
                    case .lost:
                        // A picture whose templates have not come can't be told apart: it begins anew with the next one
                        // that can.
                        consumer.pointee.stalledAt = (packet.extendedSequenceNumber, packet.timestamp)
                        continue
                    case .next: break
                    }
                    guard forward(packet, of: stream, run) else { return false }
                }
            }
            consumer.pointee.position += 1
        }
        return true
    }

    /// Forwards one packet of a consumer's source, or leaves it out; false when there is no room.
    mutating func forward(
        _ packet: StoredPacket, of stream: UnsafeMutablePointer<InboundStream>, _ run: DepartureRun
    ) -> Bool {
        let consumer = run.consumer
        guard output.hasRoom(consumer.pointee.byteCountBound(packet, tagByteCount: run.route.tagByteCount)) else {
            return false
        }
        if !consumer.pointee.selector.isSettled(packet.layers), packet.layers.flags.contains(.frameStart) {
            changeLayer(at: packet, of: stream, run)
        }
        if consumer.pointee.admits(packet) {
            if let number = consumer.pointee.takeNumber(for: packet) {
                depart(packet, as: number, isFiller: false, of: stream, run)
            }
        } else if let number = consumer.pointee.omit(packet) {
            depart(packet, as: number, isFiller: true, of: stream, run)
        }
        return true
    }

    /// Writes one packet for one consumer; there is room.
    private mutating func depart(
        _ packet: StoredPacket, as sequenceNumber: Int64, isFiller: Bool,
        of stream: UnsafeMutablePointer<InboundStream>,
        _ run: DepartureRun
    ) {
        let transport = run.transport
        if packet.redundantByteCount > 0, run.consumer.pointee.redundantPayloadType == nil {
            return depart(packet.withoutRedundancy, as: sequenceNumber, isFiller: isFiller, of: stream, run)
        }
        if jobs.isFull { protectQueued(run.transportID) }
        let number = transport.pointee.takeTransportSequenceNumber()
        let rewrite = isFiller ? run.consumer.pointee.rewriteFiller() : run.consumer.pointee.rewrite(packet)
        let byteCount = run.consumer.pointee.depart(
            packet, rewrite, as: sequenceNumber, from: stream.pointee.store.unsafeBytes(packet),
            activeTargets: rewrite.flags.contains(.activeMask) ? stream.pointee.activeTargets(packet, rewrite) : nil,
            on: run.route, transportSequenceNumber: number, into: &output, jobs: &jobs)
        transport.pointee.departures.remember(
            DepartureHistory.Entry(
                number: number, byteCount: byteCount, consumer: run.consumerID, sequenceNumber: sequenceNumber,
                at: run.route.instant))
        transport.pointee.countSent(byteCount)
        if transport.pointee.nextReport == nil {
            transport.pointee.nextReport = run.route.instant + .milliseconds(200)
            touch(run.transportID)
        }
    }

    /// Encrypts what waits for it.
    mutating func protectQueued(_ transport: SlotID) {
        guard jobs.count > 0 else { return }
        transports[transport].protect(jobs.unsafeJobs)
        if jobs.unsafeJobs.contains(where: { $0.outcome != .success }) {
            // Their datagrams are the arena's last. What was not encrypted never leaves.
            for _ in 0..<jobs.count { drop(.outputNotReady) }
            output.removeLast(jobs.count)
        }
        jobs.removeAll()
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
