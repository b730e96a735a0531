/// Limits how often something is done: so many times at once, so many times a second in the long run.
struct TokenBucket: Sendable {
    let perSecond: Double
    let burst: Double
    private var tokens: Double
    private var instant: UInt64

    /// A full bucket. Instants are monotonic nanoseconds.
    init(perSecond: Double, burst: Double, at instant: UInt64) {
        self.perSecond = perSecond
        self.burst = burst
        self.instant = instant
        tokens = burst
    }

    /// Takes one token; returns false when there is none.
    mutating func take(at now: UInt64) -> Bool {
        tokens = refilled(at: now)
        instant = max(instant, now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// Whether it says nothing any more about what was taken.
    func isFull(at now: UInt64) -> Bool { refilled(at: now) >= burst }

    private func refilled(at now: UInt64) -> Double {
        let elapsed = now > instant ? Double(now - instant) / 1e9 : 0
        return min(burst, tokens + elapsed * perSecond)
    }
}
