package import MediaCore

/// Sends as fast as it is told to beforehand, whatever the receiver says: what a bench has to show as perfect, as too
/// much or as too little.
package struct KnowingEstimator: BandwidthEstimator {
    package private(set) var rates: SendRates
    package private(set) var nextDeadline: MediaInstant?
    private let targets: Steps<Int64>
    private let pacingFactor: Double

    /// `lead` is how far the estimator's clock is ahead of the targets'.
    package init(_ targets: Steps<Int64>, pacingFactor: Double = 1.05, lead: MediaDuration = .zero) {
        var targets = targets
        for place in targets.steps.indices.dropFirst() { targets.steps[place].seconds += lead.inSeconds }
        self.targets = targets
        self.pacingFactor = pacingFactor
        rates = SendRates(target: 0, pacing: 0)
        follow(MediaInstant(nanoseconds: 0))
    }

    private mutating func follow(_ instant: MediaInstant) {
        let target = targets.value(at: instant)
        rates = SendRates(target: target, pacing: Int64(Double(target) * pacingFactor))
        nextDeadline = targets.steps.lazy.map { MediaInstant(nanoseconds: Int64($0.seconds * 1e9)) }
            .first { $0 > instant }
    }

    package mutating func begin(at instant: MediaInstant) { follow(instant) }
    package mutating func advance(to instant: MediaInstant) { follow(instant) }
    package mutating func sent(byteCount: Int, at instant: MediaInstant) {}
    package mutating func receive(_ reports: [PacketReport], at instant: MediaInstant) {}
    package mutating func receive(receiverEstimate bitrate: Int64, at instant: MediaInstant) {}
    package mutating func receive(packetsLost: Int64, of packetsExpected: Int64, at instant: MediaInstant) {}
    package mutating func receive(roundTrip: MediaDuration, at instant: MediaInstant) {}
    package mutating func takeProbe() -> ProbeCluster? { nil }
    package mutating func setUsefulBitrate(_ bitrate: Int64?, next: Int64?, at instant: MediaInstant) {}
}
