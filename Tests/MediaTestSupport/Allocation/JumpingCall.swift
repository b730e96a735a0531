import MediaCore

/// What six cameras send in a call with people in it, and what a link is thought to carry: bit rates that jump when
/// somebody moves, and an estimate that wavers.
package struct JumpingCall: Sendable {
    /// One camera.
    package struct Source: Sendable {
        /// With all pictures, in bit/s; of the few, 40 % of it.
        package var bitrate: Int64
        /// What is in its picture, as a factor.
        package var scenes: Steps<Double>
    }

    private static let meanEstimate: Int64 = 3_000_000
    /// The mean of what scenes are evenly by ratio.
    private static let meanScene = 1.05

    package let sources: [Source]
    /// In bit/s; another each 200 ms.
    package let estimate: Steps<Int64>

    /// `demand` is what all cameras make at their best on the average, as a share of the mean estimate.
    package init(seed: UInt64, seconds: Double, demand: Double) {
        var random = MediaRandom.seeded(seed &* 101 &+ 13)
        sources = [0.36, 0.24, 0.15, 0.1, 0.09, 0.06].map { share in
            let bitrate = Int64(share * demand * Double(Self.meanEstimate) / Self.meanScene)
            var steps: [(seconds: Double, value: Double)] = []
            var at = 0.0
            while at < seconds {
                at += Self.exponential(mean: 10, &random)
                steps.append((at, Self.scene(&random)))
            }
            return Source(bitrate: bitrate, scenes: Steps(Self.scene(&random), steps))
        }
        var steps: [(seconds: Double, value: Int64)] = []
        var wave = 0.0
        var dip = Self.exponential(mean: 100, &random)
        for tick in 1...Int(seconds * 5) {
            let at = Double(tick) / 5
            // A tenth of standard deviation, forgotten within seconds.
            wave = 0.95 * wave + 0.312 * 0.1 * Route.gaussian(using: &random)
            let isDip = at >= dip && at < dip + 1
            if at >= dip + 1 { dip = at + Self.exponential(mean: 100, &random) }
            steps.append((at, Int64(Double(Self.meanEstimate) * (1 + wave) * (isDip ? 0.5 : 1))))
        }
        estimate = Steps(Self.meanEstimate, steps)
    }

    /// Evenly by ratio from 0.58 to 1.73: the root of 1/3 and of 3.
    private static func scene(_ random: inout MediaRandom) -> Double {
        let part = Double.random(in: 0..<1, using: &random)
        // 3 to the power of part - 1/2, by its series.
        let exponent = (part - 0.5) * 1.098_612_289
        var (term, sum) = (1.0, 1.0)
        for order in 1...12 {
            term *= exponent / Double(order)
            sum += term
        }
        return sum
    }

    private static func exponential(mean: Double, _ random: inout MediaRandom) -> Double {
        // How often a thousandth of the mean passes without an end: it needs no logarithm.
        var ticks = 1
        while Double.random(in: 0..<1, using: &random) > 0.001, ticks < 10_000 { ticks += 1 }
        return mean * Double(ticks) / 1000
    }
}
