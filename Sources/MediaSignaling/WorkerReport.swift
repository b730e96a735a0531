public import MediaCore

/// A worker's figures, as `/stats` shows them.
public struct WorkerReport: Sendable, Encodable {
    /// The UDP port.
    public var udpPort: UInt16
    /// What the engine counts.
    public var engine: MediaStatistics

    /// Creates a report.
    public init(udpPort: UInt16, engine: MediaStatistics) {
        self.udpPort = udpPort
        self.engine = engine
    }
}
