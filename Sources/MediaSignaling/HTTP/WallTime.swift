#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The wall clock as text, in UTC.
enum WallTime {
    /// Now, as HTTP wants it: `Sun, 06 Nov 1994 08:49:37 GMT`. Source: RFC 9110, section 5.6.7.
    static func http() -> String { text("%a, %d %b %Y %H:%M:%S GMT", at: now().tv_sec) }

    /// Now, as logs want it: `1994-11-06T08:49:37.120Z`. Source: RFC 3339.
    static func log() -> String {
        let now = now()
        let milliseconds = String(now.tv_nsec / 1_000_000 + 1000).dropFirst()
        return text("%Y-%m-%dT%H:%M:%S", at: now.tv_sec) + ".\(milliseconds)Z"
    }

    static func text(_ format: String, at seconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return String(unsafeUninitializedCapacity: 64) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return base.withMemoryRebound(to: CChar.self, capacity: 64) { strftime($0, 64, format, &parts) }
        }
    }

    private static func now() -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time
    }
}
