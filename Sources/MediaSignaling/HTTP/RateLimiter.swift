import Synchronization

/// A token bucket for each source, in bounded memory.
final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var instant: UInt64
    }

    private let buckets = Mutex<[HTTPSource: Bucket]>([:])
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
                buckets = buckets.filter { refilled($0.value, at: instant) < burst }
                guard buckets.count < maximumSources else { return false }
            }
            let bucket = buckets[source] ?? Bucket(tokens: burst, instant: instant)
            let tokens = refilled(bucket, at: instant)
            guard tokens >= 1 else { return false }
            buckets[source] = Bucket(tokens: tokens - 1, instant: max(instant, bucket.instant))
            return true
        }
    }

    private func refilled(_ bucket: Bucket, at instant: UInt64) -> Double {
        let elapsed = instant > bucket.instant ? Double(instant - bucket.instant) / 1e9 : 0
        return min(burst, bucket.tokens + elapsed * perSecond)
    }
}
