/// Sending again what did not arrive.
extension MediaEngine {
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
        resend(sent, sequenceNumber, run)
    }

    /// Writes a sent packet once more, when it is still there and was not repeated just now.
    private mutating func resend(_ sent: SentPacket, _ sequenceNumber: Int64, _ run: DepartureRun) {
        let (consumer, route) = (run.consumer, run.route)
        guard sent.mayBeRepeated(at: route.instant, roundTrip: consumer.pointee.remote.roundTrip),
            let origin = consumer.pointee.sourceRun(sent.rewrite.run), sequenceNumber >= origin.first,
            let stream = streams.unsafeElement(origin.stream),
            let packet = stream.pointee.store.record(lowBits: sent.source).map({ consumer.pointee.form(of: $0) }),
            // Of templates that have changed, the old decode targets are not known any more.
            !sent.rewrite.flags.contains(.activeMask)
                || packet.layers.targetsVersion == stream.pointee.reader.targets.version,
            output.hasRoom(consumer.pointee.byteCountBound(packet, tagByteCount: route.tagByteCount))
        else { return }
        if jobs.isFull { protectQueued(run.transportID) }
        let source = stream.pointee.store.unsafeBytes(packet)
        let activeTargets = stream.pointee.activeTargets(packet, sent.rewrite)
        var number = sent.transportSequenceNumber
        let byteCount: Int
        if consumer.pointee.hasRetransmissionStream {
            number = run.transport.pointee.takeTransportSequenceNumber()
            byteCount = consumer.pointee.retransmit(
                sent, sequenceNumber, packet, from: source, activeTargets: activeTargets, on: route,
                transportSequenceNumber: number, into: &output, jobs: &jobs)
            run.transport.pointee.departures.remember(
                DepartureHistory.Entry(
                    number: number, byteCount: byteCount, consumer: run.consumerID, sequenceNumber: sequenceNumber,
                    at: route.instant))
        } else {
            byteCount = consumer.pointee.repeatDeparture(
                sent, sequenceNumber, packet, from: source, activeTargets: activeTargets, on: route,
                into: &output, jobs: &jobs)
        }
        consumer.pointee.resent(
            sent, transportSequenceNumber: number,
            payloadByteCount: sent.rewrite.flags.contains(.filler) ? 0 : Int(packet.payloadByteCount),
            at: route.instant)
        run.transport.pointee.countSent(byteCount)
    }
}
