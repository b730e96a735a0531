/// What became of one packet, as the receiver's feedback tells its sender.
public struct PacketReport: Hashable, Sendable {
    /// Its transport-wide sequence number, extended: it never wraps.
    public var sequenceNumber: Int64
    /// Its bytes on the wire, UDP and IP headers included.
    public var byteCount: Int
    /// When it left.
    public var departure: MediaInstant
    /// When it arrived, by the receiver's clock, whose epoch is unknown; nil when it has not.
    public var arrival: MediaInstant?
    /// The probe cluster it was sent for; nil for one that was not.
    public var probe: ProbeCluster.ID?
    /// Whether it was reported lost before: it was late.
    public var wasReportedLost: Bool

    /// Creates a report.
    public init(
        sequenceNumber: Int64, byteCount: Int, departure: MediaInstant, arrival: MediaInstant?,
        probe: ProbeCluster.ID? = nil, wasReportedLost: Bool = false
    ) {
        self.sequenceNumber = sequenceNumber
        self.byteCount = byteCount
        self.departure = departure
        self.arrival = arrival
        self.probe = probe
        self.wasReportedLost = wasReportedLost
    }
}
