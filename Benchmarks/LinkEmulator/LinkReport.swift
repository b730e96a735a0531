/// What passed, in each direction.
struct LinkReport: Codable, Equatable, Sendable {
    /// How long packets waited at the bottleneck, in milliseconds; those that arrived.
    struct QueueDelay: Codable, Equatable, Sendable {
        var p50: Double
        var p95: Double
        var max: Double
    }

    /// What happened to one direction's packets.
    struct Counters: Codable, Equatable, Sendable {
        var packetsIn = 0
        var bytesIn = 0
        var packetsDelivered = 0
        var bytesDelivered = 0
        /// Lost at random.
        var lost = 0
        /// Dropped because the bottleneck's queue was full, or more packets were under way than the emulator keeps.
        var overflowed = 0
        var duplicated = 0
        /// The receiving interface refused the packet.
        var refused = 0
        /// Nil when nothing arrived.
        var queueDelayMs: QueueDelay?
    }

    /// What happened in one second.
    struct Second: Codable, Equatable, Sendable {
        /// Since the start.
        var second: Int
        /// The bottleneck in bit/s at its beginning; nil is none.
        var rate: UInt64?
        var counters: Counters
    }

    struct Direction: Codable, Equatable, Sendable {
        var total: Counters
        var timeline: [Second]
    }

    /// When the scenario started, in milliseconds since 1970.
    var startedAt: Double
    /// How long it ran.
    var seconds: Double
    var fromA: Direction
    var fromB: Direction
}
