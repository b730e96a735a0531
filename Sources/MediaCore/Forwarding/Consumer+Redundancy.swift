/// Sound that is repeated in later packets, for a watcher that loses much of it. Source: RFC 2198.
extension Consumer {
    /// What a packet is to repeat. Only what left right before it, of the same source and in the same time: a block says
    /// no more than how much older it is.
    mutating func redundantBlocks(
        before packet: StoredPacket, _ rewrite: SentPacket.Rewrite, as number: Int64, in store: borrowing PacketStore,
        tagByteCount: Int, maximumDatagramSize: Int
    ) -> RedundantBlocks {
        var count = 0
        // What repeats something by itself is passed on as it is. A packet must have sound of its own.
        if packet.redundantByteCount == 0, packet.payloadByteCount > 0, !rewrite.flags.contains(.filler) {
            while count < Int(redundantBlockCount), hasSent(Int64(count + 1), before: packet, rewrite, as: number) {
                count += 1
            }
        }
        return RedundantBlocks(
            before: packet, count: count, in: store,
            maximumByteCount: maximumDatagramSize - byteCountBound(packet, tagByteCount: tagByteCount))
    }

    /// Whether the packet so many before one left so many numbers before it, with the same difference of timestamps.
    private mutating func hasSent(
        _ distance: Int64, before packet: StoredPacket, _ rewrite: SentPacket.Rewrite, as number: Int64
    ) -> Bool {
        guard let earlier = history.packet(number - distance) else { return false }
        return earlier.source == UInt32(truncatingIfNeeded: packet.extendedSequenceNumber - distance)
            && earlier.rewrite.run == rewrite.run && earlier.rewrite.timestampOffset == rewrite.timestampOffset
            && !earlier.rewrite.flags.contains(.filler)
    }

    /// Writes a packet that was never sent before and repeats others, under its number and as `rewrite` has it; the caller
    /// has made sure of room in both queues.
    mutating func depart(
        _ packet: StoredPacket, _ rewrite: SentPacket.Rewrite, repeating blocks: RedundantBlocks, as number: Int64,
        from source: UnsafeRawPointer, on route: DepartureRoute, transportSequenceNumber: UInt16,
        into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        var rewrite = rewrite
        rewrite.flags.redundantBlockCount = blocks.count
        let sent = SentPacket(
            sequenceNumber: number, source: packet.extendedSequenceNumber, rewrite: rewrite,
            transportSequenceNumber: transportSequenceNumber, absoluteSendTime: route.absoluteSendTime,
            at: route.instant)
        self.sent(
            sent, number, timestamp: packet.timestamp &+ rewrite.timestampOffset,
            payloadByteCount: Int(packet.payloadByteCount) + blocks.byteCount, at: route.instant)
        counters.redundantBytes &+= UInt64(blocks.byteCount)
        return repeatDeparture(
            sent, number, packet, repeating: blocks, from: source, on: route, into: &output, jobs: &jobs)
    }

    /// Writes such a packet exactly as it was first sent under its extended sequence number.
    mutating func repeatDeparture(
        _ sent: SentPacket, _ sequenceNumber: Int64, _ packet: StoredPacket, repeating blocks: RedundantBlocks,
        from source: UnsafeRawPointer, on route: DepartureRoute, into output: inout TransmitArena,
        jobs: inout ProtectionQueue
    ) -> Int {
        var departure = departure(
            sent.rewrite, packet, activeTargets: nil, ssrc: ssrc, payloadType: redundantPayloadType ?? payloadType,
            sequenceNumber: UInt16(truncatingIfNeeded: sequenceNumber))
        departure.transportSequenceNumber = sent.transportSequenceNumber
        departure.absoluteSendTime = sent.absoluteSendTime
        let memory = output.unsafeTail
        let headerByteCount = header.write(departure, packet, from: source, to: memory)
        let payload = memory.advanced(by: headerByteCount)
        let content = UnsafeRawBufferPointer(
            start: source.advanced(by: Int(packet.headerByteCount)), count: Int(packet.payloadByteCount))
        // The pieces are joined where they go, and encrypted in place.
        let count = blocks.write(payloadType: payloadType, content, to: payload)
        jobs.append(
            SRTPJob(
                header: UnsafeRawBufferPointer(start: memory, count: headerByteCount),
                payload: UnsafeRawBufferPointer(start: payload, count: count), destination: payload, ssrc: ssrc,
                index: UInt64(truncatingIfNeeded: sequenceNumber)))
        let byteCount = headerByteCount + count + route.tagByteCount
        output.commit(byteCount, to: route.path)
        return byteCount
    }
}
