/// Google congestion control, sender side.
public struct GoogleCongestionControl: BandwidthEstimator {
    public private(set) var rates: SendRates
    public var nextDeadline: MediaInstant? { nil }

    /// Creates an estimator that begins with `limits.start`.
    public init(limits: BitrateLimits) {
        rates = SendRates(target: limits.start, pacing: limits.start * 5 / 2)
    }

    public mutating func begin(at instant: MediaInstant) {}
    public mutating func sent(byteCount: Int, at instant: MediaInstant) {}
    public mutating func receive(_ reports: [PacketReport], at instant: MediaInstant) {}
    public mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant) {}
    public mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant) {}
    public mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant) {}
    public mutating func advance(to instant: MediaInstant) {}
    public mutating func takeProbe() -> ProbeCluster? { nil }
    public mutating func setUsefulBitrate(_ bitrate: Int64?, at instant: MediaInstant) {}
}
