/// The layers of received streams: what their packets say of them, which of them arrive.
extension MediaEngine {
    /// How often layers are looked at while nothing new is seen of them: whether they have fallen silent.
    private static let lookInterval = MediaDuration.milliseconds(100)
    private static let keyframeHaste = MediaDuration.milliseconds(50)
    private static let rateLookInterval = MediaDuration.seconds(1)
    /// How long packets may wait for the templates of their dependency descriptors before a keyframe is asked for.
    private static let templateGrace = MediaDuration.milliseconds(50)

    /// What a packet of video says of its layers; nil when that can't be.
    mutating func readLayers(_ packet: StoredPacket, _ id: SlotID, at instant: MediaInstant) -> FrameLayers? {
        guard let stream = streams.unsafeElement(id) else { return nil }
        // Publishers probe the link with packets of padding.
        guard packet.payloadByteCount > 0 else { return FrameLayers() }
        guard var layers = Self.read(packet, stream) else { return nil }
        // Each slice of an IDR picture looks like a start: the picture's first one to arrive is.
        if layers.flags.contains(.keyframeStart), stream.pointee.keyframeTimestamp == packet.timestamp {
            layers.flags.remove(.keyframeStart)
        }
        guard layers.flags.contains(.unresolved) else {
            stream.pointee.unresolvedSince = nil
            return layers
        }
        drop(.rtpUnusableDescriptor)
        let since = stream.pointee.unresolvedSince ?? instant
        stream.pointee.unresolvedSince = since
        if instant - since >= Self.templateGrace { stream.pointee.keyframes.want(at: instant) }
        return layers
    }

    private static func read(_ packet: StoredPacket, _ stream: UnsafeMutablePointer<InboundStream>) -> FrameLayers? {
        let memory = stream.pointee.store.unsafeBytes(packet)
        let payload = RawSpan(
            _unsafeStart: memory.advanced(by: Int(packet.headerByteCount)), byteCount: Int(packet.payloadByteCount))
        let range = packet.dependencyDescriptor
        guard range.count > 0 else {
            return stream.pointee.reader.read(payload, descriptor: nil, marker: packet.marker)
        }
        let descriptor = RawSpan(_unsafeStart: memory.advanced(by: Int(range.offset)), byteCount: Int(range.count))
        return stream.pointee.reader.read(payload, descriptor: descriptor, marker: packet.marker)
    }

    /// Reads the packets again that came before the templates they refer to.
    mutating func resolveLayers(behind packet: StoredPacket, _ id: SlotID) {
        guard let stream = streams.unsafeElement(id), let highest = stream.pointee.store.highest,
            highest > packet.extendedSequenceNumber
        else { return }
        for number in (packet.extendedSequenceNumber + 1)...min(highest, packet.extendedSequenceNumber + 64) {
            guard let other = stream.pointee.store.record(number), other.layers.flags.contains(.unresolved),
                let layers = Self.read(other, stream), !layers.flags.contains(.unresolved)
            else { continue }
            stream.pointee.store.setLayers(layers, of: number)
        }
    }

    /// Meters a packet's layer, and lets watchers choose anew when other layers arrive than before.
    mutating func lookAtLayers(_ packet: StoredPacket, _ id: SlotID, at instant: MediaInstant) {
        guard let stream = streams.unsafeElement(id), let producer = producers.unsafeElement(stream.pointee.producer)
        else { return }
        let layers = packet.layers
        stream.pointee.meter.note(
            spatial: Int(layers.spatialLayer), temporal: Int(layers.temporalLayer),
            payloadByteCount: Int(packet.payloadByteCount),
            isFrameStart: layers.flags.contains(.frameStart) || !stream.pointee.isVideo,
            isKeyframe: packet.isKeyframeStart || stream.pointee.keyframeTimestamp == packet.timestamp,
            isAskedFor: stream.pointee.keyframes.hasAsked(at: instant), at: instant)
        if packet.isKeyframeStart { stream.pointee.announce(by: packet) }
        let isKnown =
            stream.pointee.shape.isLive && layers.spatialLayer <= stream.pointee.shape.spatialLayer
            && layers.temporalLayer <= stream.pointee.shape.temporalLayer
        if packet.layersAllocation.count > 0 { takeAllocation(packet, stream, producer, at: instant) }
        // What a publisher may change with every keyframe costs each of its watchers a choice.
        let mayHaveChanged = packet.isKeyframeStart || packet.layersAllocation.count > 0
        guard !isKnown || instant >= producer.pointee.nextLook - (mayHaveChanged ? Self.keyframeHaste : .zero) else {
            return
        }
        producer.pointee.nextLook = instant + Self.lookInterval
        var hasChanged = false
        for index in 0..<producer.pointee.streams.count {
            guard let stream = streams.unsafeElement(producer.pointee.streams[index]) else { continue }
            if stream.pointee.updateShape(at: instant) { hasChanged = true }
        }
        if producer.pointee.limitsFrameRate, instant >= producer.pointee.nextRateLook {
            producer.pointee.nextRateLook = instant + Self.rateLookInterval
            hasChanged = true
        }
        if hasChanged { unsettle(stream.pointee.producer) }
    }

    /// Takes what a publisher says of all its encodings: their sizes, and which of them it has stopped.
    private mutating func takeAllocation(
        _ packet: StoredPacket, _ carrier: UnsafeMutablePointer<InboundStream>,
        _ producer: UnsafeMutablePointer<Producer>, at instant: MediaInstant
    ) {
        let memory = carrier.pointee.store.unsafeBytes(packet).advanced(by: Int(packet.layersAllocation.offset))
        let bytes = RawSpan(_unsafeStart: memory, byteCount: Int(packet.layersAllocation.count))
        guard let allocation = VideoLayersAllocation(bytes) else { return }
        for (index, encoding) in producer.pointee.parameters.encodings.enumerated() {
            for id in producer.pointee.streams {
                guard let stream = streams.unsafeElement(id),
                    encoding.rid.map({ $0 == stream.pointee.rid }) ?? (encoding.ssrc == stream.pointee.ssrc)
                else { continue }
                stream.pointee.take(allocation.layers.filter { Int($0.stream) == index }, at: instant)
            }
        }
    }

    /// Remembers that the consumers of a producer have to choose anew.
    mutating func unsettle(_ producer: SlotID) {
        guard producers.contains(producer) else { return }
        producers[producer].hasNewLayers = true
        noteWish(producer)
    }

    /// Remembers that the consumers of a producer may want other layers than before.
    mutating func noteWish(_ producer: SlotID) {
        guard producers.contains(producer), !producers[producer].isUnsettled else { return }
        producers[producer].isUnsettled = true
        unsettled.append(producer)
    }

    /// Lets the consumers choose whose producers' layers have changed, gives them what their links carry, and tells what
    /// nobody wants.
    mutating func settle(at instant: MediaInstant) {
        guard !unsettled.isEmpty || !unallocated.isEmpty else { return }
        for producer in unsettled where producers.contains(producer) && producers[producer].hasNewLayers {
            producers[producer].hasNewLayers = false
            producers[producer].nextLadderLook = instant
            let ranked = ranked(producer)
            for consumer in producers[producer].consumers { choose(consumer, among: ranked) }
        }
        for transport in unallocated where transports.contains(transport) { allocate(transport, at: instant) }
        unallocated.removeAll(keepingCapacity: true)
        for producer in unsettled where producers.contains(producer) {
            producers[producer].isUnsettled = false
            noteDemand(of: producer)
        }
        unsettled.removeAll(keepingCapacity: true)
    }
}
