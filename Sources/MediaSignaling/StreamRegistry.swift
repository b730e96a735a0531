import Logging
import MediaCore

/// Who publishes and who watches what, and on which worker.
///
/// A session is in the tables from before its transport is made until its end is known, so a name can't be taken twice
/// and an end is never missed, however calls and events interleave at the suspension points.
actor StreamRegistry {
    struct Session {
        let role: StreamRole
        let streams: StreamList
        /// Those of its streams that are there.
        var present: Set<StreamName>
        /// What the engine and the logs call it.
        let name: String
        let worker: Int
        /// Nil while the engine makes it.
        var transport: TransportID?
        /// What a watcher gets.
        var consumers: [ConsumerID] = []
        /// The most that a publisher is asked to send, in bit/s.
        var bitrateLimit: Int64?
        /// How often a watcher may ask for other layers, and a publisher for another limit.
        var changes: TokenBucket
        var entityTag = EntityTag(usernameFragment: "")
        /// Whoever waits to update the session while somebody does.
        var updates: [CheckedContinuation<Void, Never>] = []
        var isUpdating = false
    }

    struct Publication {
        let session: SessionID
        let worker: Int
        /// Nil while the engine makes the publisher's transport.
        var producers: [ProducerID]?
        /// The layers of its video that nobody watches, as far as the engine has told.
        var unwatchedLayers: [LayerPosition] = []
        var watchers: Set<SessionID> = []
    }

    /// Where the streams of a room are, while there are any: a connection that carries several has one worker.
    private struct Room {
        let worker: Int
        var publications = 0
    }

    /// A session that was made.
    struct Created: Sendable {
        let session: SessionID
        let entityTag: EntityTag
        let answer: String
    }

    /// An update that was taken.
    struct Updated: Sendable {
        let entityTag: EntityTag
        /// The answering fragment of an ICE restart.
        let answer: String?
    }

    /// A transport that is to be closed.
    struct Closing {
        let worker: Int
        let transport: TransportID
        /// The session, if it is a watcher's.
        var watcher: SessionID?
    }

    private static let maximumWaitingUpdates = 32

    let backends: [any MediaBackend]
    private let maximumSessions: Int
    let publishing: PublishingRates
    let logger: Logger
    var sessions: [SessionID: Session] = [:]
    private var sessionsByName: [String: SessionID] = [:]
    var publications: [StreamName: Publication] = [:]
    private var rooms: [String: Room] = [:]
    /// The streams that each worker has to do with: those that come in, and every copy that goes out.
    private var loads: [Int]
    private var serial: UInt64 = 0
    var estimates = EstimateMemory()
    private(set) var isDraining = false

    init(
        backends: [any MediaBackend], maximumSessions: Int, publishing: PublishingRates = PublishingRates(),
        logger: Logger
    ) {
        self.backends = backends
        self.maximumSessions = maximumSessions
        self.publishing = publishing
        self.logger = logger
        loads = [Int](repeating: 0, count: backends.count)
    }

    /// The sessions there are.
    var sessionCount: Int { sessions.count }

    // MARK: Beginnings

    /// Starts to publish a stream, the only one of `streams`: where its room is, or else where there is least to do.
    func publish(_ streams: StreamList, offer: String) async throws(SignalingError) -> Created {
        try checkLimits()
        let stream = streams.names[0]
        guard publications[stream] == nil else { throw .streamTaken }
        let leastLoaded = loads.indices.min { loads[$0] < loads[$1] }
        guard let worker = rooms[stream.room]?.worker ?? leastLoaded else { throw .sessionLimit }
        let id = SessionID()
        let name = insert(id, role: .publish, streams: streams, worker: worker)
        publications[stream] = Publication(session: id, worker: worker)
        rooms[stream.room, default: Room(worker: worker)].publications += 1
        let made: PublishSession
        do throws(MediaEngineError) {
            made = try await backends[worker].publish(
                offer: offer, name: name, bitrateLimit: publishing.bitrateLimit, startBitrate: publishing.startBitrate)
        } catch {
            _ = remove(id, reason: "refused")
            throw .engine(error, .publish)
        }
        guard sessions[id] != nil else {
            await backends[worker].close(made.transport)
            throw isDraining ? .draining : .unknownSession
        }
        publications[stream]?.producers = made.producers
        sessions[id]?.bitrateLimit = publishing.bitrateLimit
        return adopt(id, transport: made.transport, fragment: made.usernameFragment, answer: made.answer)
    }

    /// Starts to watch `streams`. Media sections are given out in their order. What is known of the link that a watcher
    /// had before is where the estimate of its link begins.
    func watch(
        _ streams: StreamList, offer: String, previous: SessionID? = nil
    ) async throws(SignalingError) -> Created {
        let startBitrate = await lastEstimate(of: previous)
        try checkLimits()
        var producers: [ProducerID] = []
        for stream in streams.names {
            guard let published = publications[stream]?.producers else { throw .nobodyPublishes(stream) }
            producers += published
        }
        guard let worker = rooms[streams.names[0].room]?.worker else { throw .nobodyPublishes(streams.names[0]) }
        let id = SessionID()
        let name = insert(id, role: .watch, streams: streams, worker: worker)
        for stream in streams.names { publications[stream]?.watchers.insert(id) }
        let made: WatchSession
        do throws(MediaEngineError) {
            made = try await backends[worker].watch(
                offer: offer, name: name, producers: producers, startBitrate: startBitrate)
        } catch {
            _ = remove(id, reason: "refused")
            throw .engine(error, .watch)
        }
        guard sessions[id] != nil else {
            await backends[worker].close(made.transport)
            throw isDraining ? .draining : .nobodyPublishes(streams.names[0])
        }
        sessions[id]?.consumers = made.consumers
        return adopt(id, transport: made.transport, fragment: made.usernameFragment, answer: made.answer)
    }

    private func checkLimits() throws(SignalingError) {
        guard !isDraining else { throw .draining }
        guard sessions.count < maximumSessions else { throw .sessionLimit }
    }

    private func insert(_ id: SessionID, role: StreamRole, streams: StreamList, worker: Int) -> String {
        serial += 1
        let name = "\(role.rawValue)/\(streams.summary)#\(serial)"
        sessions[id] = Session(
            role: role, streams: streams, present: Set(streams.names), name: name, worker: worker,
            changes: Self.changes())
        sessionsByName[name] = id
        loads[worker] += streams.names.count
        return name
    }

    private func adopt(_ id: SessionID, transport: TransportID, fragment: String, answer: String) -> Created {
        let tag = EntityTag(usernameFragment: fragment)
        sessions[id]?.transport = transport
        sessions[id]?.entityTag = tag
        logger.info("session began", metadata: metadata(sessions[id]?.name))
        return Created(session: id, entityTag: tag, answer: answer)
    }

    // MARK: Updates

    /// Takes a trickled fragment, or one that restarts ICE. Updates of one session are made one after the other.
    func update(
        _ id: SessionID, role: StreamRole, streams: StreamList, ifMatch: String?, fragment: String
    ) async throws(SignalingError) -> Updated {
        guard let session = lookUp(id, role, streams) else { throw .unknownSession }
        guard let ifMatch else { throw .preconditionRequired }
        try await beginUpdate(id, session)
        defer { endUpdate(id) }
        guard let session = lookUp(id, role, streams), let transport = session.transport else { throw .unknownSession }
        guard session.entityTag.matches(ifMatch) else { throw .preconditionFailed }
        do throws(MediaEngineError) {
            let restarted = try await backends[session.worker].updateICE(transport, fragment: fragment)
            guard let restarted else { return Updated(entityTag: session.entityTag, answer: nil) }
            let tag = EntityTag(usernameFragment: restarted.usernameFragment)
            sessions[id]?.entityTag = tag
            return Updated(entityTag: tag, answer: restarted.answer)
        } catch {
            throw .engine(error, role)
        }
    }

    /// Waits for the updates of the session that came before.
    func beginUpdate(_ id: SessionID, _ session: Session) async throws(SignalingError) {
        if session.isUpdating {
            guard session.updates.count < Self.maximumWaitingUpdates else { throw .tooManyUpdates }
            await withCheckedContinuation { sessions[id]?.updates.append($0) }
        }
        sessions[id]?.isUpdating = true
    }

    func endUpdate(_ id: SessionID) {
        guard let session = sessions[id] else { return }
        if session.updates.isEmpty {
            sessions[id]?.isUpdating = false
        } else {
            sessions[id]?.updates.removeFirst().resume()
        }
    }

    func lookUp(_ id: SessionID, _ role: StreamRole, _ streams: StreamList) -> Session? {
        guard let session = sessions[id], session.role == role, session.streams == streams, session.transport != nil
        else { return nil }
        return session
    }

    // MARK: Ends

    /// Ends a session at its owner's wish; with a publisher's those of watchers who have no other stream left.
    func end(_ id: SessionID, role: StreamRole, streams: StreamList) async throws(SignalingError) {
        guard lookUp(id, role, streams) != nil else { throw .unknownSession }
        await close(remove(id, reason: "left"))
    }

    /// Takes what a worker tells.
    func handle(_ event: MediaEvent, from worker: Int) async {
        switch event {
        case .transportConnected: break
        case .dominantSpeaker, .layerAllocated: break
        case .unwatchedLayers(let producer, let layers): note(layers, of: producer, on: worker)
        case .transportClosed(_, let name, let reason):
            guard let id = sessionsByName[name] else { return }
            // Its own transport has gone already; its watchers' have not.
            sessions[id]?.transport = nil
            await close(remove(id, reason: reason.rawValue))
        }
    }

    /// Ends every session, and lets none begin any more.
    func drain() async {
        isDraining = true
        var closing: [Closing] = []
        for id in Array(sessions.keys) { closing += remove(id, reason: "shutdown") }
        await close(closing)
    }

    /// Takes a session out of the tables, and whoever watched nothing but what it published; returns the transports to
    /// close.
    private func remove(_ id: SessionID, reason: String) -> [Closing] {
        guard let session = sessions.removeValue(forKey: id) else { return [] }
        sessionsByName[session.name] = nil
        loads[session.worker] -= session.present.count
        for update in session.updates { update.resume() }
        logger.info("session ended", metadata: metadata(session.name, reason: reason))
        var closing =
            session.transport.map {
                [Closing(worker: session.worker, transport: $0, watcher: session.role == .watch ? id : nil)]
            } ?? []
        switch session.role {
        case .watch:
            for stream in session.present { publications[stream]?.watchers.remove(id) }
        case .publish:
            for stream in session.present { closing += removePublication(stream) }
        }
        return closing
    }

    private func removePublication(_ stream: StreamName) -> [Closing] {
        guard let publication = publications.removeValue(forKey: stream) else { return [] }
        rooms[stream.room]?.publications -= 1
        if rooms[stream.room]?.publications == 0 { rooms[stream.room] = nil }
        var closing: [Closing] = []
        for watcher in publication.watchers {
            sessions[watcher]?.present.remove(stream)
            loads[publication.worker] -= 1
            if sessions[watcher]?.present.isEmpty == true { closing += remove(watcher, reason: "publisher-left") }
        }
        return closing
    }

    private func close(_ transports: [Closing]) async {
        for closing in transports {
            if let watcher = closing.watcher { await keepEstimate(of: watcher, closing) }
            await backends[closing.worker].close(closing.transport)
        }
    }

    private func metadata(_ name: String?, reason: String? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["session": "\(name ?? "")"]
        if let reason { metadata["reason"] = "\(reason)" }
        return metadata
    }

    // MARK: Figures

    /// What there is, for `/stats`.
    func streams() -> [StreamReport] {
        publications.map { name, publication in
            let watchers = publication.watchers.compactMap { sessions[$0]?.name }.sorted()
            return StreamReport(
                name: name.description, worker: publication.worker,
                publisher: sessions[publication.session]?.name ?? "", watchers: watchers)
        }.sorted { $0.name < $1.name }
    }
}
