import MediaCore

/// An estimator that knows the link: nothing here carries feedback, and nothing is to wait.
struct KnownRate: BandwidthEstimator {
    let rates = SendRates(target: 1_000_000_000, pacing: 1_000_000_000)
    var nextDeadline: MediaInstant? { nil }

    mutating func begin(at instant: MediaInstant) {}
    mutating func sent(byteCount: Int, at instant: MediaInstant) {}
    mutating func receive(_ reports: [PacketReport], at instant: MediaInstant) {}
    mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant) {}
    mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant) {}
    mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant) {}
    mutating func advance(to instant: MediaInstant) {}
    mutating func takeProbe() -> ProbeCluster? { nil }
    mutating func setUsefulBitrate(_ bitrate: Int64?, next: Int64?, at instant: MediaInstant) {}
}
