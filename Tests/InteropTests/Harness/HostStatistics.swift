/// What the tests read of the server's `/stats`.
struct HostStatistics: Decodable, Sendable {
    struct Stream: Decodable, Sendable {
        var name: String
        var watchers: [String]
    }

    struct Worker: Decodable, Sendable {
        struct Engine: Decodable, Sendable {
            struct Transport: Decodable, Sendable {
                var name: String
                var iceState: String
                var dtlsState: String
                var srtpCipher: String?
                /// Everything received, in bytes.
                var bytesReceived: Int
                /// What its link is believed to carry, in bit/s; nil for publishers.
                var availableOutgoingBitrate: Int64?
                var outbound: [Outbound]
            }
            struct Outbound: Decodable, Sendable {
                /// How often what waited for the pacer was left out.
                var timesShed: Int
                /// Payload bytes, and those of them that repeat sound.
                var bytesSent: Int?
                var redundantBytesSent: Int?
            }
            var transports: [Transport]
            var drops: [String: UInt64]
        }
        var engine: Engine
    }

    var sessions: Int
    var streams: [Stream]
    var workers: [Worker]

    var transports: [Worker.Engine.Transport] { workers.flatMap(\.engine.transports) }
    var isIdle: Bool { sessions == 0 && streams.isEmpty && transports.isEmpty }
}
