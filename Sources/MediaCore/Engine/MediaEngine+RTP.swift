/// Received media: authenticated, decrypted into its stream's store, parsed once.
extension MediaEngine {
    mutating func receiveRTP(_ datagram: RawSpan, _ transport: SlotID, at instant: MediaInstant) -> DropReason? {
        let header: RTPHeader
        do throws(RTPError) {
            header = try RTPHeader.parse(datagram)
        } catch {
            return .rtpMalformed
        }
        let tagByteCount = transports[transport].profile?.tagLength ?? 0
        guard datagram.byteCount >= header.headerByteCount + tagByteCount else { return .srtpTooShort }

        // What is already known of the SSRC decides where the packet is decrypted to; nothing changes before its tag
        // has been verified.
        let source = transports[transport].sources[header.ssrc]
        let memory: UnsafeMutableRawPointer
        var packet = StoredPacket()
        switch source {
        case .media(let stream), .retransmission(of: let stream):
            guard streams.contains(stream) else { return .closed }
            (memory, packet.position) = streams[stream].store.unsafeReserve(datagram.byteCount)
        case .announced, nil:
            memory = scratch.unsafeBase
        }
        let index: UInt64
        switch unprotect(datagram, header, transport, into: memory) {
        case .success(let value): index = value
        case .failure(let reason): return reason
        }

        let payloadByteCount = datagram.byteCount - header.headerByteCount - tagByteCount
        let payload = RawSpan(
            _unsafeStart: memory.advanced(by: header.headerByteCount), byteCount: payloadByteCount)
        guard let padding = RTPHeader.paddingByteCount(of: payload, hasPadding: header.hasPadding) else {
            return .rtpMalformed
        }
        packet.headerByteCount = UInt16(truncatingIfNeeded: header.headerByteCount)
        packet.payloadByteCount = UInt16(truncatingIfNeeded: payloadByteCount - padding)
        packet.timestamp = header.timestamp
        packet.marker = header.marker
        packet.arrival = instant
        packet.extendedSequenceNumber = Int64(index)
        let isBound = source?.stream != nil
        let names = readExtensions(header, datagram, transport, naming: !isBound, into: &packet, at: instant)

        switch source {
        case .media(let stream):
            let content = payload.extracting(0..<Int(packet.payloadByteCount))
            if let reason = packet.readFormat(header, content, streams[stream].codec) { return reason }
            return store(packet, in: stream, recovered: false, at: instant)
        case .retransmission(of: let stream):
            guard header.payloadType == streams[stream].codec.retransmissionPayloadType else {
                return .rtpUnknownPayloadType
            }
            return storeRetransmission(packet, payload, in: stream, at: instant)
        case .announced, nil:
            return bind(header, names, source, packet, transport, at: instant)
        }
    }

    /// Authenticates and decrypts to `memory`: the header as it came, the payload behind it.
    private mutating func unprotect(
        _ datagram: RawSpan, _ header: RTPHeader, _ transport: SlotID, into memory: UnsafeMutableRawPointer
    ) -> Result<UInt64, DropReason> {
        datagram.withUnsafeBytes { bytes in
            var job = SRTPJob(
                header: UnsafeRawBufferPointer(rebasing: bytes[..<header.headerByteCount]),
                payload: UnsafeRawBufferPointer(rebasing: bytes[header.headerByteCount...]),
                destination: memory.advanced(by: header.headerByteCount), ssrc: header.ssrc)
            withUnsafeMutablePointer(to: &job) { pointer in
                transports[transport].unprotect(UnsafeMutableBufferPointer(start: pointer, count: 1))
            }
            guard job.outcome == .success else { return .failure(job.outcome.dropReason ?? .notReady) }
            if let start = bytes.baseAddress {
                memory.copyMemory(from: start, byteCount: header.headerByteCount)
            }
            return .success(job.index)
        }
    }

