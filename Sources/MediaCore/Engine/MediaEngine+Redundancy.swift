/// Repeating sound for watchers that lose it. Source: RFC 2198; RFC 8854, sections 4 and 8.
extension MediaEngine {
    /// Takes what a watcher's feedback says of its sound, now in `reports`. It speaks of each packet, several times a
    /// second; reports come every five seconds for sound.
    mutating func noteSound(of id: SlotID, at instant: MediaInstant) {
        guard let transport = transports.unsafeElement(id) else { return }
        for report in reports {
            if let arrival = report.arrival {
                transport.pointee.redundancyRoom?.add(departure: report.departure, arrival: arrival)
            }
            guard !report.wasReportedLost else { continue }
            let number = UInt16(truncatingIfNeeded: report.sequenceNumber)
            guard let departure = transport.pointee.departures.entry(number),
                let consumer = consumers.unsafeElement(departure.consumer), consumer.pointee.canRepeat
            else { continue }
            consumer.pointee.soundLoss.take(lost: report.arrival == nil ? 1 : 0, of: 1)
        }
        transport.pointee.redundancyRoom?.update(at: instant)
        chooseRedundancy(of: id, at: instant)
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
        guard let transport = transports.unsafeElement(id), let due = transport.pointee.redundancyRoom?.nextChoice,
            due <= instant
        else { return }
        let target = transport.pointee.estimator.rates.target
        var room = transport.pointee.redundancyRoom?.choose(target: target, at: instant) ?? .max
        for index in transport.pointee.consumers.indices {
            guard let consumer = consumers.unsafeElement(transport.pointee.consumers[index]),
                consumer.pointee.canRepeat
            else { continue }
            let counters = consumer.pointee.counters
            consumer.pointee.soundLoss.measure(counters.payloadBytes &- counters.redundantBytes, at: instant)
            var copies = 0
            if let bitrate = consumer.pointee.soundLoss.bitrate {
                copies = consumer.pointee.soundLoss.copies
                while copies > 0, bitrate > room / Int64(copies) { copies -= 1 }
                if copies > 0 { room -= bitrate * Int64(copies) }
            }
            consumer.pointee.redundantBlockCount = UInt8(truncatingIfNeeded: copies)
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
