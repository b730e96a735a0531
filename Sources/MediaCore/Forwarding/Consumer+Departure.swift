/// Where a consumer's packets go and what they cost: the same for every packet of a run.
struct DepartureRoute {
    var path: NetworkPath
    var tagByteCount: Int
    /// What UDP and IP add to each datagram.
    var overheadByteCount: Int
    var instant: MediaInstant
    /// 24 bits of seconds as 6.18 fixed point.
    var absoluteSendTime: UInt32
}

extension Consumer {
    /// Starts to fetch where the next departures will be remembered.
    func prefetchHistory(packets: Int) {
        history.prefetch(from: highestSent + 1, count: packets)
    }

    /// The most bytes a packet can take in the transmit arena.
    func byteCountBound(_ packet: StoredPacket, tagByteCount: Int) -> Int {
        header.byteCountBound(packet) + 2 + Int(packet.payloadByteCount) + tagByteCount
    }

    /// A stored packet as this watcher can take it.
    func form(of packet: StoredPacket) -> StoredPacket {
        packet.redundantByteCount > 0 && !passesRedundancy ? packet.withoutRedundancy : packet
    }

    /// Writes a packet that was never sent before, under its number and as `rewrite` has it; the caller has made sure of
    /// room in both queues.
    mutating func depart(
        _ packet: StoredPacket, _ rewrite: SentPacket.Rewrite, as number: Int64, from source: UnsafeRawPointer,
        activeTargets: UInt32?, on route: DepartureRoute, transportSequenceNumber: UInt16,
        into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        let sent = SentPacket(
            sequenceNumber: number, source: packet.extendedSequenceNumber, rewrite: rewrite,
            transportSequenceNumber: transportSequenceNumber, absoluteSendTime: route.absoluteSendTime,
            at: route.instant)
        self.sent(
            sent, number, timestamp: packet.timestamp &+ rewrite.timestampOffset,
            payloadByteCount: rewrite.flags.contains(.filler) ? 0 : Int(packet.payloadByteCount), at: route.instant)
        return repeatDeparture(
            sent, number, packet, from: source, activeTargets: activeTargets, on: route, into: &output, jobs: &jobs)
    }

    /// Writes a packet exactly as it was first sent under its extended sequence number: the same index under the same
    /// key protects the same bytes.
    mutating func repeatDeparture(
        _ sent: SentPacket, _ sequenceNumber: Int64, _ packet: StoredPacket, from source: UnsafeRawPointer,
        activeTargets: UInt32?, on route: DepartureRoute, into output: inout TransmitArena,
        jobs: inout ProtectionQueue
    ) -> Int {
        let rewrite = sent.rewrite
        var departure = departure(
            rewrite, packet, activeTargets: activeTargets, ssrc: ssrc,
            payloadType: packet.redundantByteCount > 0 ? redundantPayloadType ?? payloadType : payloadType,
            sequenceNumber: UInt16(truncatingIfNeeded: sequenceNumber))
        departure.transportSequenceNumber = sent.transportSequenceNumber
        departure.absoluteSendTime = sent.absoluteSendTime
        let head = jobs.unsafeHead
        var headByteCount = 0
        var skipped = 0
        if rewrite.flags.contains(.filler) {
            departure.isPadding = true
            // The count of padding, itself included. Source: RFC 3550, section 5.1.
            head.storeBytes(of: 1, as: UInt8.self)
            (headByteCount, skipped) = (1, Int(packet.payloadByteCount))
        } else {
            skipped = rewritePayload(rewrite, packet, from: source, to: head)
            headByteCount = skipped
        }
        return write(
            departure, index: sequenceNumber, packet, from: source, headByteCount: headByteCount, skipped: skipped,
            on: route, into: &output, jobs: &jobs)
    }

    /// Writes a packet again in the retransmission stream, under a number of its own. Source: RFC 4588, section 4.
    mutating func retransmit(
        _ sent: SentPacket, _ sequenceNumber: Int64, _ packet: StoredPacket, from source: UnsafeRawPointer,
        activeTargets: UInt32?, on route: DepartureRoute, transportSequenceNumber: UInt16,
        into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        let number = takeRetransmissionNumber()
        let rewrite = sent.rewrite
        var departure = departure(
            rewrite, packet, activeTargets: activeTargets, ssrc: retransmissionSSRC,
            payloadType: parameters.codec.retransmissionPayloadType ?? 0,
            sequenceNumber: UInt16(truncatingIfNeeded: number))
        departure.transportSequenceNumber = transportSequenceNumber
        departure.absoluteSendTime = route.absoluteSendTime
        let head = jobs.unsafeHead
        head.storeBytes(of: UInt16(truncatingIfNeeded: sequenceNumber).bigEndian, as: UInt16.self)
        let skipped =
            rewrite.flags.contains(.filler)
            ? Int(packet.payloadByteCount)
            : rewritePayload(rewrite, packet, from: source, to: head.advanced(by: 2))
        let headByteCount = rewrite.flags.contains(.filler) ? 2 : 2 + skipped
        return write(
            departure, index: number, packet, from: source, headByteCount: headByteCount, skipped: skipped,
            on: route, into: &output, jobs: &jobs)
    }

