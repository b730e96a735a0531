/// Where a consumer's packets go and what they cost: the same for every packet of a run.
struct DepartureRoute {
    var path: NetworkPath
    var tagByteCount: Int
    var instant: MediaInstant
    /// 24 bits of seconds as 6.18 fixed point.
    var absoluteSendTime: UInt32
}

extension Consumer {
    /// The most bytes a packet can take in the transmit arena.
    func byteCountBound(_ packet: StoredPacket, tagByteCount: Int) -> Int {
        header.byteCountBound(packet) + 2 + Int(packet.payloadByteCount) + tagByteCount
    }

    /// A stored packet as this watcher can take it.
    func form(of packet: StoredPacket) -> StoredPacket {
        packet.redundantByteCount > 0 && redundantPayloadType == nil ? packet.withoutRedundancy : packet
    }

    /// Writes a packet that was never sent before; the caller has made sure of room in both queues.
    mutating func depart(
        _ packet: StoredPacket, from source: UnsafeRawPointer, on route: DepartureRoute,
        transportSequenceNumber: UInt16, into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        guard let stream = self.source else { return 0 }
        let number = sequenceNumber(for: packet.extendedSequenceNumber)
        let sent = SentPacket(
            sequenceNumber: number, stream: stream, source: packet.extendedSequenceNumber,
            timestampOffset: timestampOffset, transportSequenceNumber: transportSequenceNumber,
            absoluteSendTime: route.absoluteSendTime, at: route.instant)
        self.sent(
            sent, number, timestamp: packet.timestamp &+ timestampOffset,
            payloadByteCount: Int(packet.payloadByteCount), at: route.instant)
        return repeatDeparture(sent, number, packet, from: source, on: route, into: &output, jobs: &jobs)
    }

    /// Writes a packet exactly as it was first sent under its extended sequence number: the same index under the same
    /// key protects the same bytes.
    func repeatDeparture(
        _ sent: SentPacket, _ sequenceNumber: Int64, _ packet: StoredPacket, from source: UnsafeRawPointer,
        on route: DepartureRoute,
        into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        let departure = Departure(
            ssrc: ssrc, payloadType: packet.redundantByteCount > 0 ? redundantPayloadType ?? payloadType : payloadType,
            sequenceNumber: UInt16(truncatingIfNeeded: sequenceNumber),
            timestamp: packet.timestamp &+ sent.timestampOffset,
            transportSequenceNumber: sent.transportSequenceNumber, absoluteSendTime: sent.absoluteSendTime)
        let payload = UnsafeRawBufferPointer(
            start: source.advanced(by: Int(packet.headerByteCount)), count: Int(packet.payloadByteCount))
        return write(
            departure, index: sequenceNumber, packet, from: source, payload,
            UnsafeRawBufferPointer(start: nil, count: 0), on: route, into: &output, jobs: &jobs)
    }

    /// Writes a packet again in the retransmission stream, under a number of its own. Source: RFC 4588, section 4.
    mutating func retransmit(
        _ sent: SentPacket, _ sequenceNumber: Int64, _ packet: StoredPacket, from source: UnsafeRawPointer,
        on route: DepartureRoute,
        transportSequenceNumber: UInt16, into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        let number = takeRetransmissionNumber()
        let departure = Departure(
            ssrc: retransmissionSSRC, payloadType: parameters.codec.retransmissionPayloadType ?? 0,
            sequenceNumber: UInt16(truncatingIfNeeded: number), timestamp: packet.timestamp &+ sent.timestampOffset,
            transportSequenceNumber: transportSequenceNumber, absoluteSendTime: route.absoluteSendTime)
        let original = jobs.keepOriginal(UInt16(truncatingIfNeeded: sequenceNumber))
        let payload = UnsafeRawBufferPointer(
            start: source.advanced(by: Int(packet.headerByteCount)), count: Int(packet.payloadByteCount))
        return write(
            departure, index: number, packet, from: source, original, payload, on: route, into: &output, jobs: &jobs)
    }

    /// Writes the header behind the arena's tail, claims the datagram, and queues the encryption of the payload.
    private func write(
        _ departure: Departure, index: Int64, _ packet: StoredPacket, from source: UnsafeRawPointer,
        _ payload: UnsafeRawBufferPointer, _ payloadTail: UnsafeRawBufferPointer, on route: DepartureRoute,
        into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        let memory = output.unsafeTail
        let headerByteCount = header.write(departure, packet, from: source, to: memory)
        jobs.append(
            SRTPJob(
                header: UnsafeRawBufferPointer(start: memory, count: headerByteCount), payload: payload,
                payloadTail: payloadTail, destination: memory.advanced(by: headerByteCount), ssrc: departure.ssrc,
                index: UInt64(truncatingIfNeeded: index)))
        let byteCount = headerByteCount + payload.count + payloadTail.count + route.tagByteCount
        output.commit(byteCount, to: route.path)
        return byteCount
    }
}
