/// How a link loses packets: some at any rate, and whatever is sent beyond what it carries.
///
/// Source: libwebrtc's loss_based_bwe_v2.
struct LossModel: Hashable, Sendable {
    /// Bounds of any probability.
    static let probabilities = 1e-6...(1 - 1e-6)
    /// The least loss that is taken for granted ...
    static let leastInherentLoss = 0.001
    /// ... and the most: this, and so many bit/s over the bandwidth.
    static let inherentLossOffset = 0.05
    static let inherentLossBalance = 100_000.0
    /// How far one step goes towards the best inherent loss.
    static let newtonStep = 0.75
    /// How much bandwidth is preferred: for each kbit/s, and for its logarithm.
    static let bandwidthBias = 0.0002
    static let logarithmicBias = 0.02
    /// Above this loss less of it is preferred.
    static let biasedLoss = 0.2

    /// In bit/s.
    var bandwidth: Double
    /// The share that is lost at any rate.
    var inherentLoss = 0.01

    /// The probability of loss when so many bit/s are sent.
    func loss(sending bitrate: Double) -> Double {
        guard bitrate > bandwidth, bitrate > 0 else { return clamp(inherentLoss) }
        return clamp(inherentLoss + (1 - inherentLoss) * (bitrate - bandwidth) / bitrate)
    }

    /// Within its bounds for the bandwidth.
    mutating func boundInherentLoss() {
        let most = Self.inherentLossOffset + Self.inherentLossBalance / max(bandwidth, 1000)
        inherentLoss = min(max(inherentLoss, Self.leastInherentLoss), min(most, 1))
    }

    /// Takes one step towards the inherent loss that explains the observations best.
    mutating func improve(_ observations: [LossObservations.Observation]) {
        var (first, second, weight) = (0.0, 0.0, 1.0)
        for observation in observations {
            let p = loss(sending: observation.bitrate)
            let (lost, kept) = (observation.lostBytes / 1000, received(observation) / 1000)
            first += weight * (lost / p - kept / (1 - p))
            second -= weight * (lost / (p * p) + kept / ((1 - p) * (1 - p)))
            weight *= LossObservations.weight
        }
        guard second < 0, first.isFinite, second.isFinite else { return }
        inherentLoss -= Self.newtonStep * first / second
        boundInherentLoss()
    }

    /// How well it explains the observations, and how much is to be liked about it.
    func score(_ observations: [LossObservations.Observation], averageLoss: Double) -> Double {
        let kilobits = bandwidth / 1000
        let bias =
            Self.adjusted(Self.bandwidthBias, averageLoss) * kilobits
            + Self.adjusted(Self.logarithmicBias, averageLoss) * naturalLogarithm(1 + kilobits)
        var (score, weight) = (0.0, 1.0)
        for observation in observations {
            let p = loss(sending: observation.bitrate)
            score +=
                weight
                * (observation.lostBytes / 1000 * naturalLogarithm(p)
                    + received(observation) / 1000 * naturalLogarithm(1 - p)
                    + bias * observation.sentBytes / 1000)
            weight *= LossObservations.weight
        }
        return score
    }

    private func received(_ observation: LossObservations.Observation) -> Double {
        max(observation.sentBytes - observation.lostBytes, 0)
    }

    private static func adjusted(_ factor: Double, _ loss: Double) -> Double {
        factor * (biasedLoss - loss) / (0.002 + abs(biasedLoss - loss))
    }

    private func clamp(_ p: Double) -> Double {
        min(max(p, Self.probabilities.lowerBound), Self.probabilities.upperBound)
    }
}
