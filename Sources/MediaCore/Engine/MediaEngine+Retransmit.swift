/// Sending again what did not arrive.
extension MediaEngine {
    /// Sends again what a watcher asks for. Source: RFC 4585, section 6.2.1; RFC 4588.
    mutating func retransmit(_ request: GenericNACK, to consumer: SlotID, at instant: MediaInstant) {
        guard let run = run(consumer, at: instant) else { return }
        for number in request.sequenceNumbers {
            let sequenceNumber = run.consumer.pointee.extended(number)
            guard let sent = run.consumer.pointee.history.packet(sequenceNumber) else { continue }
            requestResend(sent, sequenceNumber, run)
        }
        protectQueued(run.transportID)
    }

    /// Longer gaps are outages; what they held is asked for.
    private static let longestRepairedGap = 255

    /// Sends again what `reports` say was lost, without waiting to be asked: a request may be lost as well, and receivers
    /// that send no media know no round trip and ask again late.
    mutating func repairLosses(of transport: SlotID, at instant: MediaInstant) {
        var index = 0
        while index < reports.count {
            var end = index
            while end < reports.count, reports[end].arrival == nil,
                reports[end].sequenceNumber == reports[index].sequenceNumber + Int64(end - index)
            {
                end += 1
            }
            if end - index <= Self.longestRepairedGap {
                for lost in index..<end { repair(reports[lost], of: transport, at: instant) }
            }
            index = max(end, index + 1)
        }
        protectQueued(transport)
    }

    private mutating func repair(_ report: PacketReport, of transport: SlotID, at instant: MediaInstant) {
        let number = UInt16(truncatingIfNeeded: report.sequenceNumber)
        guard let lost = transports[transport].departures.entry(number), let run = run(lost.consumer, at: instant),
            run.consumer.pointee.answersNACKs
        else { return }
        let sequenceNumber = run.consumer.pointee.extended(lost.sequenceNumber)
        // Only the last copy's loss means that the watcher has none.
        guard let sent = run.consumer.pointee.history.packet(sequenceNumber),
            sent.latestTransportSequenceNumber == number
        else { return }
        requestResend(sent, sequenceNumber, run)
    }

    /// Sends a packet again, now or as soon as the pacer lets it, as far as the budget of resends goes.
    private mutating func requestResend(_ sent: SentPacket, _ sequenceNumber: Int64, _ run: DepartureRun) {
        let instant = run.route.instant
        guard sent.mayBeRepeated(at: instant, roundTrip: run.consumer.pointee.remote.roundTrip) else { return }
        let transport = run.transport
        guard transport.pointee.pacer.mayResend(at: instant) else { return drop(.resendOverBudget) }
        let isFree = transport.pointee.resends.isEmpty && transport.pointee.pacer.mayDepart(at: instant)
        if isFree || run.consumer.pointee.isUrgent { return resend(sent, sequenceNumber, run) }
        let entry = ResendQueue.Entry(
            consumer: run.consumerID, sequenceNumber: UInt32(truncatingIfNeeded: sequenceNumber))
        guard transport.pointee.resends.append(entry) else { return drop(.resendOverBudget) }
        transport.pointee.isPaced = true
        touch(run.transportID)
    }

    /// Sends again what waits for the pacer, as far as it lets; false when the arena is full before that. When the link has
    /// become smaller, what was asked for before may be too much: it is asked for again, unless its picture has gone.
    mutating func sendResends(_ transport: UnsafeMutablePointer<Transport>, at instant: MediaInstant) -> Bool {
        while !transport.pointee.resends.isEmpty, transport.pointee.pacer.mayDepart(at: instant) {
            guard output.hasRoom(PacketStore.maximumPacketByteCount) else { return false }
            guard let entry = transport.pointee.resends.popFirst() else { break }
            guard let run = run(entry.consumer, at: instant) else { continue }
            guard transport.pointee.pacer.mayResend(at: instant) else {
                drop(.resendOverBudget)
                continue
            }
            let sequenceNumber = run.consumer.pointee.extended(entry.sequenceNumber)
            // It may have been asked for twice.
            guard let sent = run.consumer.pointee.history.packet(sequenceNumber),
                run.consumer.pointee.isOfUse(sent),
                sent.mayBeRepeated(at: instant, roundTrip: run.consumer.pointee.remote.roundTrip)
            else { continue }
            resend(sent, sequenceNumber, run)
        }
        return true
    }

    /// Writes a sent packet once more, when it is still there.
    private mutating func resend(_ sent: SentPacket, _ sequenceNumber: Int64, _ run: DepartureRun) {
        let (consumer, route) = (run.consumer, run.route)
        guard let packet = source(of: sent, sequenceNumber, run) else { return }
        let bytes = packet.bytes
        if jobs.isFull { protectQueued(run.transportID) }
        guard consumer.pointee.hasRetransmissionStream else {
            // Under the same number: of which copy feedback will speak nobody can know.
            run.transport.pointee.departures.ignore(sent.transportSequenceNumber)
            let byteCount =
                packet.blocks.count > 0
                ? consumer.pointee.repeatDeparture(
                    sent, sequenceNumber, packet.record, repeating: packet.blocks, from: bytes, on: route,
                    into: &output, jobs: &jobs)
                : consumer.pointee.repeatDeparture(
                    sent, sequenceNumber, packet.record, from: bytes, activeTargets: packet.activeTargets, on: route,
                    into: &output, jobs: &jobs)
            consumer.pointee.resent(
                sent, transportSequenceNumber: sent.transportSequenceNumber,
                payloadByteCount: packet.payloadByteCount + packet.blocks.byteCount, at: route.instant)
            return noteResend(byteCount, run)
        }
        let (byteCount, number) = retransmit(sent, sequenceNumber, packet, run)
        consumer.pointee.resent(
            sent, transportSequenceNumber: number, payloadByteCount: packet.payloadByteCount, at: route.instant)
        noteResend(byteCount, run)
    }

