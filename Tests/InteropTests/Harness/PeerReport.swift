/// A peer connection's state and the figures of its W3C statistics.
struct PeerReport: Decodable, Sendable {
    struct VideoIn: Decodable, Sendable {
        var codec: String
        var packetsReceived: Int
        var packetsLost: Int
        var framesDecoded: Int
        var framesDropped: Int
        var keyFramesDecoded: Int
        var nackCount: Int
        var pliCount: Int
        var freezeCount: Int
        /// Seconds.
        var totalFreezesDuration: Double
        var frameHeight: Int
        var retransmittedPacketsReceived: Int
    }

    struct AudioIn: Decodable, Sendable {
        var codec: String
        var packetsReceived: Int
        var packetsLost: Int
        var totalAudioEnergy: Double
        var concealedSamples: Int
    }

    struct Out: Decodable, Sendable {
        var codec: String
        var packetsSent: Int
        var framesEncoded: Int
        var nackCount: Int
        var pliCount: Int
        var retransmittedPacketsSent: Int
        var targetBitrate: Double
        var frameHeight: Int
    }

    var connectionState: String
    var transportState: String
    /// When each thing first happened, in milliseconds since 1970.
    var times: [String: Double]
    var videoIn: VideoIn?
    var audioIn: AudioIn?
    var videoOut: Out?
    var audioOut: Out?

    /// From the answer to the first frame on the screen, in milliseconds.
    var firstFrameDelay: Double? {
        guard let answer = times["answer"], let frame = times["first-frame"] else { return nil }
        return frame - answer
    }

    /// When the browser noticed that the other side is gone, in milliseconds since 1970.
    var endedAt: Double? {
        ["dtls-closed", "dtls-failed", "connection-closed", "connection-failed", "connection-disconnected"]
            .compactMap { times[$0] }.min()
    }
}
