/// What watchers want of the layers there are, and what they get.
extension MediaEngine {
    /// The layers a consumer can choose among, and which of them it gets. Sound has none.
    ///
    /// - Throws: `MediaEngineError.unknownConsumer`.
    public func layers(of consumer: ConsumerID, at instant: MediaInstant) throws(MediaEngineError) -> ConsumerLayers {
        guard consumers.contains(consumer.slot), producers.contains(consumers[consumer.slot].producer) else {
            throw .unknownConsumer
        }
        let parameters = consumers[consumer.slot].parameters
        var result = ConsumerLayers(
            mid: parameters.mid, kind: parameters.kind, layers: [], preference: consumers[consumer.slot].preference,
            target: nil, current: nil)
        guard parameters.kind == .video else { return result }
        result.reason = allocationReason(of: consumer.slot)
        result.bitrate = consumers[consumer.slot].allocatedBitrate
        let producer = consumers[consumer.slot].producer
        for stream in ranked(producer) { appendLayers(of: stream, to: &result.layers, at: instant) }
        if let wanted = consumers[consumer.slot].wanted { result.target = position(of: wanted) }
        if let source = consumers[consumer.slot].source, streams.contains(source) {
            let targets = streams[source].reader.targets
            let current = consumers[consumer.slot].selector.current
            result.current = LayerPosition(
                encodingID: streams[source].rid, spatialLayer: targets.spatialLayer(current),
                temporalLayer: min(targets.temporalLayer(current), Int(streams[source].shape.temporalLayer)))
        }
        return result
    }

    private func appendLayers(of stream: SlotID, to layers: inout [LayerStatus], at instant: MediaInstant) {
        let shape = streams[stream].shape
        for spatial in (0...Int(shape.knownSpatialLayer)).reversed() {
            let size = shape.sizes[spatial]
            for temporal in (0...Int(shape.temporalLayer)).reversed() {
                layers.append(
                    LayerStatus(
                        encodingID: streams[stream].rid, spatialLayer: spatial, temporalLayer: temporal,
                        width: size.width > 0 ? Int(size.width) : nil, height: size.height > 0 ? Int(size.height) : nil,
                        frameRate: streams[stream].meter.frameRate(spatial: spatial, temporal: temporal, at: instant),
                        bitrate: streams[stream].meter.bitrate(
                            spatial: spatial, temporal: temporal, lowerSpatialLayers: true, at: instant),
                        isActive: streams[stream].meter.isActive(spatial: spatial, at: instant)))
            }
        }
    }

    func position(of target: LayerTarget) -> LayerPosition? {
        guard streams.contains(target.stream) else { return nil }
        return LayerPosition(
            encodingID: streams[target.stream].rid, spatialLayer: Int(target.spatialLayer),
            temporalLayer: Int(target.temporalLayer))
    }

    /// Says what a watcher wants of one video from now on.
    ///
    /// - Throws: `MediaEngineError.unknownConsumer`; `.invalidPreference` for a value out of range, which it names.
    public mutating func prefer(
        _ preference: LayerPreference, for consumer: ConsumerID, at instant: MediaInstant
    ) throws(MediaEngineError) {
        guard consumers.contains(consumer.slot) else { throw .unknownConsumer }
        try preference.validate()
        let isOther = preference != consumers[consumer.slot].preference
        consumers[consumer.slot].preference = preference
        let producer = consumers[consumer.slot].producer
        guard producers.contains(producer) else { return }
        if preference.maximumFrameRate != nil { producers[producer].limitsFrameRate = true }
        choose(consumer.slot, among: ranked(producer))
        // Who repeats itself wants nothing else, and what was learned of its link stays.
        if isOther { transports[consumers[consumer.slot].transport].allocator.wishesChanged() }
        allocate(consumers[consumer.slot].transport, at: instant)
        noteWish(producer)
    }

    // MARK: Choosing

    /// A producer's streams, the best first: by size, or, as long as the size of one is not known, by bit rate.
    func ranked(_ producer: SlotID) -> [SlotID] {
        let all = producers[producer].streams
        let haveSizes = all.allSatisfy { streams[$0].shape.size.width > 0 }
        func rank(_ stream: SlotID) -> (Int, Int) {
            let size = streams[stream].shape.size
            return (haveSizes ? Int(size.width) * Int(size.height) : 0, streams[stream].shape.rankingBitrate)
        }
        return all.sorted { rank($0) > rank($1) }
    }

