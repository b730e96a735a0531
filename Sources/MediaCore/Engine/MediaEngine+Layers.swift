/// What watchers want of the layers there are.
extension MediaEngine {
    /// The layers a consumer can choose among, and which of them it gets. Sound has none.
    ///
    /// - Throws: `MediaEngineError.unknownConsumer`.
    public func layers(of consumer: ConsumerID, at instant: MediaInstant) throws(MediaEngineError) -> ConsumerLayers {
        guard consumers.contains(consumer.slot) else { throw .unknownConsumer }
        let parameters = consumers[consumer.slot].parameters
        return ConsumerLayers(
            mid: parameters.mid, kind: parameters.kind, layers: [], preference: LayerPreference(), target: nil,
            current: nil)
    }

    /// Says what a watcher wants of one video from now on.
    ///
    /// - Throws: `MediaEngineError.unknownConsumer`; `.invalidPreference` for a value out of range, which it names.
    public mutating func prefer(
        _ preference: LayerPreference, for consumer: ConsumerID, at instant: MediaInstant
    ) throws(MediaEngineError) {
        guard consumers.contains(consumer.slot) else { throw .unknownConsumer }
    }
}
