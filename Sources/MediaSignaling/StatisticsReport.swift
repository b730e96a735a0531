/// What `/stats` answers.
struct StatisticsReport: Encodable {
    /// Seconds since the start.
    let uptime: Double
    let draining: Bool
    /// Sessions, publishers and watchers together.
    let sessions: Int
    let streams: [StreamReport]
    let workers: [WorkerReport]
}

/// One stream in `/stats`.
struct StreamReport: Sendable, Encodable {
    let name: String
    /// The index of its worker.
    let worker: Int
    /// The name of the publisher's session, as in the worker's transports.
    let publisher: String
    /// The names of the watchers' sessions.
    let watchers: [String]
}