    /// Reads the header extensions once: the transport's feedback learns of the arrival, the record where what is passed
    /// on stands. Returns the names that bind an SSRC to a stream, as ranges of the datagram.
    private mutating func readExtensions(
        _ header: RTPHeader, _ datagram: RawSpan, _ transport: SlotID, naming: Bool, into packet: inout StoredPacket,
        at instant: MediaInstant
    ) -> StreamNames {
        var names = StreamNames()
        var reader = RTPHeaderExtensionReader(header, datagram)
        while let element = reader.next() {
            let range = ExtensionRange(
                offset: UInt16(truncatingIfNeeded: element.offset), count: UInt8(truncatingIfNeeded: element.count))
            switch transports[transport].extensions.kind(of: element.identifier) {
            case .transportSequenceNumber:
                if let number = try? datagram.uint16(at: element.offset), element.count >= 2 {
                    transports[transport].feedback?.record(
                        transportSequenceNumber: number, at: instant, byteCount: datagram.byteCount)
                    touch(transport)
                }
            case .audioLevel: packet.audioLevel = range
            case .playoutDelay: packet.playoutDelay = range
            case .videoOrientation: packet.videoOrientation = range
            case .dependencyDescriptor: packet.dependencyDescriptor = range
            case .mid where naming: names.mid = text(element, datagram)
            case .rid where naming: names.rid = text(element, datagram)
            case .repairedRid where naming: names.repairedRid = text(element, datagram)
            case .videoLayersAllocation: packet.layersAllocation = range
            case .mid, .rid, .repairedRid, .absoluteSendTime, nil: break
            }
        }
        return names
    }

    private func text(_ element: RTPHeaderExtensionElement, _ datagram: RawSpan) -> String? {
        guard (1...16).contains(element.count),
            let bytes = try? datagram.slice(at: element.offset, count: element.count)
        else { return nil }
        return String(validating: bytes.array, as: UTF8.self)
    }

    /// Keeps an authenticated packet and queues it for forwarding.
    private mutating func store(
        _ packet: StoredPacket, in stream: SlotID, recovered: Bool, at instant: MediaInstant
    ) -> DropReason? {
        var packet = packet
        if !recovered {
            streams[stream].counters.packets &+= 1
            streams[stream].counters.payloadBytes &+= UInt64(packet.payloadByteCount)
            streams[stream].reception.receive(
                extendedSequence: packet.extendedSequenceNumber, rtpTimestamp: packet.timestamp, at: instant,
                clockRate: streams[stream].codec.codec.clockRate)
            streams[stream].clock.received(timestamp: packet.timestamp, at: instant)
        }
        switch streams[stream].store.accepts(packet.extendedSequenceNumber) {
        case .accepted: break
        case .duplicate: return recovered ? .rtpUselessRetransmission : .srtpReplayed
        case .tooOld: return .rtpOutOfRange
        }
        if streams[stream].isVideo {
            guard let layers = readLayers(packet, stream, at: instant) else {
                // To ask for it again would bring the same.
                streams[stream].missing?.receive(extendedSequence: packet.extendedSequenceNumber, at: instant)
                streams[stream].keyframes.want(at: instant)
                touch(streams[stream].transport)
                return .rtpUnusableDescriptor
            }
            packet.layers = layers
        }
        streams[stream].store.commit(packet)
        if recovered { streams[stream].counters.recovered &+= 1 }
        // A retransmission may come before the loss is noticed: publishers probe the link with copies nobody asked for.
        streams[stream].missing?.receive(extendedSequence: packet.extendedSequenceNumber, at: instant)
        if packet.isKeyframeStart {
            streams[stream].counters.keyframes &+= 1
            streams[stream].keyframes.keyframeArrived(at: instant)
            streams[stream].keyframeTimestamp = packet.timestamp
            streams[stream].keyframeStart = packet.extendedSequenceNumber
            if packet.layers.flags.contains(.described) { resolveLayers(behind: packet, stream) }
            // What is missing right before may be the picture's parameter sets.
            let first = streams[stream].store.firstOfPicture(packet)
            streams[stream].missing?.keyframeStarted(at: first)
        }
        let transport = streams[stream].transport
        if transports[transport].goodbyes.remove(streams[stream].ssrc) != nil {
            transports[transport].goodbyeDeadline = nil
        }
        lookAtLayers(packet, stream, at: instant)
        announce(packet, of: stream, at: instant)
        if transports[transport].nextReport == nil { transports[transport].nextReport = instant + .milliseconds(500) }
        touch(transport)
        return nil
    }

