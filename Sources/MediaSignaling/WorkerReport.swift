public import MediaCore
public import MediaIO

/// A worker's figures, as `/stats` shows them.
public struct WorkerReport: Sendable, Encodable {
    /// The UDP port.
    public var udpPort: UInt16
    /// What the engine counts.
    public var engine: MediaStatistics

    /// What its sockets and thread count.
    public var sockets: WorkerStatistics

    /// Creates a report.
    public init(udpPort: UInt16, engine: MediaStatistics, sockets: WorkerStatistics) {
        self.udpPort = udpPort
        self.engine = engine
        self.sockets = sockets
    }
}
