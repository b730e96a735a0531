/// A short burst at a higher rate than media is sent at, to see whether the link carries it.
public struct ProbeCluster: Hashable, Sendable {
    /// Tells one cluster's packets from another's: 1 to 31, then round again.
    public typealias ID = UInt8

    /// Its name.
    public var id: ID
    /// The rate to send at, in bit/s on the wire.
    public var bitrate: Int64
    /// How long to send.
    public var duration: MediaDuration
    /// The fewest packets to send, however long they take.
    public var minimumPackets: Int
    /// The least time from one group of packets to the next.
    public var minimumInterval: MediaDuration

    /// Creates a cluster.
    public init(
        id: ID, bitrate: Int64, duration: MediaDuration = .milliseconds(15), minimumPackets: Int = 5,
        minimumInterval: MediaDuration = .milliseconds(2)
    ) {
        self.id = id
        self.bitrate = bitrate
        self.duration = duration
        self.minimumPackets = minimumPackets
        self.minimumInterval = minimumInterval
    }
}