    /// Lets the stream's consumers know of a packet.
    private mutating func announce(_ packet: StoredPacket, of id: SlotID, at instant: MediaInstant) {
        guard let stream = streams.unsafeElement(id) else { return }
        let admission = admission(of: packet, in: stream, at: instant)
        guard admission != .silenced else { return }
        stream.pointee.arrivals.append(packet.extendedSequenceNumber, isResumption: admission == .heardAgain)
        guard !stream.pointee.isDirty, !stream.pointee.subscribers.isEmpty else { return }
        stream.pointee.isDirty = true
        dirty.append(id)
    }

    /// Takes the original out of a retransmission. Source: RFC 4588, section 4.
    private mutating func storeRetransmission(
        _ packet: StoredPacket, _ payload: RawSpan, in stream: SlotID, at instant: MediaInstant
    ) -> DropReason? {
        guard packet.payloadByteCount >= 2, let original = try? payload.uint16(at: 0),
            let highest = streams[stream].store.highest
        else { return .rtpUselessRetransmission }
        var packet = packet
        let step = Int16(bitPattern: original &- UInt16(truncatingIfNeeded: highest))
        // It was sent before, so it may be a little ahead of what arrived, but not by more than the store holds.
        guard step <= PacketStore.maximumRecoveryLead else { return .rtpOutOfRange }
        packet.extendedSequenceNumber = highest + Int64(step)
        // The two bytes count as header: extension offsets stay right, and the payload begins behind them.
        packet.headerByteCount += 2
        packet.payloadByteCount -= 2
        return store(packet, in: stream, recovered: true, at: instant)
    }

    // MARK: Binding

    /// Ties a new SSRC to a stream, now that its packet is authenticated, and keeps the packet.
    ///
    /// What SDP announced comes first, then MID and RID, then a payload type only one section uses.
    /// Source: RFC 8843, section 9.2; RFC 8852.
    private mutating func bind(
        _ header: RTPHeader, _ names: StreamNames, _ source: InboundSource?, _ packet: StoredPacket,
        _ transport: SlotID, at instant: MediaInstant
    ) -> DropReason? {
        var announced: SlotID?
        var repairs: UInt32?
        if case .announced(let producer, let original) = source { (announced, repairs) = (producer, original) }
        guard let producer = announced ?? self.producer(of: transport, header, names), producers.contains(producer)
        else { return .rtpUnknownSource }
        let codec = producers[producer].parameters.codec
        let memory = UnsafeRawPointer(scratch.unsafeBase)
        var packet = packet
        if header.payloadType == codec.payloadType || header.payloadType == codec.redundantPayloadType {
            let content = RawSpan(
                _unsafeStart: memory.advanced(by: Int(packet.headerByteCount)), byteCount: Int(packet.payloadByteCount))
            if let reason = packet.readFormat(header, content, codec) { return reason }
            guard let stream = createStream(header.ssrc, names.rid, producer, transport, at: instant) else {
                return .rtpUnknownSource
            }
            packet.position = copy(memory, packet, into: stream)
            return store(packet, in: stream, recovered: false, at: instant)
        }
        guard header.payloadType == codec.retransmissionPayloadType else { return .rtpUnknownPayloadType }
        var original = producers[producer].streams.first {
            names.repairedRid != nil && streams[$0].rid == names.repairedRid
        }
        if let repairs, case .media(let stream)? = transports[transport].sources[repairs] { original = stream }
        if names.repairedRid == nil, repairs == nil { original = producers[producer].streams.first }
        guard let original, streams.contains(original) else { return .rtpUnknownSource }
        transports[transport].sources[header.ssrc] = .retransmission(of: original)
        packet.position = copy(memory, packet, into: original)
        let payload = RawSpan(
            _unsafeStart: memory.advanced(by: Int(packet.headerByteCount)), byteCount: Int(packet.payloadByteCount))
        return storeRetransmission(packet, payload, in: original, at: instant)
    }

