/// What one direction does over time: settings that hold from their instant until the next ones do. Until it is started
/// the first ones hold.
struct LinkSchedule: Equatable, Sendable {
    struct Step: Equatable, Sendable {
        /// Nanoseconds after the start.
        var start: UInt64
        var settings: LinkSettings
    }

    /// Never empty; the first begins at 0, each later than the one before.
    let steps: [Step]
    /// The step that holds at the latest instant.
    private var current = 0
    private var origin: UInt64?

    init(_ settings: LinkSettings) {
        steps = [Step(start: 0, settings: settings)]
    }

    /// Nil unless the first step begins at 0 and each begins later than the one before.
    init?(steps: [Step]) {
        guard steps.first?.start == 0, zip(steps, steps.dropFirst()).allSatisfy({ $0.start < $1.start }) else {
            return nil
        }
        self.steps = steps
    }

    mutating func start(at instant: UInt64) { origin = instant }

    /// What holds at `instant`, which is not before that of the last `advance`.
    func settings(at instant: UInt64) -> LinkSettings { steps[step(at: instant)].settings }

    /// Nothing before `instant` will be asked for any more.
    mutating func advance(to instant: UInt64) { current = step(at: instant) }

    private func step(at instant: UInt64) -> Int {
        var step = current
        while end(of: step) <= instant { step += 1 }
        return step
    }

    private func end(of step: Int) -> UInt64 {
        guard let origin, step + 1 < steps.count else { return .max }
        return origin + steps[step + 1].start
    }

    /// How many bits the bottleneck can send between two instants; infinitely many without one.
    func bits(from first: UInt64, to last: UInt64) -> Double {
        var bits = 0.0
        var instant = first
        var step = step(at: first)
        while instant < last {
            guard let bitrate = steps[step].settings.bitrate else { return .infinity }
            let end = min(end(of: step), last)
            bits += Double(end - instant) * Double(bitrate) / 1e9
            instant = end
            step += 1
        }
        return bits
    }

    /// When the bottleneck has sent so many bits if it begins at `first`.
    func instant(afterSending bits: Double, from first: UInt64) -> UInt64 {
        var left = bits
        var instant = first
        var step = step(at: first)
        while true {
            // No bottleneck: nothing waits.
            guard let bitrate = steps[step].settings.bitrate else { return instant }
            let needed = left * 1e9 / Double(bitrate)
            let end = end(of: step)
            if needed <= Double(end - instant) { return instant + UInt64(needed) }
            left -= Double(end - instant) * Double(bitrate) / 1e9
            instant = end
            step += 1
        }
    }
}
