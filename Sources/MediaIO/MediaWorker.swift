public import MediaCore

/// A media engine on the network: one UDP port, one thread, one engine.
///
/// The actor's executor is the thread's event loop, so a command costs a wake-up and no lock, and packets never change
/// threads. A room lives on one worker; a host with several cores runs several workers.
///
/// End a worker with `shutdown()`. One that is merely dropped closes its transports and stops its thread too, a moment
/// later.
public actor MediaWorker {
    nonisolated let loop: EventLoop

    /// The UDP port bound, for IPv4 and IPv6 or for `Configuration.bindAddress` alone.
    public nonisolated let udpPort: UInt16
    /// The host candidates that answers announce, best first.
    public nonisolated let candidates: [ICECandidate]

    /// The event loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Binds the port and starts the thread.
    ///
    /// - Throws: `MediaIOError`, which names the field at fault.
    public init(configuration: Configuration = Configuration()) throws(MediaIOError) {
        guard (.zero ... .milliseconds(5)).contains(configuration.coalescing) else {
            throw .coalescingOutOfRange(configuration.coalescing)
        }
        var bound: TransportAddress?
        if let text = configuration.bindAddress { bound = try HostAddresses.bindAddress(text) }
        let sockets: UDPSockets
        if let bound {
            sockets = try UDPSockets(port: configuration.udpPort, address: bound)
        } else {
            sockets = try UDPSockets(port: configuration.udpPort)
        }
        udpPort = sockets.port
        candidates = try HostAddresses.candidates(
            interface: configuration.interface, announced: configuration.announcedAddresses, bound: bound,
            port: sockets.port, hasIPv4: sockets.ipv4.isOpen, hasIPv6: sockets.ipv6.isOpen)
        var settings = configuration.engine
        settings.candidates = candidates
        let engine: MediaEngine
        do throws(MediaEngineError) {
            engine = try MediaEngine(
                configuration: settings, random: configuration.random,
                wallClock: configuration.wallClock ?? SystemClock.wallClock())
        } catch {
            throw .engine(error)
        }
        loop = try EventLoop(
            engine: engine, sockets: sockets, maximumTransports: settings.maximumTransports,
            coalescing: configuration.coalescing)
        try loop.start()
    }

    deinit {
        loop.requestStop()
    }

    /// Accepts a publisher's offer: creates a transport, and a producer for each media section that is sent.
    ///
    /// `name` comes back with the transport's closing event and stands in statistics. `bitrateLimit` is the most that the
    /// publisher is asked to send, `startBitrate` what a browser begins with, both in bit/s and of the range that
    /// `MediaEngine.publish` tells.
    /// - Throws: What `MediaEngine.publish` throws; `.tooManyTransports` also while thousands of `events` wait for
    ///   their reader; `.invalidConfiguration` after `shutdown`.
    public func publish(
        offer: String, name: String, bitrateLimit: Int64? = nil, startBitrate: Int64? = nil
    ) throws(MediaEngineError) -> PublishSession {
        try admit()
        return try loop.driver.publish(
            offer: offer, name: name, bitrateLimit: bitrateLimit, startBitrate: startBitrate)
    }

    /// Accepts a watcher's offer: creates a transport, and a consumer for each of `producers` that a media section of
    /// the offer can receive. `startBitrate` is what its link is taken to carry at first, in bit/s: see
    /// `MediaEngine.watch`.
    ///
    /// - Throws: What `MediaEngine.watch` throws; `.tooManyTransports` also while thousands of `events` wait for their
    ///   reader; `.invalidConfiguration` after `shutdown`.
    public func watch(
        offer: String, name: String, producers: [ProducerID], startBitrate: Int64? = nil
    ) throws(MediaEngineError) -> WatchSession {
        try admit()
        return try loop.driver.watch(offer: offer, name: name, producers: producers, startBitrate: startBitrate)
    }

    /// Takes an SDP fragment: trickled candidates (returns nil), or new credentials, which restart ICE (returns the
    /// answering fragment and the new local username fragment).
    ///
    /// - Throws: What `MediaEngine.updateICE` throws; after `shutdown`, `.unknownTransport`.
    public func updateICE(
        _ transport: TransportID, fragment: String
    ) throws(MediaEngineError) -> (answer: String, usernameFragment: String)? {
        guard !loop.driver.isStopping else { throw .unknownTransport }
        return try loop.driver.updateICE(transport, fragment: fragment)
    }

    /// Asks a publisher to send no more than a bit rate, in bit/s; nil lifts the limit.
    ///
    /// - Throws: What `MediaEngine.limitBitrate` throws; after `shutdown`, `.unknownTransport`.
    public func limitBitrate(of transport: TransportID, to bitrate: Int64?) throws(MediaEngineError) {
        guard !loop.driver.isStopping else { throw .unknownTransport }
        try loop.driver.limitBitrate(of: transport, to: bitrate)
    }

    /// Sends a watcher no more than a bit rate, in bit/s on the wire, whatever its link carries; nil lifts the limit.
    ///
    /// - Throws: What `MediaEngine.limitOutgoingBitrate` throws; after `shutdown`, `.unknownTransport`.
    public func limitOutgoingBitrate(of transport: TransportID, to bitrate: Int64?) throws(MediaEngineError) {
        guard !loop.driver.isStopping else { throw .unknownTransport }
        try loop.driver.limitOutgoingBitrate(of: transport, to: bitrate)
    }

    /// What a watcher's link is believed to carry, and what of that it is given.
    ///
    /// - Throws: What `MediaEngine.outgoingBitrates` throws; after `shutdown`, `.unknownTransport`.
    public func outgoingBitrates(of transport: TransportID) throws(MediaEngineError) -> OutgoingBitrates {
        guard !loop.driver.isStopping else { throw .unknownTransport }
        return try loop.driver.outgoingBitrates(of: transport)
    }

    /// The layers a consumer can choose among, and which of them it gets.
    ///
    /// - Throws: What `MediaEngine.layers` throws; after `shutdown`, `.unknownConsumer`.
    public func layers(of consumer: ConsumerID) throws(MediaEngineError) -> ConsumerLayers {
        guard !loop.driver.isStopping else { throw .unknownConsumer }
        return try loop.driver.layers(of: consumer)
    }

    /// Says what a watcher wants of one video from now on.
    ///
    /// - Throws: What `MediaEngine.prefer` throws; after `shutdown`, `.unknownConsumer`.
    public func prefer(_ preference: LayerPreference, for consumer: ConsumerID) throws(MediaEngineError) {
        guard !loop.driver.isStopping else { throw .unknownConsumer }
        try loop.driver.prefer(preference, for: consumer)
    }

    /// Closes a transport: the peer hears BYE and close_notify; no event follows. Returns whether it was still there.
    @discardableResult
    public func close(_ transport: TransportID) -> Bool {
        guard !loop.driver.isStopping else { return false }
        return loop.driver.close(transport)
    }

    /// Every counter of the engine, now.
    public func statistics() -> MediaStatistics {
        loop.driver.statistics
    }

    /// Every counter of the sockets and the thread, now.
    public func workerStatistics() -> WorkerStatistics {
        var result = loop.driver.workerStatistics
        result.eventDrops = loop.events.drops
        return result
    }

    /// What happens to transports, for one reader at a time: a second one ends the first one's stream. The stream ends
    /// after `shutdown`.
    ///
    /// Events wait for their reader from the worker's start on. A reader that holds its stream loses none: rather than
    /// queue without bound, `publish` and `watch` refuse new transports while more than twice
    /// `MediaEngineConfiguration.maximumTransports` events wait. While nobody holds a stream, the oldest of four times
    /// as many events make room for newer ones.
    public nonisolated var events: AsyncStream<MediaEvent> { loop.events.stream }

    /// Closes every transport (peers hear BYE and close_notify), then the sockets, then stops the thread. Returns when
    /// that is done. Commands are refused afterwards; statistics keep their last values. May be called again.
    public nonisolated func shutdown() async {
        await loop.stop()
    }

    private func admit() throws(MediaEngineError) {
        guard !loop.driver.isStopping else { throw .stopped }
        guard !loop.events.isCongested else { throw .tooManyTransports }
    }
}
