public import MediaCore
public import MediaIO

/// One worker as signalling sees it: offers in, answers and events out.
public protocol MediaBackend: Sendable {
    /// Accepts a publisher's offer.
    func publish(
        offer: String, name: String, bitrateLimit: Int64?, startBitrate: Int64?
    ) async throws(MediaEngineError) -> PublishSession

    /// Asks a publisher to send no more than so many bit/s; nil lifts the limit.
    func limitBitrate(of transport: TransportID, to bitrate: Int64?) async throws(MediaEngineError)

    /// Accepts a watcher's offer.
    func watch(
        offer: String, name: String, producers: [ProducerID], startBitrate: Int64?
    ) async throws(MediaEngineError) -> WatchSession

    /// Sends a watcher no more than so many bit/s; nil lifts the limit.
    func limitOutgoingBitrate(of transport: TransportID, to bitrate: Int64?) async throws(MediaEngineError)

    /// What a watcher's link is believed to carry, and what of that it is given.
    func outgoingBitrates(of transport: TransportID) async throws(MediaEngineError) -> OutgoingBitrates

    /// Takes an SDP fragment; returns the answering fragment when it restarted ICE.
    func updateICE(
        _ transport: TransportID, fragment: String
    ) async throws(MediaEngineError) -> (answer: String, usernameFragment: String)?

    /// The layers a consumer can choose among, and which of them it gets.
    func layers(of consumer: ConsumerID) async throws(MediaEngineError) -> ConsumerLayers

    /// Says what a watcher wants of one video from now on.
    func prefer(_ preference: LayerPreference, for consumer: ConsumerID) async throws(MediaEngineError)

    /// Closes a transport; its peer is told.
    @discardableResult
    func close(_ transport: TransportID) async -> Bool

    /// What the worker counts.
    func report() async -> WorkerReport

    /// What happens in the worker. Read by one reader; ends when the worker shuts down.
    var events: AsyncStream<MediaEvent> { get }
}

extension MediaWorker: MediaBackend {
    /// The engine's figures with those of the sockets.
    public func report() async -> WorkerReport {
        WorkerReport(udpPort: udpPort, engine: statistics(), sockets: workerStatistics())
    }
}
