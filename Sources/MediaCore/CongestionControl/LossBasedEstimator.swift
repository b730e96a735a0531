/// The bandwidth that explains losses best, beside what is lost at any rate.
///
/// Source: libwebrtc's loss_based_bwe_v2.
struct LossBasedEstimator: Sendable {
    /// So many observations come before any judgement.
    static let fewestObservations = 3
    /// What is tried beside throughput and the delay-based estimate, over the present bandwidth.
    static let candidates = [1.02, 1.0, 0.95]
    /// Above this loss the bandwidth is at most `instantBalance` bit/s over the excess.
    static let instantLoss = 0.05
    static let instantBalance = 100_000.0
    /// While losses limit: at most so much more within each such time.
    static let growth = 1.3
    static let growthTime = MediaDuration.milliseconds(300)
    /// And so much more than arrives; and this, while less arrives than `holdShare` of the rate held.
    static let growthOverThroughput = 1.5
    static let growthInHold = 1.2
    static let holdShare = 1.3
    /// How long the rate is held after a decrease; each time twice as long.
    static let firstHold = MediaDuration.milliseconds(300)
    static let longestHold = MediaDuration.seconds(60)
    /// How long padding may fill up a rate that grows.
    static let paddingTime = MediaDuration.seconds(2)

    /// What limits the rate.
    enum State: Hashable, Sendable {
        /// Delay: losses do not.
        case delayBased
        /// Losses, and less and less so. Padding fills the rate up.
        case increasingWithPadding
        /// The same, without.
        case increasing
        /// Losses.
        case decreasing
    }

    private(set) var state = State.delayBased
    /// What losses allow, in bit/s; nil while they don't limit.
    var limit: Double? { state == .delayBased ? nil : result }
    var isLimiting: Bool { state != .delayBased }
    /// The share of bytes that was lost of late.
    private(set) var averageLoss = 0.0

    private var observations = LossObservations()
    private var best: LossModel?
    private var result = Double.infinity
    private var windowLimit = Double.infinity
    private var windowStart: MediaInstant?
    private var holdRate = Double.infinity
    private var holdEnd = MediaInstant(nanoseconds: .min)
    private var holdTime = Self.firstHold
    private var paddingRate = 0.0
    private var paddingStart: MediaInstant?

    /// What the judgement takes into account beside losses.
    struct Circumstances {
        /// In bit/s; nil while unknown.
        var throughput: Double?
        /// In bit/s.
        var delayBased: Double
        /// In bit/s.
        var bounds: ClosedRange<Double>
        var isApplicationLimited: Bool
    }

    /// Notes a report.
    mutating func add(_ report: PacketReport) { observations.add(report) }

    /// Judges anew if there is enough news.
    mutating func update(_ circumstances: Circumstances) {
        guard observations.endStretch() else { return }
        averageLoss = observations.averageLoss
        guard observations.total >= Self.fewestObservations else { return }
        let now = observations.lastDeparture
        let current = best ?? LossModel(bandwidth: circumstances.delayBased)
        var chosen = choose(current, circumstances, at: now)
        if averageLoss > chosen.inherentLoss, chosen.bandwidth > current.bandwidth {
            chosen.bandwidth = current.bandwidth
        }
        if isLimiting { boundGrowth(of: &chosen, from: current, circumstances, at: now) }
        let floor = circumstances.throughput.map { averageLoss < 1 ? min($0, circumstances.delayBased) : 0 } ?? 0
        var bounded = min(chosen.bandwidth, instantUpperBound, circumstances.delayBased)
        bounded = max(bounded, min(floor, circumstances.bounds.upperBound), circumstances.bounds.lowerBound)
        if bounded < chosen.bandwidth {
            chosen.bandwidth = bounded
            chosen.inherentLoss = max(chosen.inherentLoss, LossModel.leastInherentLoss)
        }
        best = chosen
        conclude(bounded, circumstances, at: now)
    }

    private func choose(_ current: LossModel, _ circumstances: Circumstances, at now: MediaInstant) -> LossModel {
        var (chosen, highest) = (current, -Double.infinity)
        func consider(_ bandwidth: Double) {
            var model = LossModel(bandwidth: bandwidth, inherentLoss: current.inherentLoss)
            model.boundInherentLoss()
            model.improve(observations.observations)
            let score = model.score(observations.observations, averageLoss: averageLoss)
            if score > highest { (chosen, highest) = (model, score) }
        }
        for factor in Self.candidates { consider(current.bandwidth * factor) }
        let isPadding = paddingStart.map { $0 + Self.paddingTime >= now } ?? false
        if let throughput = circumstances.throughput, !circumstances.isApplicationLimited || isPadding {
            consider(max(throughput, circumstances.bounds.lowerBound))
        }
        if circumstances.delayBased > current.bandwidth { consider(circumstances.delayBased) }
        return chosen
    }

    private var instantUpperBound: Double {
        averageLoss > Self.instantLoss ? Self.instantBalance / (averageLoss - Self.instantLoss) : .infinity
    }

    private func boundGrowth(
        of chosen: inout LossModel, from current: LossModel, _ circumstances: Circumstances, at now: MediaInstant
    ) {
        if let windowStart, windowStart + Self.growthTime > now {
            chosen.bandwidth = min(chosen.bandwidth, windowLimit)
        }
        guard let throughput = circumstances.throughput, isGrowth(from: current.bandwidth, to: chosen.bandwidth) else {
            return
        }
        let factor = throughput < Self.holdShare * holdRate ? Self.growthInHold : Self.growthOverThroughput
        chosen.bandwidth = max(current.bandwidth, min(chosen.bandwidth, factor * throughput))
    }

    private func isGrowth(from old: Double, to new: Double) -> Bool {
        guard isLimiting else { return false }
        return old < new || old == new && state != .decreasing
    }

    private mutating func conclude(_ bounded: Double, _ circumstances: Circumstances, at now: MediaInstant) {
        let isBelow = bounded < circumstances.delayBased && bounded < circumstances.bounds.upperBound
        if state == .decreasing, now < holdEnd, isBelow {
            holdRate = max(holdRate, min(circumstances.throughput ?? 0, circumstances.delayBased))
            result = min(holdRate, bounded)
            return
        }
        if isBelow, isGrowth(from: result, to: bounded), keepsGrowing(bounded, at: now) {
            if bounded > paddingRate {
                (paddingRate, paddingStart) = (bounded, now)
                state = .increasingWithPadding
            } else {
                state = .increasing
            }
        } else if isBelow {
            if state != .decreasing {
                holdEnd = now + holdTime
                holdTime = min(holdTime * 2, Self.longestHold)
                holdRate = bounded
            }
            (paddingRate, paddingStart) = (0, nil)
            state = .decreasing
        } else {
            (holdTime, holdRate) = (Self.firstHold, .infinity)
            (paddingRate, paddingStart) = (0, nil)
            state = .delayBased
        }
        result = bounded
        if isLimiting, windowStart.map({ $0 + Self.growthTime < now }) ?? true {
            windowLimit = bounded * Self.growth
            windowStart = now
        }
    }

    private func keepsGrowing(_ bitrate: Double, at now: MediaInstant) -> Bool {
        guard state == .increasingWithPadding, let paddingStart else { return true }
        return paddingStart + Self.paddingTime >= now || paddingRate < bitrate
    }
}