    /// Lets a consumer choose the best of its producer's streams that arrives and suits it. Of video, it gets of that what
    /// its transport's link carries.
    mutating func choose(_ id: SlotID, among ranked: [SlotID]) {
        guard consumers.contains(id) else { return }
        let transport = consumers[id].transport
        // What comes before it is ready is not for it.
        guard transports[transport].isConnected else { return }
        let isPaused = consumers[id].preference.isPaused
        consumers[id].best = isPaused ? nil : choice(for: id, among: ranked, includingSilent: false)
        consumers[id].ideal = isPaused ? nil : choice(for: id, among: ranked, includingSilent: true)
        guard consumers[id].parameters.kind == .video else { return pursue(consumers[id].best, id) }
        noteUnallocated(transport)
    }

    /// Lets a consumer have a layer from the next moment on at which that can be; nil for none.
    mutating func pursue(_ wanted: LayerTarget?, _ id: SlotID) {
        let old = consumers[id].wanted
        if consumers[id].pendingChange?.hasLeftOut == true, wanted != nil, wanted?.stream != old?.stream, let old,
            streams.contains(old.stream)
        {
            // Pictures were left out for the change that is under way: it comes first, and this one after it.
            consumers[id].choosesAgain = true
            return
        }
        if let wanted, let source = consumers[id].source, wanted.stream == source {
            consumers[id].aim(at: wanted, among: streams[source].reader.targets)
            // One that begins anew with the same source goes on.
            if wanted.stream != old?.stream { consumers[id].cancelChange() }
        }
        guard wanted != old else {
            // A keyframe may have come that it waits for.
            if consumers[id].source != wanted?.stream { queue(id) }
            return
        }
        if let stream = old?.stream, stream != consumers[id].source, stream != wanted?.stream {
            unsubscribe(id, from: stream)
        }
        consumers[id].wanted = wanted
        noteWish(consumers[id].producer)
        guard let wanted else {
            unsubscribe(id)
            return
        }
        if wanted.stream != consumers[id].source {
            subscribe(id, to: wanted.stream)
            if wanted.stream != old?.stream { consumers[id].cancelChange() }
        }
        queue(id)
    }

    /// The best layer that suits a consumer; of those that arrive, unless silent ones count too.
    private func choice(for id: SlotID, among ranked: [SlotID], includingSilent: Bool) -> LayerTarget? {
        var preference = consumers[id].preference
        let parameters = consumers[id].parameters
        // Without a descriptor for each frame, receivers show nothing of AV1 with more than one spatial layer.
        if parameters.codec.codec == .av1, parameters.headerExtensions[.dependencyDescriptor] == nil {
            preference.spatialLayer = 0
        }
        var candidates = ranked
        guard parameters.kind == .video else {
            return candidates.first { streams[$0].shape.isLive }.map {
                LayerTarget(stream: $0, spatialLayer: 0, temporalLayer: 0)
            } ?? consumers[id].best.flatMap { streams.contains($0.stream) ? $0 : nil }
        }
        let named = preference.encodingID.flatMap { name in candidates.firstIndex { streams[$0].rid == name } }
        // Of a named encoding that is silent, the next lower one takes the place; if there is none, the lowest.
        if let named { candidates = Array(candidates[named...]) + candidates[..<named].reversed() }
        if !includingSilent {
            let live = candidates.filter { streams[$0].shape.isLive }
            // While nothing arrives at all, everything stays.
            guard !live.isEmpty else {
                return consumers[id].best.flatMap { streams.contains($0.stream) ? $0 : nil }
                    ?? candidates.first.map { LayerTarget(stream: $0, spatialLayer: 0, temporalLayer: 0) }
            }
            candidates = live
        }
        for stream in candidates {
            if let spatial = highestSpatialLayer(of: stream, within: preference, includingSilent: includingSilent) {
                return target(stream, spatial, preference)
            }
        }
        // None is small enough: the smallest is closest.
        return (named == nil ? candidates.last : candidates.first).map { target($0, 0, preference) }
    }

