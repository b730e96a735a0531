/// What a page wrote down. Times are in milliseconds since 1970.
struct PageRecord: Decodable, Sendable {
    /// A frame that went to the screen.
    struct Frame: Decodable, Sendable {
        var at: Double
        /// How many have been shown; one more than the frame before unless the page missed some.
        var number: Int
        var width: Int
        var height: Int
    }

    /// The statistics of a page that watches, all since the connection began.
    struct Sample: Decodable, Sendable {
        var at: Double
        var width: Int
        var height: Int
        var decoded: Int
        var dropped: Int
        var freezes: Int
        /// Seconds.
        var frozen: Double
        var requests: Int
        var nacks: Int
        var lost: Int
        var audioLost: Int
        var concealed: Int
        /// Of these, what was filled with silence.
        var silent: Int
        var samples: Int
    }

    /// What a page that publishes sends.
    struct Sent: Decodable, Sendable {
        var at: Double
        var encodings: [OutboundFigures]
    }

    var frames: [Frame]
    var samples: [Sample]
    var sent: [Sent]
}
