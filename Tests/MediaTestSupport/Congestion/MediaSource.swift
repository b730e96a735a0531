package import MediaCore

/// A synthetic encoder, or what a publisher sends that has several layers. All sizes are on the wire.
/// Source: RFC 8867, section 4.3; RFC 8593.
package struct MediaSource: Sendable {
    /// How it behaves. Rates in bit/s on the wire.
    package struct Configuration: Sendable {
        /// What of a target it can send.
        package enum Adaptation: Sendable {
            /// Anything between its bounds.
            case elastic
            /// The highest of these that fits, ascending; the lowest when none does.
            case layers([Int64])
            /// Its maximum, always.
            case none
        }

        package var adaptation = Adaptation.elastic
        package var framesPerSecond = 30.0
        package var minimum: Int64 = 150_000
        package var maximum: Int64 = 1_500_000
        /// Where it begins.
        package var start: Int64 = 150_000
        /// How far the rate over a second may lie from the target, as a share.
        package var rateVariation = 0.05
        /// The standard deviation of a frame's size, as a share.
        package var frameVariation = 0.1
        /// How long it takes to follow a new target.
        package var response = MediaDuration.milliseconds(100)
        /// When it sends nothing, in seconds.
        package var pauses: [Range<Double>] = []
        /// When a keyframe of so many full packets is made.
        package var keyframes: [(seconds: Double, packets: Int)] = []
        /// Whether it begins with a keyframe, and makes one whenever it went on after shedding: five times as large as
        /// others.
        package var needsKeyframes = false

        package init() {}
    }

    /// RTP packets are no longer than this; UDP and IP headers come on top.
    package static let packetByteCount = 1200 + 28

    package let configuration: Configuration
    /// When the next frame is made.
    package private(set) var nextFrame: MediaInstant

    private let start: MediaInstant
    private var random: MediaRandom
    private var bitrate: Double
    private var targets: [(at: MediaInstant, bitrate: Int64)] = []
    private var variation = 1.0
    private var variationUntil: MediaInstant
    private var keyframes: [(at: MediaInstant, packets: Int)]
    /// The next frame is a keyframe.
    package var owesKeyframe: Bool
    /// What keyframes took beyond their share, and is saved on the frames behind them.
    private var excess = 0.0

    package init(_ configuration: Configuration, start: MediaInstant, seed: UInt64) {
        self.configuration = configuration
        self.start = start
        random = .seeded(seed)
        // Flows that begin together are not in step.
        nextFrame =
            start + .microseconds(Int64.random(in: 0..<Int64(1e6 / configuration.framesPerSecond), using: &random))
        variationUntil = start
        bitrate = Double(configuration.start)
        keyframes = configuration.keyframes.map { (start + .milliseconds(Int64($0.seconds * 1000)), $0.packets) }
        owesKeyframe = configuration.needsKeyframes
    }

    /// The most it would send at an instant.
    package func sendable(at instant: MediaInstant) -> Int64 { isPaused(at: instant) ? 0 : configuration.maximum }

    /// It may send so much from now on, when it has followed.
    package mutating func set(target: Int64, at instant: MediaInstant) {
        guard targets.last?.bitrate != target else { return }
        targets.append((instant + configuration.response, target))
    }

    /// The sizes of the packets of a frame that is due; empty in a pause.
    package mutating func frame(at instant: MediaInstant) -> [Int] {
        nextFrame = nextFrame + MediaDuration(nanoseconds: Int64(1e9 / configuration.framesPerSecond))
        follow(at: instant)
        guard !isPaused(at: instant) else { return [] }
        if let keyframe = keyframes.first, keyframe.at <= instant {
            keyframes.removeFirst()
            excess += Double(keyframe.packets * Self.packetByteCount) - bitrate / 8 / configuration.framesPerSecond
            return [Int](repeating: Self.packetByteCount, count: keyframe.packets)
        }
        if instant >= variationUntil {
            let range = -configuration.rateVariation...configuration.rateVariation
            variation = 1 + Double.random(in: range, using: &random)
            variationUntil = instant + .seconds(1)
        }
        let noise = max(1 + configuration.frameVariation * Route.gaussian(using: &random), 0.2)
        var byteCount = bitrate / 8 / configuration.framesPerSecond * variation * noise
        if owesKeyframe {
            excess += 4 * byteCount
            byteCount *= 5
        } else if excess > 0 {
            // An encoder that keeps to its rate makes up for a keyframe.
            let saved = min(0.3 * byteCount, excess)
            excess -= saved
            byteCount -= saved
        }
        owesKeyframe = false
        return Self.packets(Int(byteCount))
    }

    private static func packets(_ byteCount: Int) -> [Int] {
        let byteCount = max(byteCount, 100)
        let count = (byteCount + packetByteCount - 1) / packetByteCount
        return (0..<count).map { byteCount / count + ($0 < byteCount % count ? 1 : 0) }
    }

    private func isPaused(at instant: MediaInstant) -> Bool {
        let seconds = (instant - MediaInstant(nanoseconds: 0)).inSeconds
        return configuration.pauses.contains { $0.contains(seconds) }
    }

    private mutating func follow(at instant: MediaInstant) {
        while let target = targets.first, target.at <= instant {
            targets.removeFirst()
            switch configuration.adaptation {
            case .elastic:
                bitrate = Double(min(max(target.bitrate, configuration.minimum), configuration.maximum))
            case .layers(let rates):
                let rate = rates.last { $0 <= target.bitrate } ?? rates.first ?? configuration.minimum
                if Double(rate) > bitrate, configuration.needsKeyframes { owesKeyframe = true }
                bitrate = Double(rate)
            case .none: break
            }
        }
        if case .none = configuration.adaptation { bitrate = Double(configuration.maximum) }
    }
}