    /// The values of a packet's header that follow from its first departure.
    mutating func departure(
        _ rewrite: SentPacket.Rewrite, _ packet: StoredPacket, activeTargets: UInt32?, ssrc: UInt32,
        payloadType: UInt8, sequenceNumber: UInt16
    ) -> Departure {
        var departure = Departure(
            ssrc: ssrc, payloadType: payloadType, sequenceNumber: sequenceNumber,
            marker: rewrite.flags.contains(.marker), isFiller: rewrite.flags.contains(.filler),
            timestamp: packet.timestamp &+ rewrite.timestampOffset,
            transportSequenceNumber: 0, absoluteSendTime: 0)
        if packet.layers.flags.contains(.described), let run = sourceRun(rewrite.run) {
            departure.frameNumber = UInt16(truncatingIfNeeded: packet.layers.frameNumber) &+ run.frameNumberOffset
            departure.activeTargets = activeTargets
        }
        return departure
    }

    /// Writes the beginning of a payload with the consumer's numbers; returns how many bytes that are. None when they
    /// are the source's own, or when the descriptor's numbers are what counts.
    private mutating func rewritePayload(
        _ rewrite: SentPacket.Rewrite, _ packet: StoredPacket, from source: UnsafeRawPointer,
        to head: UnsafeMutableRawPointer
    ) -> Int {
        let layers = packet.layers
        guard layers.pictureNumberOffset | layers.levelZeroOffset != 0,
            !(header.hasDependencyDescriptor && layers.flags.contains(.described)),
            let run = sourceRun(rewrite.run)
        else { return 0 }
        let isLong = layers.flags.contains(.longPictureNumber)
        let mask: UInt16 = isLong ? 0x7FFF : 0x7F
        let number = rewrite.pictureNumber & mask
        let isSame =
            layers.pictureNumberOffset == 0
            || number == UInt16(truncatingIfNeeded: layers.pictureNumber) & mask
        guard !isSame || layers.levelZeroOffset != 0 && run.levelZeroOffset != 0 else { return 0 }
        let pictureOffset = Int(layers.pictureNumberOffset)
        let levelZeroOffset = Int(layers.levelZeroOffset)
        let count = max(pictureOffset == 0 ? 0 : pictureOffset + (isLong ? 2 : 1), levelZeroOffset + 1)
        guard count <= Self.maximumRewrittenByteCount, count <= Int(packet.payloadByteCount) else { return 0 }
        head.copyMemory(from: source.advanced(by: Int(packet.headerByteCount)), byteCount: count)
        if pictureOffset != 0 {
            if isLong {
                head.storeBytes(of: (number | 0x8000).bigEndian, toByteOffset: pictureOffset, as: UInt16.self)
            } else {
                head.storeBytes(of: UInt8(number), toByteOffset: pictureOffset, as: UInt8.self)
            }
        }
        if levelZeroOffset != 0 {
            head.storeBytes(
                of: layers.levelZeroIndex &+ run.levelZeroOffset, toByteOffset: levelZeroOffset, as: UInt8.self)
        }
        return count
    }

    /// How much of a payload may be rewritten: the numbers of VP8 and VP9 end long before.
    private static let maximumRewrittenByteCount = ProtectionQueue.headByteCount - 2

    /// Writes the header behind the arena's tail, claims the datagram, and queues the encryption of the payload: the
    /// head, and what is left of the stored one when its first bytes are skipped.
    mutating func write(
        _ departure: Departure, index: Int64, _ packet: StoredPacket, from source: UnsafeRawPointer,
        headByteCount: Int, skipped: Int, on route: DepartureRoute, into output: inout TransmitArena,
        jobs: inout ProtectionQueue
    ) -> Int {
        let memory = output.unsafeTail
        let headerByteCount = header.write(departure, packet, from: source, to: memory)
        let rest = UnsafeRawBufferPointer(
            start: source.advanced(by: Int(packet.headerByteCount) + skipped),
            count: Int(packet.payloadByteCount) - skipped)
        let head = UnsafeRawBufferPointer(start: UnsafeRawPointer(jobs.unsafeHead), count: headByteCount)
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        jobs.append(
            SRTPJob(
                header: UnsafeRawBufferPointer(start: memory, count: headerByteCount),
                payload: headByteCount == 0 ? rest : head, payloadTail: headByteCount == 0 ? none : rest,
                destination: memory.advanced(by: headerByteCount), ssrc: departure.ssrc,
                index: UInt64(truncatingIfNeeded: index)))
        let byteCount = headerByteCount + headByteCount + rest.count + route.tagByteCount
        output.commit(byteCount, to: route.path)
        return byteCount
    }
}
