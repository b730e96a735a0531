import CMediaIO
import MediaCore

/// The engine with its sockets: everything that only the loop's thread touches.
struct EngineDriver: ~Copyable {
    /// Where the descriptors that are waited for stand.
    private enum Place {
        static let wake = 0
        static let ipv4 = 1
        static let ipv6 = 2
        static let count = 3
    }

    /// How many batches one turn takes from each socket: a flood leaves room for timers and commands.
    private static let batchesPerTurn = 4
    /// How many received datagrams may wait to be forwarded: more gain nothing by company.
    private static let unforwardedLimit = 64
    /// How many datagrams the engine may have put into its output by itself before they are sent.
    private static let outputLimit = 256
    /// How many times one batch's consequences may fill the output before others get their turn.
    private static let outputsPerBatch = 256

    private var engine: MediaEngine
    private var sockets: UDPSockets
    private var receiver: Receiver
    private var sender: Sender
    private var locals = LocalAddressTable()
    private var coalescing: FrameCoalescing
    /// Until when received packets wait for company; nil while none do.
    private var holdDeadline: MediaInstant?
    private var unforwarded = 0
    private var transports: Set<TransportID> = []
    /// Set by the first step of a shutdown: commands are refused from then on.
    private(set) var isStopping = false
    private var waitCalls: UInt64 = 0
    private let isReadingECN: Bool
    private let waited: UnsafeMutablePointer<sluice_waited>

    init(
        engine: consuming MediaEngine, sockets: consuming UDPSockets, wake: Int32, coalescing: MediaDuration = .zero,
        segments: Bool = sluice_can_segment(), transmit: @escaping SendLane.Transmit = sluice_send
    ) throws(MediaIOError) {
        self.coalescing = FrameCoalescing(ceiling: coalescing)
        isReadingECN = sockets.enableCongestionMarks()
        receiver = Receiver(layout: sockets.enableReceiveSegments() ? .segments : .datagrams)
        sender = Sender(
            ipv4: sockets.ipv4.number, ipv6: sockets.ipv6.number, segments: segments, transmit: transmit)
        waited = .allocate(capacity: Place.count)
        waited.initialize(repeating: sluice_waited(), count: Place.count)
        waited[Place.wake].descriptor = wake
        waited[Place.ipv4].descriptor = sockets.ipv4.number
        waited[Place.ipv6].descriptor = sockets.ipv6.number
        self.engine = engine
        self.sockets = sockets
    }

    deinit {
        waited.deallocate()
    }

    // MARK: Turns

    /// Waits until something is to be done, `longestWait` at most (nil: for ever); then receives, advances the engine's
    /// time, sends, and moves the engine's events to `events`. Returns whether output is left for the next turn.
    mutating func turn(longestWait: MediaDuration?, events: inout [MediaEvent]) -> Bool {
        var timeout = longestWait?.nanoseconds ?? -1
        if timeout != 0, let deadline = earliest(engine.nextDeadline, holdDeadline) {
            // A deadline of long ago must not wrap into the far future.
            let now = SystemClock.now
            let remaining = deadline <= now ? 0 : (deadline - now).nanoseconds
            timeout = timeout < 0 ? remaining : min(timeout, remaining)
        }
        waitCalls &+= 1
        waited[Place.ipv4].wants_room = sender.ipv4.isBlocked
        waited[Place.ipv6].wants_room = sender.ipv6.isBlocked
        let result = sluice_wait(waited, Int32(Place.count), timeout)
        // Fails only for arguments that are wrong whatever a peer does.
        precondition(result >= 0, "ppoll failed: \(result)")
        var isBusy = false
        if waited[Place.wake].readable { sluice_event_clear(waited[Place.wake].descriptor) }
        if waited[Place.ipv4].has_room { sender.resumeIPv4(locals: locals) }
        if waited[Place.ipv4].readable { isBusy = receive(from: sockets.ipv4.number) }
        if waited[Place.ipv6].has_room { sender.resumeIPv6(locals: locals) }
        if waited[Place.ipv6].readable { isBusy = receive(from: sockets.ipv6.number) || isBusy }
        let now = SystemClock.now
        engine.advance(to: now)
        holdDeadline = isBusy || !sender.isSegmenting ? nil : coalescing.deadline(at: now)
        if holdDeadline == nil {
            isBusy = sendOutput(at: now) || isBusy
        } else {
            sendAnswers()
        }
        while let event = engine.nextEvent() {
            if case .transportClosed(let transport, _, _) = event { transports.remove(transport) }
            events.append(event)
        }
        return isBusy
    }

    /// Returns whether output is left that was not sent.
    private mutating func receive(from socket: Int32) -> Bool {
        for _ in 0..<Self.batchesPerTurn {
            let mayHoldMore = receiver.receive(from: socket, locals: &locals)
            if !receiver.batch.entries.isEmpty {
                let now = SystemClock.now
                engine.receive(receiver.batch, at: now)
                coalescing.received(receiver.mediaCount, leavesFrameOpen: receiver.leavesFrameOpen, at: now)
                unforwarded += receiver.batch.entries.count
                let isFull = unforwarded >= Self.unforwardedLimit || engine.output.entries.count >= Self.outputLimit
                if isFull, sendOutput(at: now) { return true }
            }
            if !mayHoldMore { break }
        }
        return false
    }

    /// Forwards what was received, and sends everything else. Returns whether output is left.
    private mutating func sendOutput(at instant: MediaInstant) -> Bool {
        let datagrams = sender.datagramsSent
        let messages = sender.messagesSent
        var isLeft = true
        for _ in 0..<Self.outputsPerBatch {
            isLeft = engine.fillOutput(at: instant)
            guard isLeft else { break }
            sendAnswers()
        }
        unforwarded = 0
        holdDeadline = nil
        coalescing.forwarded(
            datagrams: Int(truncatingIfNeeded: sender.datagramsSent &- datagrams),
            messages: Int(truncatingIfNeeded: sender.messagesSent &- messages))
        return isLeft
    }