    private func noteResend(_ byteCount: Int, _ run: DepartureRun) {
        run.transport.pointee.countSent(byteCount, isUrgent: run.consumer.pointee.isUrgent, on: run.route)
        let byteCount = byteCount + run.route.overheadByteCount
        run.transport.pointee.pacer.resent(byteCount: byteCount, at: run.route.instant)
        run.transport.pointee.resendRate.add(byteCount: byteCount)
    }

    /// Writes a sent packet in the retransmission stream; its length, and its transport-wide number.
    private mutating func retransmit(
        _ sent: SentPacket, _ sequenceNumber: Int64, _ packet: ResendSource, _ run: DepartureRun
    ) -> (byteCount: Int, number: UInt16) {
        let number = run.takeTransportSequenceNumber()
        let byteCount = run.consumer.pointee.retransmit(
            sent, sequenceNumber, packet.record, from: packet.bytes, activeTargets: packet.activeTargets,
            on: run.route, transportSequenceNumber: number, into: &output, jobs: &jobs)
        run.remember(number, byteCount: byteCount, sequenceNumber: sequenceNumber)
        return (byteCount, number)
    }

    /// What a packet that was sent came from.
    private struct ResendSource {
        let record: StoredPacket
        let bytes: UnsafeRawPointer
        let activeTargets: UInt32?
        let payloadByteCount: Int
        /// What it repeats.
        let blocks: RedundantBlocks
    }

    /// Finds what a packet was made of; nil when that is gone, or there is no room for it.
    private func source(of sent: SentPacket, _ sequenceNumber: Int64, _ run: DepartureRun) -> ResendSource? {
        let consumer = run.consumer
        guard let origin = consumer.pointee.sourceRun(sent.rewrite.run), sequenceNumber >= origin.first,
            let stream = streams.unsafeElement(origin.stream),
            let packet = stream.pointee.store.record(lowBits: sent.source).map({ consumer.pointee.form(of: $0) }),
            // Of templates that have changed, the old decode targets are not known any more.
            !sent.rewrite.flags.contains(.activeMask)
                || packet.layers.targetsVersion == stream.pointee.reader.targets.version,
            output.hasRoom(consumer.pointee.byteCountBound(packet, tagByteCount: run.route.tagByteCount))
        else { return nil }
        let count = sent.rewrite.flags.redundantBlockCount
        let blocks = RedundantBlocks(before: packet, count: count, in: stream.pointee.store)
        guard blocks.count == count, count == 0 || output.hasRoom(PacketStore.maximumPacketByteCount) else {
            return nil
        }
        return ResendSource(
            record: packet, bytes: stream.pointee.store.unsafeBytes(packet),
            activeTargets: stream.pointee.activeTargets(packet, sent.rewrite),
            payloadByteCount: sent.rewrite.flags.contains(.filler) ? 0 : Int(packet.payloadByteCount), blocks: blocks)
    }

    // MARK: Padding

    /// How many of the newest packets padding goes round.
    private static let paddingReach: Int64 = 16

    /// Sends the padding that the pacer wants, when nothing else waits; false when the arena is full before that.
    mutating func pad(
        _ transport: UnsafeMutablePointer<Transport>, _ id: SlotID, _ route: DepartureRoute
    ) -> Bool {
        guard let source = transport.pointee.paddingSource, let consumer = consumers.unsafeElement(source) else {
            return true
        }
        let run = DepartureRun(
            consumerID: source, consumer: consumer, transportID: id, transport: transport, route: route)
        while transport.pointee.pacer.wantsPadding(at: route.instant) {
            guard output.hasRoom(PacketStore.maximumPacketByteCount) else { return false }
            if jobs.isFull { protectQueued(id) }
            let byteCount = repeatRecent(run) ?? sendEmpty(run)
            transport.pointee.countSent(byteCount, isUrgent: false, on: route)
        }
        return true
    }

    /// Sends a recent packet once more, which may even be of use; nil when there is none.
    private mutating func repeatRecent(_ run: DepartureRun) -> Int? {
        let age = run.transport.pointee.paddingAge
        run.transport.pointee.paddingAge = (age + 1) % Self.paddingReach
        let sequenceNumber = run.consumer.pointee.highestSent - age
        guard let sent = run.consumer.pointee.history.packet(sequenceNumber),
            let packet = source(of: sent, sequenceNumber, run), packet.payloadByteCount > 255
        else { return nil }
        run.consumer.pointee.countPadding(packet.payloadByteCount)
        return retransmit(sent, sequenceNumber, packet, run).byteCount
    }

    /// Sends a packet of the retransmission stream that has no payload but padding.
    private mutating func sendEmpty(_ run: DepartureRun) -> Int {
        let number = run.takeTransportSequenceNumber()
        run.consumer.pointee.countPadding(0)
        let byteCount = run.consumer.pointee.departEmpty(
            padding: padding.unsafeBase, on: run.route, transportSequenceNumber: number, into: &output, jobs: &jobs)
        run.remember(number, byteCount: byteCount, sequenceNumber: .min)
        return byteCount
    }
}
