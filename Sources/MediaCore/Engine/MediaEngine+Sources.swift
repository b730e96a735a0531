/// What a consumer is fed from: where it begins, and how it changes from one layer to another.
extension MediaEngine {
    /// How long a keyframe of the next source waits for the rest of the old one's picture: what is lost of it may be sent
    /// again meanwhile.
    private static let pictureGrace = MediaDuration.milliseconds(100)
    /// How long packets wait for the beginning of their picture.
    private static let orderGrace = MediaDuration.milliseconds(50)
    /// How far before a packet its picture's beginning is looked for.
    private static let pictureReach: Int64 = 128
    /// Of how many packets before the last one none may be missing then.
    private static let settledCount: Int64 = 32
    /// Sound that came longer ago is not what a watcher who comes late begins with.
    private static let soundGrace = MediaDuration.milliseconds(100)
    /// What a watcher who comes late gets of the time before it: the picture's history since its last keyframe, unless
    /// that is more than this.
    private static let historyByteCount = 192 << 10
    private static let historyPacketCount = 384
    /// How long pictures that only lead up to the newest one may take to leave.
    private static let squeezeTime = MediaDuration.milliseconds(100)
    /// How far apart two packets of a stream may be and both be forwarded when it begins.
    private static let reach: Int64 = 1024

    /// Lets a consumer begin with the stream it wants, or change over to it, when there is a keyframe to begin with.
    ///
    /// What it had before goes on until then, and to the end of its picture.
    mutating func changeSource(_ run: DepartureRun) -> DepartureProgress {
        let consumer = run.consumer
        guard let wanted = consumer.pointee.wanted,
            wanted.stream != consumer.pointee.source || consumer.pointee.stalledAt != nil,
            let stream = streams.unsafeElement(wanted.stream)
        else { return .done }
        guard let start = beginning(of: stream, for: run) else {
            // Sound that pauses is waited for.
            guard stream.pointee.isVideo,
                consumer.pointee.mayAskForKeyframe(at: run.route.instant) || fits(run)
            else { return .done }
            stream.pointee.keyframes.want(at: run.route.instant)
            touch(stream.pointee.transport)
            return .done
        }
        if consumer.pointee.pendingChange?.start != start {
            // No further picture of the old source begins.
            consumer.pointee.pendingChange = PendingChange(
                start: start, noticed: consumer.pointee.pendingChange?.noticed ?? run.route.instant,
                lastTimestamp: consumer.pointee.pendingChange?.lastTimestamp ?? newestTimestamp(of: run),
                hasLeftOut: consumer.pointee.pendingChange?.hasLeftOut ?? false)
        }
        guard let packet = stream.pointee.store.record(start), let pending = consumer.pointee.pendingChange,
            isPictureComplete(run) || run.route.instant - pending.noticed >= Self.pictureGrace
        else { return .done }
        return begin(with: stream, wanted, at: packet, run)
    }

    /// Whether all that a consumer's transport is to get takes not much more than its link carries.
    private func fits(_ run: DepartureRun) -> Bool {
        var total = 0
        for id in run.transport.pointee.consumers {
            guard let target = consumers.unsafeElement(id)?.pointee.wanted,
                let stream = streams.unsafeElement(target.stream)
            else { continue }
            let bitrate = stream.pointee.meter.bitrate(
                spatial: Int(target.spatialLayer), temporal: Int(target.temporalLayer), lowerSpatialLayers: true,
                at: run.route.instant)
            // What is not known yet may be anything.
            guard bitrate > 0 || !stream.pointee.isVideo else { return false }
            total += bitrate
        }
        // Who follows the estimate is a little above it when it has just fallen.
        return Int64(total) <= run.transport.pointee.estimator.rates.target * 5 / 4
    }

    /// The packet of a stream that a consumer can begin with now; nil when there is none.
    private func beginning(of stream: UnsafeMutablePointer<InboundStream>, for run: DepartureRun) -> Int64? {
        guard stream.pointee.isVideo else { return newestSound(of: stream, at: run.route.instant) }
        guard let number = stream.pointee.keyframeStart, let packet = stream.pointee.store.record(number),
            let highest = stream.pointee.store.highest
        else { return nil }
        // One that it had in part is not sent again.
        let goesOn =
            run.consumer.pointee.stalledAt != nil && run.consumer.pointee.source == run.consumer.pointee.wanted?.stream
        if goesOn, number <= run.consumer.pointee.numbers.highestTaken { return nil }
        guard isBeginningKnown(packet, of: stream, at: run.route.instant) else { return nil }
        // One that is only just arriving.
        if run.route.instant - packet.arrival < KeyframeRequester.arrivalTime { return number }
        if let pending = run.consumer.pointee.pendingChange, pending.start == number { return number }
        guard run.consumer.pointee.source == nil || run.consumer.pointee.stalledAt != nil,
            highest - number < Int64(Self.historyPacketCount)
        else { return nil }
        var byteCount = 0
        for number in number...highest {
            guard let packet = stream.pointee.store.record(number) else { return nil }
            byteCount += packet.byteCount
        }
        return byteCount <= Self.historyByteCount ? number : nil
    }

