import Logging
import MediaCore
import NIOCore

/// What watchers want of the layers there are, and what publishers learn of it.
extension StreamRegistry {
    /// More than a person or a page that resizes asks for. Who asks more often waits; nobody else notices.
    private static let changesPerSecond = 20.0

    static func changes() -> TokenBucket {
        TokenBucket(perSecond: changesPerSecond, burst: changesPerSecond, at: NIODeadline.now().uptimeNanoseconds)
    }

    /// Counts a change of a session.
    func takeChange(of id: SessionID) throws(SignalingError) {
        guard sessions[id]?.changes.take(at: NIODeadline.now().uptimeNanoseconds) == true else {
            throw .tooManyChanges
        }
    }

    /// The layers of each video that a session watches, by MID.
    func layers(_ id: SessionID, streams: StreamList) async throws(SignalingError) -> [String: LayerReport] {
        guard let session = lookUp(id, .watch, streams) else { throw .unknownSession }
        var reports: [String: LayerReport] = [:]
        for (_, layers) in await videos(of: session) { reports[layers.mid] = LayerReport(layers) }
        return reports
    }

    /// Has a session get other layers; answers like `layers`. A change waits for the one before it, whose outcome it
    /// builds on.
    func changeLayers(
        _ id: SessionID, streams: StreamList, _ request: LayerRequest
    ) async throws(SignalingError) -> [String: LayerReport] {
        guard let session = lookUp(id, .watch, streams) else { throw .unknownSession }
        try takeChange(of: id)
        try await beginUpdate(id, session)
        defer { endUpdate(id) }
        guard let session = lookUp(id, .watch, streams) else { throw .unknownSession }
        let meant = await videos(of: session).filter { request.mediaID == nil || $0.layers.mid == request.mediaID }
        guard !meant.isEmpty || request.mediaID == nil else { throw .unknownVideo }
        for (consumer, layers) in meant {
            do throws(MediaEngineError) {
                try await backends[session.worker].prefer(request.applied(to: layers.preference), for: consumer)
            } catch .unknownConsumer {
                // One of several publishers has left meanwhile.
                continue
            } catch {
                throw .engine(error, .watch)
            }
        }
        return try await layers(id, streams: streams)
    }

    /// The layers that a publisher sends for nobody.
    func unwatchedLayers(_ id: SessionID, streams: StreamList) throws(SignalingError) -> PublisherLayerReport {
        guard lookUp(id, .publish, streams) != nil, let publication = publications[streams.names[0]] else {
            throw .unknownSession
        }
        return PublisherLayerReport(unwatched: publication.unwatchedLayers.map(LayerReport.Position.init))
    }

    /// Keeps what a worker says of the layers that nobody watches.
    func note(_ layers: [LayerPosition], of producer: ProducerID, on worker: Int) {
        let name = publications.first { _, publication in
            publication.worker == worker && publication.producers?.contains(producer) == true
        }?.key
        guard let name, let publisher = publications[name]?.session else { return }
        publications[name]?.unwatchedLayers = layers
        logger.debug(
            "layers nobody watches",
            metadata: [
                "session": "\(sessions[publisher]?.name ?? "")",
                "layers": "\(layers.map { "\($0.encodingID ?? "")/\($0.spatialLayer).\($0.temporalLayer)" })",
            ])
    }

    /// What a session watches, without sound and without what has ended.
    private func videos(of session: Session) async -> [(consumer: ConsumerID, layers: ConsumerLayers)] {
        var result: [(consumer: ConsumerID, layers: ConsumerLayers)] = []
        for consumer in session.consumers {
            let layers = try? await backends[session.worker].layers(of: consumer)
            if let layers, layers.kind == .video { result.append((consumer, layers)) }
        }
        return result
    }
}
