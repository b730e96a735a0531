/// What the layer resource shows of a video, as far as the tests read it.
struct LayerState: Decodable, Sendable {
    struct Position: Decodable, Hashable, Sendable {
        var encodingId: String?
        var spatialLayerId: Int
        var temporalLayerId: Int
    }

    struct Layer: Decodable, Sendable {
        var encodingId: String?
        var spatialLayerId: Int
        var temporalLayerId: Int
        var width: Int?
        var height: Int?
        var framerate: Double
        var bitrate: Int

        var position: Position {
            Position(encodingId: encodingId, spatialLayerId: spatialLayerId, temporalLayerId: temporalLayerId)
        }
    }

    var active: [Layer]
    var inactive: [Layer]
    var target: Position?
    var current: Position?
}

/// One encoding that a page sends.
struct OutboundFigures: Decodable, Sendable {
    var rid: String
    var width: Int
    var height: Int
    var rate: Double
    var frames: Int
    var bitrate: Double
    var mode: String
    var limit: String
    /// Keyframe requests that came.
    var requests: Int
}

/// What a page has received of its video.
struct InboundFigures: Decodable, Sendable {
    var codec: String
    /// Milliseconds of the page's clock.
    var at: Double
    var received: Int
    var decoded: Int
    var dropped: Int
    var freezes: Int
    var requests: Int
}

/// A move from one layer to another, as the watching page saw it.
struct MoveFigures: Decodable, Sendable {
    var before: String
    var after: String
    var milliseconds: Double
}

/// A call between two connections of one page.
struct LoopbackFigures: Decodable, Sendable {
    var received: Int
    var dropped: Int
    var freezes: Int
    /// Frames decoded in a second.
    var rate: Double
    /// Milliseconds that a frame takes to encode.
    var encodeTime: Double

    var droppedShare: Double { Double(dropped) / Double(max(received, 1)) }
}
