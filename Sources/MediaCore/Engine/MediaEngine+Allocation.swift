/// What each watcher gets of the videos it wants: as much as its link carries.
extension MediaEngine {
    /// How often it is looked at what layers cost.
    private static let costInterval = MediaDuration.milliseconds(200)

    /// Remembers that it is to be decided anew what a watcher gets.
    mutating func noteUnallocated(_ transport: SlotID) {
        guard transports.contains(transport), !transports[transport].isUnallocated else { return }
        transports[transport].isUnallocated = true
        unallocated.append(transport)
    }

    /// What of a watcher's link all media may take, in bit/s on the wire: what is sent again has its part first, a fifth at
    /// most, as much of it ends with the layers that it was lost of.
    func budget(of transport: SlotID) -> Int64 {
        let estimate = transports[transport].estimator.rates.target
        let left = max(estimate - Int64(transports[transport].resendRate.bitrate), estimate - estimate / 5)
        return min(left, transports[transport].bitrateCap ?? .max)
    }

    /// Decides what a watcher gets of each of its videos.
    mutating func allocate(_ transport: SlotID, at instant: MediaInstant) {
        transports[transport].isUnallocated = false
        guard transports[transport].isConnected else { return }
        plan.removeAll()
        for consumer in transports[transport].consumers { addToPlan(consumer, at: instant) }
        transports[transport].allocator.allocate(
            &plan, estimate: budget(of: transport), delay: sendDelay(of: transport, at: instant), at: instant)
        for track in plan.tracks.indices { give(track, at: instant) }
        tellUseful(transport, at: instant)
    }

    /// Lets a video have what the plan gives it.
    private mutating func give(_ track: Int, at instant: MediaInstant) {
        let consumer = plan.tracks[track].consumer
        let target = plan.target(track)
        consumers[consumer].allocatedBitrate = plan.bitrate(track, at: plan.tracks[track].granted)
        let reason: AllocationReason =
            if consumers[consumer].preference.isPaused {
                .paused
            } else if consumers[consumer].best == nil {
                .silent
            } else if plan.tracks[track].missing == 0 {
                .preferred
            } else { target == nil ? .bandwidthPaused : .bandwidth }
        let before = (consumers[consumer].wanted, consumers[consumer].allocationReason)
        pursue(target, consumer)
        consumers[consumer].allocationReason = reason
        // A change that has to wait for another is told when its turn comes.
        if before != (target, reason), consumers[consumer].wanted == target {
            events.append(.layerAllocated(ConsumerID(slot: consumer), target.flatMap { position(of: $0) }, reason))
        }
    }

    /// Tells the estimator what of the link would be of use: twice what is wanted, as publishers may come to send more. What
    /// a cap forbids is of none.
    private mutating func tellUseful(_ transport: SlotID, at instant: MediaInstant) {
        let allocator = transports[transport].allocator
        let cap = transports[transport].bitrateCap ?? .max
        transports[transport].estimator.setUsefulBitrate(
            2 * min(allocator.wanted, cap), next: allocator.nextStep.flatMap { $0 <= cap ? $0 : nil }, at: instant)
        takeProbes(of: transport, at: instant)
    }

    // MARK: The plan

