import MediaCore

/// An estimator that is not told what would be of use: an elastic publisher would always send more, and the engine sees
/// what it sends only.
struct ElasticEstimator: BandwidthEstimator {
    private var estimator: any BandwidthEstimator

    init(_ estimator: any BandwidthEstimator) { self.estimator = estimator }

    var rates: SendRates { estimator.rates }
    var nextDeadline: MediaInstant? { estimator.nextDeadline }

    mutating func begin(at instant: MediaInstant) { estimator.begin(at: instant) }
    mutating func advance(to instant: MediaInstant) { estimator.advance(to: instant) }
    mutating func sent(byteCount: Int, at instant: MediaInstant) { estimator.sent(byteCount: byteCount, at: instant) }
    mutating func receive(_ reports: [PacketReport], at instant: MediaInstant) {
        estimator.receive(reports, at: instant)
    }
    mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant) {
        estimator.receive(receiverEstimate: bitrate, at: instant)
    }
    mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant) {
        estimator.receive(packetsLost: packetsLost, of: packetsExpected, at: instant)
    }
    mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant) {
        estimator.receive(roundTrip: roundTrip, at: instant)
    }
    mutating func takeProbe() -> ProbeCluster? { estimator.takeProbe() }
    mutating func setUsefulBitrate(_ bitrate: Int64?, next: Int64?, at instant: MediaInstant) {
        estimator.setUsefulBitrate(nil, next: next, at: instant)
    }
}
