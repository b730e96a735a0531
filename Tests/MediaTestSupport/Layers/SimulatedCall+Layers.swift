public import MediaCore

/// Layered publishers and their watchers.
extension SimulatedCall {
    /// Adds a publisher of a layered camera and begins to connect it.
    public func addLayeredPublisher(
        _ mode: LayeredMode, _ behaviour: LayeredPublisher.Behaviour = LayeredPublisher.Behaviour()
    ) throws -> (LayeredPublisher, PublishSession) {
        let publisher = LayeredPublisher(
            mode, behaviour, address: nextAddress, seed: nextSeed, certificate: certificate, wallClock: wallClock,
            at: instant)
        let session = try engine.publish(offer: publisher.offer, name: "publisher-\(peers.count)", at: instant)
        try add(publisher, session.answer, session.transport)
        return (publisher, session)
    }

    /// Adds a watcher of a layered publisher and begins to connect it.
    public func addLayeredWatcher(
        _ mode: LayeredMode, of publisher: LayeredPublisher, _ producers: [ProducerID], downlinkLoss: Double = 0
    ) throws -> (LayeredWatcher, WatchSession) {
        let watcher = LayeredWatcher(
            mode, of: publisher, downlinkLoss: downlinkLoss, address: nextAddress, seed: nextSeed,
            certificate: certificate)
        let session = try engine.watch(
            offer: watcher.offer, name: "watcher-\(peers.count)", producers: producers, at: instant)
        try add(watcher, session.answer, session.transport)
        return (watcher, session)
    }
}
