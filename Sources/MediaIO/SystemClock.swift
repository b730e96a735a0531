import CMediaIO
import MediaCore

/// The host's clocks.
enum SystemClock {
    /// The monotonic clock, which drives the engine.
    static var now: MediaInstant {
        MediaInstant(nanoseconds: sluice_monotonic_nanoseconds())
    }

    /// The two clocks read together.
    static func wallClock() -> WallClock {
        // The thread may be interrupted between two readings: of a few tries, the one that took least is the truest.
        var best = Int64.max
        var pair = (monotonic: Int64(0), unix: Int64(0))
        for _ in 0..<4 {
            let before = sluice_monotonic_nanoseconds()
            let unix = sluice_unix_nanoseconds()
            let elapsed = sluice_monotonic_nanoseconds() - before
            if elapsed < best {
                best = elapsed
                pair = (before + elapsed / 2, unix)
            }
        }
        return WallClock(
            instant: MediaInstant(nanoseconds: pair.monotonic), ntpTime: NTPTime(unixNanoseconds: pair.unix))
    }
}