    private mutating func addToPlan(_ id: SlotID, at instant: MediaInstant) {
        guard consumers.contains(id), producers.contains(consumers[id].producer) else { return }
        let producer = consumers[id].producer
        guard consumers[id].parameters.kind == .video else {
            guard let sound = ladder(of: producer, at: instant).last else { return }
            plan.reserved += sound.bitrate
            return
        }
        let preference = consumers[id].preference
        let isSlides = producers[producer].parameters.isSlides
        let isDetail = preference.contentHint.map { $0 == .detail } ?? isSlides
        let hasMinimum = preference.minimumHeight ?? 0 > 0 || preference.minimumSpatialLayer ?? 0 > 0
        plan.add(id, priority: preference.priority, isScreen: isSlides || isDetail, hasMinimum: hasMinimum)
        guard let best = consumers[id].best else { return }
        let ladder = ladder(of: producer, at: instant)
        guard let top = ladder.lastIndex(where: { $0.target == best }) else {
            // While nothing arrives, everything stays.
            return plan.add(AllocationPlan.Step(target: best, bitrate: 0, peak: 0), isHeld: true)
        }
        let wanted = consumers[id].wanted
        // Where less is wanted than it has, that has gone for it too.
        let isThere = ladder[...top].contains { rung in
            rung.target == wanted
                && (wanted == best
                    || suits(rung, of: ladder, best: best, wanted: wanted, preference, isDetail: isDetail))
        }
        for (index, rung) in ladder[...top].enumerated()
        where index == top || suits(rung, of: ladder, best: best, wanted: wanted, preference, isDetail: isDetail) {
            // Of what has gone, what costs no more takes the place.
            let isHeld = isThere ? rung.target == wanted : rung.bitrate <= consumers[id].allocatedBitrate
            plan.add(
                AllocationPlan.Step(target: rung.target, bitrate: rung.bitrate, peak: rung.peak),
                isHeld: wanted != nil && isHeld)
        }
    }

    /// Whether a watcher may be given a rung below the best that suits it.
    private func suits(
        _ rung: LayerRung, of ladder: [LayerRung], best: LayerTarget, wanted: LayerTarget?,
        _ preference: LayerPreference, isDetail: Bool
    ) -> Bool {
        let target = rung.target
        let size = streams[target.stream].shape.sizes[Int(target.spatialLayer)]
        let least = preference.minimumHeight ?? 0
        guard size.height == 0 || Int(size.height) >= least,
            Int(target.spatialLayer) >= preference.minimumSpatialLayer ?? 0,
            target.stream != best.stream
                || target.spatialLayer <= best.spatialLayer && target.temporalLayer <= best.temporalLayer,
            Int(target.temporalLayer) <= preference.temporalLayer ?? .max,
            target.temporalLayer == 0 || rung.frameRate <= Double(preference.maximumFrameRate ?? .max) * 1.1
        else { return false }
        if target == wanted { return true }
        func isSameLayer(_ other: LayerTarget) -> Bool {
            other.stream == target.stream && other.spatialLayer == target.spatialLayer
        }
        // Motion: few pictures of the smallest size only. Detail: few pictures of each size, more of the largest.
        if isDetail { return target.temporalLayer == 0 || isSameLayer(best) }
        let isSmallest = ladder.first.map { isSameLayer($0.target) } ?? true
        let hasMore = ladder.contains {
            isSameLayer($0.target) && $0.target.temporalLayer > target.temporalLayer
                && Int($0.target.temporalLayer) <= preference.temporalLayer ?? .max
                && $0.frameRate <= Double(preference.maximumFrameRate ?? .max) * 1.1
                && (!isSameLayer(best) || $0.target.temporalLayer <= best.temporalLayer)
        }
        return isSmallest || !hasMore
    }

    /// What arrives of a producer, the least first, with what it takes of a link.
    private mutating func ladder(of producer: SlotID, at instant: MediaInstant) -> [LayerRung] {
        guard instant >= producers[producer].nextLadderLook else { return producers[producer].ladder }
        producers[producer].nextLadderLook = instant + Self.costInterval
        producers[producer].ladder.removeAll(keepingCapacity: true)
        for stream in ranked(producer).reversed() where streams[stream].shape.isLive {
            streams[stream].updateCosts(at: instant)
            let shape = streams[stream].shape
            for spatial in 0...shape.spatialLayer {
                for temporal in 0...shape.temporalLayer {
                    let cost = streams[stream].costs.bitrate(spatial: Int(spatial), temporal: Int(temporal))
                    producers[producer].ladder.append(
                        LayerRung(
                            target: LayerTarget(stream: stream, spatialLayer: spatial, temporalLayer: temporal),
                            bitrate: cost.present, peak: cost.peak,
                            frameRate: streams[stream].frameRate(spatial: Int(spatial), temporal: Int(temporal))))
                }
            }
        }
        return producers[producer].ladder
    }
}