    /// Whether it is known where a keyframe's picture begins: parameter sets may be on their way still.
    private func isBeginningKnown(
        _ packet: StoredPacket, of stream: UnsafeMutablePointer<InboundStream>, at instant: MediaInstant
    ) -> Bool {
        guard stream.pointee.codec.codec.leadsWithParameterSets,
            packet.layers.flags.isDisjoint(with: [.parameterSets, .described])
        else { return true }
        return stream.pointee.store.record(stream.pointee.store.firstOfPicture(packet) - 1) != nil
            || instant - packet.arrival >= Self.orderGrace
    }

    /// The lowest number of what has just arrived of a stream of sound.
    private func newestSound(of stream: UnsafeMutablePointer<InboundStream>, at instant: MediaInstant) -> Int64? {
        var lowest: Int64?
        var position = stream.pointee.arrivals.end
        while position > stream.pointee.arrivals.start {
            position -= 1
            guard let packet = stream.pointee.store.record(stream.pointee.arrivals[position]),
                instant - packet.arrival < Self.soundGrace
            else { break }
            lowest = min(lowest ?? packet.extendedSequenceNumber, packet.extendedSequenceNumber)
        }
        return lowest
    }

    /// The timestamp of the newest packet that a consumer was sent of its source; nil before there is one.
    private func newestTimestamp(of run: DepartureRun) -> UInt32? {
        run.consumer.pointee.source.flatMap {
            streams.unsafeElement($0)?.pointee.store.record(run.consumer.pointee.numbers.highestTaken)?.timestamp
        }
    }

    /// Whether nothing is missing of the newest pictures that a consumer was sent of its source.
    private func isPictureComplete(_ run: DepartureRun) -> Bool {
        let (first, highestTaken) = (run.consumer.pointee.numbers.first, run.consumer.pointee.numbers.highestTaken)
        guard let source = run.consumer.pointee.source, let stream = streams.unsafeElement(source),
            stream.pointee.isVideo, highestTaken >= first,
            let last = stream.pointee.store.record(highestTaken)
        else { return true }
        guard run.consumer.pointee.endsPicture(last) else { return false }
        for number in max(first, last.extendedSequenceNumber - Self.settledCount)..<last.extendedSequenceNumber
        where stream.pointee.store.record(number) == nil { return false }
        return true
    }

    /// Begins with a stream: forwards what there is of it from a packet on.
    private mutating func begin(
        with stream: UnsafeMutablePointer<InboundStream>, _ wanted: LayerTarget, at packet: StoredPacket,
        _ run: DepartureRun
    ) -> DepartureProgress {
        let consumer = run.consumer
        // Of a keyframe's packets some may come even later, such as parameter sets that were lost: they have their
        // numbers before this one. Where the first one is marked as such there are none.
        let isMarked = !stream.pointee.codec.codec.leadsWithParameterSets || packet.layers.flags.contains(.described)
        let first = isMarked ? packet.extendedSequenceNumber : stream.pointee.store.firstOfPicture(packet)
        let last = lastToBegin(with: packet, of: stream, min(stream.pointee.store.highest ?? first, first + Self.reach))
        let extent = extent(of: stream, first, last)
        let previous = consumer.pointee.source.flatMap { streams.unsafeElement($0)?.pointee.clock }
        moveSubscription(run.consumerID, from: consumer.pointee.source, to: wanted.stream)
        // Pictures that only lead up to the newest one are not to be shown one by one.
        // From pictures a tick apart that take longer to arrive a browser learns a wrong clock: it shows none for seconds.
        // Behind others there may be no time left for them.
        let leads =
            extent.pictureCount > 1 && extent.isWhole && stream.pointee.isVideo
            && (consumer.pointee.newest != nil
                || run.transport.pointee.pacer.time(for: extent.byteCount) <= Self.squeezeTime)
        let squeezes = consumer.pointee.synchronize(
            with: wanted.stream, at: packet, first: first, clock: stream.pointee.clock, previous: previous,
            lead: leads ? (extent.newest, extent.pictureCount) : nil)
        consumer.pointee.beginLayer(at: packet, wanted: wanted, among: stream.pointee.reader.targets)
        consumer.pointee.position = position(behind: last, of: stream)
        if consumer.pointee.choosesAgain {
            consumer.pointee.choosesAgain = false
            unsettle(consumer.pointee.producer)
        }
        var catchUp = CatchUp(next: first, last: last)
        if squeezes {
            catchUp.squeeze = CatchUp.Squeeze(
                timestamp: packet.timestamp, pictureCount: extent.pictureCount, newest: extent.newest.timestamp,
                offset: consumer.pointee.timestampOffset)
        }
        consumer.pointee.catchUp = catchUp
        return self.catchUp(run)
    }