    private func highestSpatialLayer(
        of stream: SlotID, within preference: LayerPreference, includingSilent: Bool
    ) -> Int? {
        let shape = streams[stream].shape
        let present = includingSilent ? shape.knownSpatialLayer : shape.spatialLayer
        let highest = min(Int(present), max(preference.spatialLayer ?? .max, 0))
        return (0...highest).reversed().first { spatial in
            let size = shape.sizes[spatial]
            return Int(size.width) <= preference.maximumWidth ?? .max
                && Int(size.height) <= preference.maximumHeight ?? .max
        }
    }

    private func target(_ stream: SlotID, _ spatial: Int, _ preference: LayerPreference) -> LayerTarget {
        var temporal = min(Int(streams[stream].shape.temporalLayer), preference.temporalLayer ?? .max)
        if let maximum = preference.maximumFrameRate {
            while temporal > 0, streams[stream].frameRate(spatial: spatial, temporal: temporal) > Double(maximum) * 1.1
            {
                temporal -= 1
            }
        }
        return LayerTarget(stream: stream, spatialLayer: UInt8(spatial), temporalLayer: UInt8(temporal))
    }

    // MARK: Subscriptions

    private mutating func subscribe(_ consumer: SlotID, to stream: SlotID) {
        guard streams.contains(stream), !streams[stream].subscribers.contains(consumer) else { return }
        streams[stream].subscribers.append(consumer)
    }

    mutating func unsubscribe(_ consumer: SlotID, from stream: SlotID) {
        guard streams.contains(stream) else { return }
        streams[stream].subscribers.removeAll { $0 == consumer }
    }

    /// Moves a consumer that goes on with another stream.
    mutating func moveSubscription(_ consumer: SlotID, from old: SlotID?, to new: SlotID) {
        if let old, old != new { unsubscribe(consumer, from: old) }
        subscribe(consumer, to: new)
    }

    /// Takes a consumer off everything; it begins anew when it wants something again.
    mutating func unsubscribe(_ consumer: SlotID) {
        guard consumers.contains(consumer) else { return }
        if let source = consumers[consumer].source { unsubscribe(consumer, from: source) }
        if let wanted = consumers[consumer].wanted { unsubscribe(consumer, from: wanted.stream) }
        consumers[consumer].wanted = nil
        consumers[consumer].stop()
    }

    /// Makes a consumer forget a stream that ends.
    mutating func forget(_ stream: SlotID, by consumer: SlotID) {
        guard consumers.contains(consumer) else { return }
        if consumers[consumer].source == stream { consumers[consumer].stop() }
        if consumers[consumer].wanted?.stream == stream {
            consumers[consumer].wanted = nil
            consumers[consumer].cancelChange()
        }
    }

    // MARK: Demand

    /// Tells which layers nobody watches, when that has changed.
    mutating func noteDemand(of producer: SlotID) {
        guard producers[producer].parameters.kind == .video else { return }
        var watched: [SlotID: UInt8] = [:]
        func watch(_ target: LayerTarget?) {
            guard let target else { return }
            watched[target.stream] = max(watched[target.stream] ?? 0, target.spatialLayer)
        }
        for consumer in producers[producer].consumers {
            watch(consumers[consumer].wanted)
            // Who would watch a layer if it came watches it: else what was stopped would never come back.
            watch(consumers[consumer].ideal)
            if let source = consumers[consumer].source, watched[source] == nil { watched[source] = 0 }
        }
        var unwatched: [LayerPosition] = []
        for stream in ranked(producer) {
            for spatial in 0...streams[stream].shape.knownSpatialLayer
            where watched[stream].map({ spatial > $0 }) ?? true {
                unwatched.append(
                    LayerPosition(encodingID: streams[stream].rid, spatialLayer: Int(spatial), temporalLayer: 0))
            }
        }
        guard unwatched != producers[producer].unwatched else { return }
        producers[producer].unwatched = unwatched
        events.append(.unwatchedLayers(ProducerID(slot: producer), unwatched))
    }
}
