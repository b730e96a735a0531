/// Finds out what the link to one subscriber carries.
///
/// It is told what was sent and what the receiver says of it, always in order of time, and tells how fast to send and
/// when to probe. It reads no clock and has no randomness: equal input gives equal output. Nothing that a peer reports
/// may trap it or take `rates.target` out of its limits.
public protocol BandwidthEstimator: Sendable {
    /// What to send at present.
    var rates: SendRates { get }
    /// When `advance` must be called at the latest; nil when only input changes anything.
    var nextDeadline: MediaInstant? { get }

    /// The sender begins to send, or goes on over another path of which nothing is known.
    mutating func begin(at instant: MediaInstant)
    /// So many bytes left since it was last told, on the wire; called before any of the others.
    mutating func sent(byteCount: Int, at instant: MediaInstant)
    /// Transport-wide feedback: packets by ascending number, each reported on as lost once at most, and as arrived once
    /// at most, which may be after it was reported lost. One that others have overtaken is reported later than they.
    mutating func receive(_ reports: [PacketReport], at instant: MediaInstant)
    /// The receiver's own estimate, in bit/s. Source: draft-alvestrand-rmcat-remb-03.
    mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant)
    /// A receiver report's news of all streams together, for receivers without transport-wide feedback: packets lost
    /// (negative with duplicates) of those expected since the last. Source: RFC 3550, section 6.4.1.
    mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant)
    /// A round trip by receiver reports. Source: RFC 3550, section 6.4.1.
    mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant)
    /// Does what is due.
    mutating func advance(to instant: MediaInstant)
    /// The next cluster to send, in order; nil when there is none. Called after each of the others.
    mutating func takeProbe() -> ProbeCluster?
    /// The most that could be sent if the link carried it, in bit/s on the wire; nil while that is not known. More than
    /// that needs no probing.
    ///
    /// - Parameter next: what the link would have to carry for more to be sent than now; nil when nothing more is wanted, or
    ///   while that is not known. Media alone does not show whether it does: it is to be probed for.
    mutating func setUsefulBitrate(_ bitrate: Int64?, next: Int64?, at instant: MediaInstant)
}

/// How fast to send, in bit/s on the wire.
public struct SendRates: Hashable, Sendable {
    /// What the link is believed to carry.
    public var target: Int64
    /// What the pacer lets pass.
    public var pacing: Int64
    /// What is filled up with padding when media stays below; 0 for none.
    public var padding: Int64

    /// Creates rates.
    public init(target: Int64, pacing: Int64, padding: Int64 = 0) {
        self.target = target
        self.pacing = pacing
        self.padding = padding
    }
}