    /// Forwards what a consumer has yet to get of the time before it began, as far as its pacer lets it.
    mutating func catchUp(_ run: DepartureRun) -> DepartureProgress {
        let consumer = run.consumer
        guard var catchUp = consumer.pointee.catchUp, let source = consumer.pointee.source,
            let stream = streams.unsafeElement(source)
        else { return .done }
        let offset = consumer.pointee.timestampOffset
        defer { consumer.pointee.shiftTimestamps(by: offset) }
        while catchUp.next <= catchUp.last {
            if let packet = stream.pointee.store.record(catchUp.next) {
                // Before anything is asked: a picture that has begun to leave is known by its time.
                if let offset = catchUp.squeeze?.offset(of: packet) {
                    consumer.pointee.shiftTimestamps(by: offset)
                }
                let admission = admission(of: packet, run)
                guard admission != .paced else {
                    consumer.pointee.catchUp = catchUp
                    return .paced
                }
                if admission == .shed { break }
                guard forward(packet, of: stream, run) else {
                    consumer.pointee.catchUp = catchUp
                    return .full
                }
            }
            catchUp.next += 1
        }
        consumer.pointee.catchUp = nil
        return .done
    }

    /// The last of the packets that a beginning takes at once: what waits for templates has its turn later.
    private func lastToBegin(
        with packet: StoredPacket, of stream: UnsafeMutablePointer<InboundStream>, _ highest: Int64
    ) -> Int64 {
        var number = packet.extendedSequenceNumber
        while number < highest {
            if stream.pointee.store.record(number + 1)?.layers.flags.contains(.unresolved) == true { break }
            number += 1
        }
        return number
    }

    /// Where in a stream's arrivals the packets behind a number begin.
    private func position(behind last: Int64, of stream: UnsafeMutablePointer<InboundStream>) -> UInt64 {
        var position = stream.pointee.arrivals.end
        guard last < stream.pointee.store.highest ?? last else { return position }
        for earlier in (stream.pointee.arrivals.start..<position).reversed()
        where stream.pointee.arrivals[earlier] > last {
            position = earlier
        }
        return position
    }

    /// What lies between two numbers of a stream.
    private struct Extent {
        var packetCount = 0
        var byteCount = 0
        var pictureCount = 0
        /// Whether no packet is missing.
        var isWhole = true
        var newest = StoredPacket()
    }

    private func extent(
        of stream: UnsafeMutablePointer<InboundStream>, _ first: Int64, _ last: Int64
    ) -> Extent {
        var extent = Extent()
        for number in first...last {
            guard let packet = stream.pointee.store.record(number) else {
                extent.isWhole = false
                continue
            }
            if extent.packetCount == 0 || packet.timestamp != extent.newest.timestamp {
                extent.pictureCount += 1
                extent.newest = packet
            }
            extent.packetCount += 1
            extent.byteCount += packet.byteCount
        }
        return extent
    }

    // MARK: Layers of one stream

    /// How a consumer goes on with a packet of its source.
    enum PictureOrder {
        /// It is next.
        case next
        /// The packets before it from a number on are, which are there.
        case behind(Int64)
        /// The beginning of its picture is still to come.
        case waiting
        /// It has not come in time, and without it nothing is known of the packet.
        case lost
    }

    /// Whether a packet's turn has come. A consumer that is to change to another layer can do so at the beginning of a
    /// picture only: what came before it, out of order, waits for it a while.
    func order(
        of packet: StoredPacket, of stream: UnsafeMutablePointer<InboundStream>, _ run: DepartureRun
    ) -> PictureOrder {
        let consumer = run.consumer
        guard !consumer.pointee.selector.isSettled(packet.layers), !packet.startsPicture,
            consumer.pointee.isNewest(packet), packet.timestamp != consumer.pointee.selector.pictureTimestamp
        else { return .next }
        // All that is there goes before it, in order.
        let first = max(consumer.pointee.numbers.highest + 1, packet.extendedSequenceNumber - Self.pictureReach)
        for number in (first..<packet.extendedSequenceNumber).reversed() {
            guard let other = stream.pointee.store.record(number) else { continue }
            guard other.timestamp == packet.timestamp else { break }
            if other.startsPicture { return .behind(first) }
        }
        if run.route.instant - packet.arrival < Self.orderGrace { return .waiting }
        if packet.layers.flags.contains(.unresolved) { return .lost }
        return first < packet.extendedSequenceNumber ? .behind(first) : .next
    }

    /// Changes a consumer over to another layer of its source, when the frame that begins with a packet allows it.
    mutating func changeLayer(
        at packet: StoredPacket, of stream: UnsafeMutablePointer<InboundStream>, _ run: DepartureRun
    ) {
        let consumer = run.consumer
        guard let wanted = consumer.pointee.wanted, wanted.stream == consumer.pointee.source,
            consumer.pointee.isNewest(packet), consumer.pointee.selector.isInOrder(packet)
        else { return }
        let targets = stream.pointee.reader.targets
        if let target = consumer.pointee.selector.step(at: packet, toward: wanted, among: targets) {
            consumer.pointee.changeLayer(to: target, at: packet, toward: wanted, among: targets)
        } else if consumer.pointee.selector.needsKeyframe(for: wanted, among: targets) {
            stream.pointee.keyframes.want(at: run.route.instant)
            touch(stream.pointee.transport)
        }
    }
}