    /// Sends what is in the engine's output, while what was received may go on waiting.
    private mutating func sendAnswers() {
        sender.send(engine.output, locals: locals)
        engine.outputSent()
    }

    private func earliest(_ left: MediaInstant?, _ right: MediaInstant?) -> MediaInstant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    // MARK: Commands

    mutating func publish(
        offer: String, name: String, bitrateLimit: Int64?, startBitrate: Int64?
    ) throws(MediaEngineError) -> PublishSession {
        let session = try engine.publish(
            offer: offer, name: name, bitrateLimit: bitrateLimit, startBitrate: startBitrate, at: SystemClock.now)
        transports.insert(session.transport)
        return session
    }

    mutating func watch(
        offer: String, name: String, producers: [ProducerID], startBitrate: Int64?
    ) throws(MediaEngineError) -> WatchSession {
        let session = try engine.watch(
            offer: offer, name: name, producers: producers, startBitrate: startBitrate, at: SystemClock.now)
        transports.insert(session.transport)
        return session
    }

    mutating func updateICE(
        _ transport: TransportID, fragment: String
    ) throws(MediaEngineError) -> (answer: String, usernameFragment: String)? {
        try engine.updateICE(transport, fragment: fragment, at: SystemClock.now)
    }

    mutating func limitBitrate(of transport: TransportID, to bitrate: Int64?) throws(MediaEngineError) {
        try engine.limitBitrate(of: transport, to: bitrate, at: SystemClock.now)
    }

    mutating func limitOutgoingBitrate(of transport: TransportID, to bitrate: Int64?) throws(MediaEngineError) {
        try engine.limitOutgoingBitrate(of: transport, to: bitrate, at: SystemClock.now)
    }

    func outgoingBitrates(of transport: TransportID) throws(MediaEngineError) -> OutgoingBitrates {
        try engine.outgoingBitrates(of: transport)
    }

    func layers(of consumer: ConsumerID) throws(MediaEngineError) -> ConsumerLayers {
        try engine.layers(of: consumer, at: SystemClock.now)
    }

    mutating func prefer(_ preference: LayerPreference, for consumer: ConsumerID) throws(MediaEngineError) {
        try engine.prefer(preference, for: consumer, at: SystemClock.now)
    }

    mutating func close(_ transport: TransportID) -> Bool {
        transports.remove(transport)
        let now = SystemClock.now
        let wasOpen = engine.close(transport, at: now)
        // A goodbye exists only in the output: when many transports close one after another, each must find room there.
        _ = sendOutput(at: now)
        return wasOpen
    }

    mutating func makeSpeakerGroup(lastN: Int?) throws(MediaEngineError) -> SpeakerGroupID {
        try engine.makeSpeakerGroup(lastN: lastN)
    }

    mutating func removeSpeakerGroup(_ group: SpeakerGroupID) -> Bool {
        engine.removeSpeakerGroup(group)
    }

    mutating func add(_ producer: ProducerID, to group: SpeakerGroupID) throws(MediaEngineError) {
        try engine.add(producer, to: group)
    }

    mutating func remove(_ producer: ProducerID, from group: SpeakerGroupID) -> Bool {
        engine.remove(producer, from: group)
    }

    mutating func setLastN(_ lastN: Int?, of group: SpeakerGroupID) throws(MediaEngineError) {
        try engine.setLastN(lastN, of: group)
    }

    func dominantSpeaker(of group: SpeakerGroupID) throws(MediaEngineError) -> ProducerID? {
        try engine.dominantSpeaker(of: group)
    }

    var statistics: MediaStatistics {
        engine.statistics(at: SystemClock.now)
    }

    var workerStatistics: WorkerStatistics {
        var result = WorkerStatistics()
        result.datagramsReceived = receiver.datagramCount
        result.messagesReceived = receiver.messageCount
        result.bytesReceived = receiver.byteCount
        result.datagramsTruncated = receiver.truncated
        result.isReadingECN = isReadingECN
        result.datagramsReceivedWithCE = receiver.congestionMarks
        result.receiveCalls = receiver.calls
        result.receiveErrors = receiver.errors
        result.datagramsSent = sender.datagramsSent
        result.messagesSent = sender.messagesSent
        result.isSegmenting = sender.isSegmenting
        result.segmentationRefusals = sender.ipv4.segmentationRefusals &+ sender.ipv6.segmentationRefusals
        result.bytesSent = sender.ipv4.bytesSent &+ sender.ipv6.bytesSent
        result.sendCalls = sender.ipv4.calls &+ sender.ipv6.calls
        result.sendErrors = sender.refusals
        result.queuedDatagrams = sender.ipv4.queueCount + sender.ipv6.queueCount
        result.queueDrops = sender.ipv4.queueDrops &+ sender.ipv6.queueDrops
        result.coalescingWaits = coalescing.waitCount
        result.outputRefusals = engine.output.refused
        result.waitCalls = waitCalls
        return result
    }

    // MARK: The end

    /// Closes every transport and refuses commands from now on.
    mutating func beginShutdown() {
        isStopping = true
        for transport in transports { _ = close(transport) }
    }

    /// Whether datagrams wait for a socket's buffer.
    var isBlocked: Bool { sender.ipv4.isBlocked || sender.ipv6.isBlocked }

    /// Closes the sockets; no turn may follow.
    mutating func closeSockets() {
        sockets.ipv4.close()
        sockets.ipv6.close()
    }
}
