/// What the link to each watcher carries, and what follows from it.
extension MediaEngine {
    /// What a watcher's link is believed to carry, in bit/s on the wire, UDP and IP headers included; within the
    /// configuration's `bitrateLimits`.
    ///
    /// - Throws: `MediaEngineError.unknownTransport`.
    public func estimatedBitrate(of transport: TransportID) throws(MediaEngineError) -> Int64 {
        guard transports.contains(transport.slot) else { throw .unknownTransport }
        return transports[transport.slot].estimator.rates.target
    }

    /// What of that media for the watcher may take at present, in bit/s on the wire: what is left once packets that have
    /// to be sent again have had their part, and those that wait to leave are to be gone within a second. Half of the
    /// estimate at least.
    ///
    /// - Throws: `MediaEngineError.unknownTransport`.
    public func availableBitrate(
        of transport: TransportID, at instant: MediaInstant
    ) throws(MediaEngineError) -> Int64 {
        let estimate = Double(try estimatedBitrate(of: transport))
        let left = estimate * (1 - min(sendDelay(of: transport.slot, at: instant).inSeconds, 1))
        return Int64(max(left - transports[transport.slot].resendRate.bitrate, estimate / 2))
    }

    /// How long the next packet that waits for a watcher's pacer has waited.
    func sendDelay(of transport: SlotID, at instant: MediaInstant) -> MediaDuration {
        guard transports[transport].isPaced else { return .zero }
        var longest = MediaDuration.zero
        for consumer in transports[transport].consumers {
            guard let since = consumers[consumer].waitingSince, let source = consumers[consumer].source,
                let stream = streams.unsafeElement(source),
                consumers[consumer].position < stream.pointee.arrivals.end,
                let packet = stream.pointee.store.record(stream.pointee.arrivals[consumers[consumer].position])
            else { continue }
            longest = max(longest, instant - max(since, packet.arrival))
        }
        return longest
    }

    /// A watcher's transport is ready: what its link carries is to be found out.
    mutating func beginEstimate(_ transport: SlotID, at instant: MediaInstant) {
        guard !transports[transport].consumers.isEmpty else { return }
        transports[transport].measured = transports[transport].ice.selectedPath?.remote
        transports[transport].estimator.begin(at: instant)
        takeRates(of: transport, at: instant)
    }

    /// Tells the estimator what left since it was last told.
    mutating func tellSent(_ transport: SlotID, at instant: MediaInstant) {
        let byteCount = transports[transport].untoldByteCount
        transports[transport].resendRate.advance(to: instant)
        guard byteCount > 0 else { return }
        transports[transport].untoldByteCount = 0
        transports[transport].estimator.sent(byteCount: byteCount, at: instant)
    }

    /// Lets the pacer go on as the estimator says, which has just learned something.
    mutating func takeRates(of transport: SlotID, at instant: MediaInstant) {
        transports[transport].pacer.set(transports[transport].estimator.rates, at: instant)
        takeProbes(of: transport, at: instant)
        if transports[transport].allocator.isDue(estimate: budget(of: transport), at: instant) {
            noteUnallocated(transport)
        }
        touch(transport)
    }

    /// Lets the pacer send the clusters that the estimator asks for.
    mutating func takeProbes(of transport: SlotID, at instant: MediaInstant) {
        while let probe = transports[transport].estimator.takeProbe() {
            transports[transport].pacer.enqueue(probe, at: instant)
        }
    }

    /// When a watcher's transport needs the engine for what it sends; nil while it does not.
    func departureDeadline(of transport: SlotID) -> MediaInstant? {
        guard let element = transports.unsafeElement(transport) else { return nil }
        var deadline = element.pointee.estimator.nextDeadline
        // What is not sent is not reported on: who waits for more is asked again all the same.
        if element.pointee.allocator.nextStep != nil { consider(element.pointee.allocator.nextLook) }
        func consider(_ other: MediaInstant?) {
            if let other { deadline = min(deadline ?? other, other) }
        }
        if element.pointee.isDeparting { return deadline }
        if element.pointee.isPaced {
            consider(element.pointee.pacer.nextDeparture)
        } else if element.pointee.wantsPadding {
            consider(element.pointee.pacer.nextPadding)
        }
        return deadline
    }

    /// Does what is due of it.
    mutating func resumeDeparture(of transport: SlotID, at instant: MediaInstant) {
        guard let element = transports.unsafeElement(transport) else { return }
        if let due = element.pointee.estimator.nextDeadline, due <= instant {
            tellSent(transport, at: instant)
            element.pointee.estimator.advance(to: instant)
            takeRates(of: transport, at: instant)
        }
        if element.pointee.allocator.nextStep != nil, element.pointee.allocator.nextLook <= instant {
            allocate(transport, at: instant)
        }
        let isDue =
            element.pointee.isPaced
            ? element.pointee.pacer.nextDeparture <= instant
            : element.pointee.wantsPadding && element.pointee.pacer.nextPadding.map { $0 <= instant } == true
        if isDue { queueTransport(transport) }
    }
}
