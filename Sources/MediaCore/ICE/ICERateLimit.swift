/// A token bucket, kept as the one instant at which it will be full again.
struct ICERateLimit: Hashable, Sendable {
    private let interval: MediaDuration
    private let tolerance: MediaDuration
    private var fullAt: MediaInstant?

    /// Allows `burst` at once and one more for every `interval`.
    init(interval: MediaDuration, burst: Int64) {
        self.interval = interval
        tolerance = interval * (burst - 1)
    }

    /// Takes a token; false when there is none.
    mutating func take(at instant: MediaInstant) -> Bool {
        let start = max(fullAt ?? instant, instant)
        guard start - instant <= tolerance else { return false }
        fullAt = start + interval
        return true
    }
}
