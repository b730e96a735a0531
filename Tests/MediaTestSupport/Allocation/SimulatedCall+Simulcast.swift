import MediaCore

/// Simulcast cameras and their watchers.
extension SimulatedCall {
    func addCamera(
        _ behaviour: SimulcastPublisher.Behaviour, place: Int
    ) throws -> (SimulcastPublisher, PublishSession) {
        let camera = SimulcastPublisher(
            behaviour, place: place, address: nextAddress, seed: nextSeed, certificate: certificate,
            wallClock: wallClock, at: instant)
        let session = try engine.publish(offer: camera.offer, name: "camera-\(place)", at: instant)
        try add(camera, session.answer, session.transport)
        return (camera, session)
    }

    /// The producers are those of the publishers, in their order.
    func addWatcher(_ watcher: SimulcastWatcher, of producers: [ProducerID]) throws -> WatchSession {
        let session = try engine.watch(
            offer: watcher.offer, name: "watcher-\(peers.count)", producers: producers, at: instant)
        try add(watcher, session.answer, session.transport)
        return session
    }
}
