import Glibc

/// The processor time that the calling thread has used: a measure of work that other programs do not blur.
public enum ProcessorTime {
    /// So far.
    public static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    /// What a function uses.
    public static func measure(_ body: () throws -> Void) rethrows -> Duration {
        let started = now
        try body()
        return now - started
    }
}
