import MediaCore

/// One video of a session, as a layer resource shows it.
struct LayerReport: Encodable {
    /// The layers that arrive, the best first.
    let active: [Layer]
    /// Those that were seen and don't arrive at present.
    let inactive: [Layer]
    /// What the watcher asked for.
    let preference: Preference
    /// What it is to get; null while nothing that fits arrives, or while it is paused.
    let target: Position?
    /// What it gets; null before its first keyframe.
    let current: Position?
    /// Why the target is no better; null before the watcher is connected.
    let reason: AllocationReason?
    /// What the target takes of its link, in bit/s on the wire; 0 when that is nothing.
    let bitrate: Int64

    init(_ layers: ConsumerLayers) {
        active = layers.layers.filter(\.isActive).map(Layer.init)
        inactive = layers.layers.filter { !$0.isActive }.map(Layer.init)
        preference = Preference(preference: layers.preference)
        target = layers.target.map(Position.init)
        current = layers.current.map(Position.init)
        reason = layers.reason
        bitrate = layers.bitrate
    }

    private enum CodingKeys: CodingKey {
        case active, inactive, preference, target, current, reason, bitrate
    }

    // What is absent is written as null: a script then sees what there could be.
    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(active, forKey: .active)
        try members.encode(inactive, forKey: .inactive)
        try members.encode(preference, forKey: .preference)
        try members.encode(target, forKey: .target)
        try members.encode(current, forKey: .current)
        try members.encode(reason, forKey: .reason)
        try members.encode(bitrate, forKey: .bitrate)
    }
}

extension LayerReport {
    /// The place of a layer. Its members are called as in draft-murillo-whep, section 4.6.2.
    struct Position: Hashable, Encodable {
        let encodingId: String?
        let spatialLayerId: Int
        let temporalLayerId: Int

        init(_ position: LayerPosition) {
            encodingId = position.encodingID
            spatialLayerId = position.spatialLayer
            temporalLayerId = position.temporalLayer
        }
    }

    /// A layer and its figures; what is not known yet is left out.
    struct Layer: Encodable {
        let encodingId: String?
        let spatialLayerId: Int
        let temporalLayerId: Int
        let width: Int?
        let height: Int?
        /// Frames per second.
        let framerate: Double
        /// Bits per second.
        let bitrate: Int

        init(_ layer: LayerStatus) {
            encodingId = layer.encodingID
            spatialLayerId = layer.spatialLayer
            temporalLayerId = layer.temporalLayer
            width = layer.width
            height = layer.height
            framerate = (layer.frameRate * 10).rounded() / 10
            bitrate = layer.bitrate
        }
    }

    /// What a watcher wants, with the members of `LayerRequest`.
    struct Preference: Encodable {
        let preference: LayerPreference

        private enum CodingKeys: CodingKey {
            case encodingId, spatialLayerId, temporalLayerId, maxWidth, maxHeight, maxFramerate, paused, priority
            case minSpatialLayerId, minHeight, contentHint
        }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: CodingKeys.self)
            try members.encode(preference.encodingID, forKey: .encodingId)
            try members.encode(preference.spatialLayer, forKey: .spatialLayerId)
            try members.encode(preference.temporalLayer, forKey: .temporalLayerId)
            try members.encode(preference.maximumWidth, forKey: .maxWidth)
            try members.encode(preference.maximumHeight, forKey: .maxHeight)
            try members.encode(preference.maximumFrameRate, forKey: .maxFramerate)
            try members.encode(preference.isPaused, forKey: .paused)
            try members.encode(preference.priority, forKey: .priority)
            try members.encode(preference.minimumSpatialLayer, forKey: .minSpatialLayerId)
            try members.encode(preference.minimumHeight, forKey: .minHeight)
            try members.encode(preference.contentHint, forKey: .contentHint)
        }
    }
}

/// What the layer resource of a publisher shows.
struct PublisherLayerReport: Encodable {
    /// The layers that nobody watches: the publisher may stop them until somebody does.
    let unwatched: [LayerReport.Position]
}
