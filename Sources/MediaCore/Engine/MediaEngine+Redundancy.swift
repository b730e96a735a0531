/// Repeating sound for watchers that lose it. Source: RFC 2198; RFC 8854, sections 4 and 8.
extension MediaEngine {
    /// How often it is looked at what is lost and what may be repeated.
    private static let redundancyInterval = MediaDuration.milliseconds(500)
    /// Which part of what a link carries copies may take: they help against losses by chance, and where a link is too
    /// small they are what it lacks.
    private static let redundantShare: Int64 = 4

    /// Takes what a watcher's feedback says of its sound, now in `reports`. It speaks of each packet, several times a
    /// second; reports come every five seconds for sound.
    mutating func noteSound(of transport: SlotID, at instant: MediaInstant) {
        for report in reports where !report.wasReportedLost {
            let number = UInt16(truncatingIfNeeded: report.sequenceNumber)
            guard let departure = transports[transport].departures.entry(number),
                let consumer = consumers.unsafeElement(departure.consumer), consumer.pointee.canRepeat
            else { continue }
            consumer.pointee.soundLoss.take(lost: report.arrival == nil ? 1 : 0, of: 1)
        }
        chooseRedundancy(of: transport, at: instant)
    }

    /// Takes what a watcher's report says of a consumer, where feedback does not.
    mutating func noteSound(_ lost: Int64, of expected: Int64, to id: SlotID) {
        guard let consumer = consumers.unsafeElement(id), consumer.pointee.canRepeat,
            !consumer.pointee.header.hasTransportSequenceNumber
                || transports[consumer.pointee.transport].reported.messages == 0
        else { return }
        consumer.pointee.soundLoss.take(lost: lost, of: expected)
    }

    /// Decides how often the sounds of a watcher are repeated: as their losses ask for, as far as its link has room.
    mutating func chooseRedundancy(of id: SlotID, at instant: MediaInstant) {
        guard let transport = transports.unsafeElement(id), let due = transport.pointee.nextRedundancyChoice,
            due <= instant
        else { return }
        transport.pointee.nextRedundancyChoice = instant + Self.redundancyInterval
        var room = transport.pointee.estimator.rates.target / Self.redundantShare
        for index in transport.pointee.consumers.indices {
            guard let consumer = consumers.unsafeElement(transport.pointee.consumers[index]),
                consumer.pointee.canRepeat
            else { continue }
            let counters = consumer.pointee.counters
            consumer.pointee.soundLoss.measure(counters.payloadBytes &- counters.redundantBytes, at: instant)
            var copies = consumer.pointee.soundLoss.copies
            let bitrate = consumer.pointee.soundLoss.bitrate ?? .max
            while copies > 0, bitrate > room / Int64(copies) { copies -= 1 }
            consumer.pointee.redundantBlockCount = UInt8(truncatingIfNeeded: copies)
            if copies > 0 { room -= bitrate * Int64(copies) }
        }
    }

    /// Writes one packet for a consumer whose sound is repeated; returns its length.
    @inline(never)
    mutating func departRepeating(
        _ packet: StoredPacket, _ rewrite: SentPacket.Rewrite, as sequenceNumber: Int64,
        of stream: UnsafeMutablePointer<InboundStream>, _ run: DepartureRun, transportSequenceNumber: UInt16
    ) -> Int {
        let blocks = run.consumer.pointee.redundantBlocks(
            before: packet, rewrite, as: sequenceNumber, in: stream.pointee.store,
            tagByteCount: run.route.tagByteCount, maximumDatagramSize: configuration.maximumDatagramSize)
        let bytes = stream.pointee.store.unsafeBytes(packet)
        guard blocks.count > 0 else {
            return run.consumer.pointee.depart(
                packet, rewrite, as: sequenceNumber, from: bytes, activeTargets: nil, on: run.route,
                transportSequenceNumber: transportSequenceNumber, into: &output, jobs: &jobs)
        }
        return run.consumer.pointee.depart(
            packet, rewrite, repeating: blocks, as: sequenceNumber, from: bytes, on: run.route,
            transportSequenceNumber: transportSequenceNumber, into: &output, jobs: &jobs)
    }
}

extension Consumer {
    /// Whether its packets may repeat others.
    var canRepeat: Bool { isUrgent && redundantPayloadType != nil }
}
