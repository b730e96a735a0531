import Synchronization

/// A token bucket for each source, in bounded memory.
final class RateLimiter: Sendable {
    private let buckets = Mutex<[HTTPSource: TokenBucket]>([:])
    private let perSecond: Double
    private let burst: Double
    private let maximumSources: Int

    init(perSecond: Double, burst: Double, maximumSources: Int = 8192) {
        self.perSecond = perSecond
        self.burst = burst
        self.maximumSources = maximumSources
    }

    /// The sources remembered now.
    var sourceCount: Int { buckets.withLock { $0.count } }

    /// Takes one token of `source` at `instant`, in monotonic nanoseconds. Returns false when there is none.
    func admit(_ source: HTTPSource, at instant: UInt64) -> Bool {
        buckets.withLock { buckets in
            if buckets[source] == nil, buckets.count >= maximumSources {
                // A bucket that is full again says nothing. When none is, the newcomers have to wait.
                buckets = buckets.filter { !$0.value.isFull(at: instant) }
                guard buckets.count < maximumSources else { return false }
            }
            return buckets[source, default: TokenBucket(perSecond: perSecond, burst: burst, at: instant)]
                .take(at: instant)
        }
    }
}