    private mutating func copy(_ memory: UnsafeRawPointer, _ packet: StoredPacket, into stream: SlotID) -> UInt64 {
        let (target, position) = streams[stream].store.unsafeReserve(packet.byteCount)
        target.copyMemory(from: memory, byteCount: packet.byteCount)
        return position
    }

    private func producer(of transport: SlotID, _ header: RTPHeader, _ names: StreamNames) -> SlotID? {
        if let mid = names.mid {
            return transports[transport].producers.first { producers[$0].parameters.mid == mid }
        }
        let matches = transports[transport].producers.filter {
            let codec = producers[$0].parameters.codec
            return codec.payloadType == header.payloadType || codec.retransmissionPayloadType == header.payloadType
                || codec.redundantPayloadType == header.payloadType
        }
        return matches.count == 1 ? matches[0] : nil
    }

    /// A new stream of a producer; nil for a RID that was not negotiated, or while a live stream has its place.
    private mutating func createStream(
        _ ssrc: UInt32, _ rid: String?, _ producer: SlotID, _ transport: SlotID, at instant: MediaInstant
    ) -> SlotID? {
        let parameters = producers[producer].parameters
        let encodings = parameters.encodings
        // Names count only where SDP gave some: each stream has a store of its own, so nobody may make them up.
        let isNamed = encodings.contains { $0.rid != nil }
        let rid = isNamed ? rid ?? encodings.first { $0.ssrc == ssrc }?.rid : nil
        guard !isNamed || encodings.contains(where: { $0.rid != nil && $0.rid == rid }) else { return nil }
        let live = producers[producer].streams
        let isFull = live.count >= min(max(encodings.count, 1), InboundStream.maximumPerProducer)
        if let old = live.first(where: { isNamed && streams[$0].rid == rid }) ?? (isFull ? live.first : nil) {
            guard streams[old].isSilent(for: InboundStream.silence, at: instant) else { return nil }
            remove(stream: old)
        }
        let stream = streams.insert(
            InboundStream(transport: transport, producer: producer, ssrc: ssrc, rid: rid, parameters: parameters))
        transports[transport].sources[ssrc] = .media(stream)
        producers[producer].streams.append(stream)
        unsettle(producer)
        return stream
    }

    /// Forgets a stream and what was bound to it.
    mutating func remove(stream: SlotID) {
        guard streams.contains(stream) else { return }
        for consumer in streams[stream].subscribers { forget(stream, by: consumer) }
        guard let removed = streams.remove(stream) else { return }
        let (transport, producer) = (removed.transport, removed.producer)
        if transports.contains(transport) {
            let stale = transports[transport].sources.filter { $0.value.stream == stream }.map { $0.key }
            for ssrc in stale { transports[transport].sources[ssrc] = nil }
        }
        if producers.contains(producer) {
            producers[producer].streams.removeAll { $0 == stream }
            unsettle(producer)
        }
    }
}

extension StoredPacket {
    /// Looks at a packet's payload type, and at what stands before its own content; why it can't be used, if so.
    fileprivate mutating func readFormat(
        _ header: RTPHeader, _ payload: RawSpan, _ codec: RTPCodecParameters
    ) -> DropReason? {
        guard header.payloadType != codec.payloadType else { return nil }
        guard header.payloadType == codec.redundantPayloadType else { return .rtpUnknownPayloadType }
        guard let redundancy = RedundantAudio(payload), redundancy.holdsOnly(codec.payloadType) else {
            return .rtpUnusableDescriptor
        }
        redundantByteCount = UInt16(truncatingIfNeeded: redundancy.primary.offset)
        return nil
    }
}

/// The names a packet gives its stream in header extensions.
struct StreamNames {
    var mid: String?
    var rid: String?
    var repairedRid: String?
}
