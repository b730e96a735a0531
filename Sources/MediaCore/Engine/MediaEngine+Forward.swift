/// Forwarding: what arrived departs, one watcher's transport after the other, so that one watcher's packets lie side by
/// side in the arena and its keys stay in the cache.
extension MediaEngine {
    /// Output is handed over in pieces of about this size: what was encrypted is still in the processor's cache when the
    /// kernel copies it, and so is the memory it is written to.
    private static let pieceByteCount = 192 << 10

    /// Appends pending datagrams to `output`: a piece, or as far as they fit. Returns whether there is anything to send:
    /// send it, call `outputSent`, and call again until false.
    public mutating func fillOutput(at instant: MediaInstant) -> Bool {
        queueDepartures(at: instant)
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
    private mutating func queueDepartures(at instant: MediaInstant) {
        settle(at: instant)
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
        if transport.pointee.isPaced {
            append(id, to: transport)
            guard consumer.pointee.isUrgent else { return }
        } else {
            consumer.pointee.nextQueued = transport.pointee.firstQueued
            transport.pointee.firstQueued = id
        }
        queueTransport(consumer.pointee.transport)
    }

    /// Queues a consumer behind those that wait already.
    private func append(_ id: SlotID, to transport: UnsafeMutablePointer<Transport>) {
        consumers.unsafeElement(id)?.pointee.nextQueued = nil
        guard var last = transport.pointee.firstQueued else {
            transport.pointee.firstQueued = id
            return
        }
        while let next = consumers.unsafeElement(last)?.pointee.nextQueued { last = next }
        consumers.unsafeElement(last)?.pointee.nextQueued = id
    }

    /// Queues a transport for its turn.
    mutating func queueTransport(_ id: SlotID) {
        guard let transport = transports.unsafeElement(id), !transport.pointee.isDeparting else { return }
        transport.pointee.isDeparting = true
        departing.append(id)
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

    /// Sends what a transport's consumers have, as far as its pacer lets them; false when the arena is full before that.
    private mutating func depart(_ id: SlotID, at instant: MediaInstant) -> Bool {
        guard let transport = transports.unsafeElement(id) else { return true }
        defer { protectQueued(id) }
        guard let route = route(transport, at: instant) else {
            // What comes before it is ready is not for it.
            while let consumer = takeQueued(of: transport) { unfeed(consumer) }
            transport.pointee.resends = ResendQueue()
            transport.pointee.isDeparting = false
            transport.pointee.isPaced = false
            touch(id)
            return true
        }
        transport.pointee.pacer.advance(to: instant)
        var isPaced = false
        if transport.pointee.isPaced {
            guard sendResends(transport, at: instant) else { return false }
            isPaced = !transport.pointee.resends.isEmpty
        }
        var last: UnsafeMutablePointer<Consumer>?
        var next = transport.pointee.firstQueued
        while let first = next, let consumer = consumers.unsafeElement(first) {
            let run = DepartureRun(
                consumerID: first, consumer: consumer, transportID: id, transport: transport, route: route)
            var progress = forward(run)
            if progress == .done {
                progress = changeSource(run)
            } else if progress == .paced, consumer.pointee.isChanging {
                // What waits of the old source, which may be what its link has no room for, need not leave first.
                let change = changeSource(run)
                if !consumer.pointee.isChanging { progress = change }
            }
            next = consumer.pointee.nextQueued
            switch progress {
            case .full:
                return false
            case .paced:
                isPaced = true
                last = consumer
            case .done:
                if let last { last.pointee.nextQueued = next } else { transport.pointee.firstQueued = next }
                consumer.pointee.nextQueued = nil
                consumer.pointee.isQueued = false
                consumer.pointee.waitingSince = nil
            }
        }
        guard isPaced || !transport.pointee.wantsPadding || pad(transport, id, route) else { return false }
        transport.pointee.isDeparting = false
        if isPaced { rotate(transport) }
        if isPaced || transport.pointee.isPaced || transport.pointee.wantsPadding { touch(id) }
        transport.pointee.isPaced = isPaced
        return true
    }

    /// Takes the first of the consumers that wait for a transport's turn.
    private func takeQueued(of transport: UnsafeMutablePointer<Transport>) -> SlotID? {
        guard let first = transport.pointee.firstQueued, let consumer = consumers.unsafeElement(first) else {
            return nil
        }
        transport.pointee.firstQueued = consumer.pointee.nextQueued
        consumer.pointee.nextQueued = nil
        consumer.pointee.isQueued = false
        return first
    }

    /// Makes a consumer forget its source, which it may not be sent.
    private mutating func unfeed(_ id: SlotID) {
        if let source = consumers[id].source, source != consumers[id].wanted?.stream { unsubscribe(id, from: source) }
        consumers[id].stop()
    }

    /// Lets the next consumer begin when the first of those that wait for the pacer has finished a frame.
    private func rotate(_ transport: UnsafeMutablePointer<Transport>) {
        guard let first = transport.pointee.firstQueued, let consumer = consumers.unsafeElement(first),
            let second = consumer.pointee.nextQueued, let source = consumer.pointee.source,
            let stream = streams.unsafeElement(source)
        else { return }
        let number = consumer.pointee.catchUp?.next ?? stream.pointee.arrivals[consumer.pointee.position]
        let sent = stream.pointee.store.record(consumer.pointee.numbers.highestTaken)
        guard let packet = stream.pointee.store.record(number), packet.timestamp != sent?.timestamp else { return }
        transport.pointee.firstQueued = second
        append(first, to: transport)
    }

    /// Where a transport's packets go; nil before it is ready.
    private func route(_ transport: UnsafeMutablePointer<Transport>, at instant: MediaInstant) -> DepartureRoute? {
        guard let path = transport.pointee.ice.selectedPath, let profile = transport.pointee.profile else { return nil }
        return DepartureRoute(
            path: path, tagByteCount: profile.tagLength, overheadByteCount: Transport.headerByteCount(to: path),
            instant: instant,
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

    /// Forwards what arrived of its source to one consumer.
    private mutating func forward(_ run: DepartureRun) -> DepartureProgress {
        let consumer = run.consumer
        guard let source = consumer.pointee.source, let stream = streams.unsafeElement(source) else { return .done }
        if consumer.pointee.catchUp != nil {
            let progress = catchUp(run)
            guard progress == .done else { return progress }
        }
        let start = stream.pointee.arrivals.start
        // What is left out may be where it would have had to resume.
        var resumes = false
        if consumer.pointee.position < start {
            resumes = stream.pointee.arrivals.hasResumptions
            // It is far behind: the worker has too much to do, or the link is far too small.
            drops.count(.outputFull, times: start - consumer.pointee.position)
            consumer.pointee.position = start
            if stream.pointee.isVideo, consumer.pointee.stalledAt == nil {
                consumer.pointee.shed(from: (consumer.pointee.numbers.highestTaken + 1, nil), at: run.route.instant)
            }
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
                    case .waiting: return .done
                    case .behind(let first):
                        for number in first..<packet.extendedSequenceNumber {
                            guard let other = stream.pointee.store.record(number) else { continue }
                            guard forward(other, of: stream, run) else { return .full }
                        }
                    case .lost:
                        // A picture whose templates have not come can't be told apart: it begins anew with the next one
                        // that can.
                        consumer.pointee.stall(at: (packet.extendedSequenceNumber, packet.timestamp))
                        continue
                    case .next: break
                    }
                    switch admission(of: packet, run) {
                    case .paced: return .paced
                    case .shed: continue
                    case .admitted: break
                    }
                    guard forward(packet, of: stream, run) else { return .full }
                }
            }
            consumer.pointee.position += 1
        }
        return .done
    }

    /// Whether the pacer lets a consumer's next packet leave. One that has waited too long is shed instead, and then all
    /// that follows it.
    @inline(__always)
    mutating func admission(of packet: StoredPacket, _ run: DepartureRun) -> PacerAdmission {
        run.transport.pointee.pacer.mayDepart(at: run.route.instant) || run.consumer.pointee.isUrgent
            ? .admitted : waits(packet, run)
    }

    @inline(never)
    private mutating func waits(_ packet: StoredPacket, _ run: DepartureRun) -> PacerAdmission {
        run.consumer.pointee.sheds(packet, at: run.route.instant) ? .shed : .paced
    }

    /// Forwards one packet of a consumer's source, or leaves it out; false when there is no room.
    mutating func forward(
        _ packet: StoredPacket, of stream: UnsafeMutablePointer<InboundStream>, _ run: DepartureRun
    ) -> Bool {
        let consumer = run.consumer
        guard output.hasRoom(consumer.pointee.byteCountBound(packet, tagByteCount: run.route.tagByteCount)),
            consumer.pointee.redundantBlockCount == 0 || output.hasRoom(PacketStore.maximumPacketByteCount)
        else { return false }
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
        if packet.redundantByteCount > 0, !run.consumer.pointee.passesRedundancy {
            return depart(packet.withoutRedundancy, as: sequenceNumber, isFiller: isFiller, of: stream, run)
        }
        if jobs.isFull { protectQueued(run.transportID) }
        let number = run.takeTransportSequenceNumber()
        let rewrite = isFiller ? run.consumer.pointee.rewriteFiller() : run.consumer.pointee.rewrite(packet)
        let byteCount =
            run.consumer.pointee.redundantBlockCount > 0
            ? departRepeating(packet, rewrite, as: sequenceNumber, of: stream, run, transportSequenceNumber: number)
            : run.consumer.pointee.depart(
                packet, rewrite, as: sequenceNumber, from: stream.pointee.store.unsafeBytes(packet),
                activeTargets: rewrite.flags.contains(.activeMask)
                    ? stream.pointee.activeTargets(packet, rewrite) : nil,
                on: run.route, transportSequenceNumber: number, into: &output, jobs: &jobs)
        run.remember(number, byteCount: byteCount, sequenceNumber: sequenceNumber)
        transport.pointee.countSent(byteCount, isUrgent: run.consumer.pointee.isUrgent, on: run.route)
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

/// What the pacer says of a packet.
enum PacerAdmission {
    /// It may leave.
    case admitted
    /// It has to wait.
    case paced
    /// It has waited too long: it and what follows are left out, up to the next keyframe.
    case shed
}

/// How far a consumer has come.
enum DepartureProgress {
    /// Nothing waits any more.
    case done
    /// The rest waits for the pacer.
    case paced
    /// The rest waits for room in the arena.
    case full
}

/// One consumer with its transport, for a run of departures: looked up once. Valid until a transport or a consumer is
/// made.
struct DepartureRun {
    let consumerID: SlotID
    let consumer: UnsafeMutablePointer<Consumer>
    let transportID: SlotID
    let transport: UnsafeMutablePointer<Transport>
    let route: DepartureRoute

    /// A fresh transport-wide number; 0 for packets that do not carry any, which would be missed by who counts them.
    @inline(__always)
    func takeTransportSequenceNumber() -> UInt16 {
        consumer.pointee.header.hasTransportSequenceNumber ? transport.pointee.takeTransportSequenceNumber() : 0
    }

    /// Remembers what leaves under a number, before the pacer is told of it.
    @inline(__always)
    func remember(_ number: UInt16, byteCount: Int, sequenceNumber: Int64) {
        let isNumbered = consumer.pointee.header.hasTransportSequenceNumber
        if isNumbered || !transport.pointee.hasNumbers {
            transport.pointee.untoldByteCount &+= byteCount + route.overheadByteCount
        }
        guard isNumbered else { return }
        transport.pointee.departures.remember(
            DepartureHistory.Entry(
                number: number, byteCount: byteCount, consumer: consumerID, sequenceNumber: sequenceNumber,
                probe: transport.pointee.pacer.probeID, at: route.instant))
    }
}
