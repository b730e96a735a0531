/// A point on the monotonic clock that drives the engine, in nanoseconds since an epoch the caller chooses.
///
/// The engine never reads a clock: every entry point takes the instant at which its input happened, so that the same
/// inputs give the same outputs.
public struct MediaInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the epoch.
    public var nanoseconds: Int64

    /// Creates an instant from nanoseconds since the epoch.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Orders instants in time.
    @inlinable
    public static func < (left: MediaInstant, right: MediaInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant a duration later. Wraps past ±292 years, never traps.
    @inlinable
    public static func + (instant: MediaInstant, duration: MediaDuration) -> MediaInstant {
        MediaInstant(nanoseconds: instant.nanoseconds &+ duration.nanoseconds)
    }

    /// The instant a duration earlier. Wraps past ±292 years, never traps.
    @inlinable
    public static func - (instant: MediaInstant, duration: MediaDuration) -> MediaInstant {
        MediaInstant(nanoseconds: instant.nanoseconds &- duration.nanoseconds)
    }

    /// The time from `right` to `left`.
    @inlinable
    public static func - (left: MediaInstant, right: MediaInstant) -> MediaDuration {
        MediaDuration(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
}

/// A length of time in nanoseconds, signed.
public struct MediaDuration: Hashable, Comparable, Sendable {
    /// The length in nanoseconds.
    public var nanoseconds: Int64

    /// Creates a duration from nanoseconds.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// No time at all.
    public static let zero = MediaDuration(nanoseconds: 0)

    /// A duration in microseconds.
    @inlinable
    public static func microseconds(_ count: Int64) -> MediaDuration {
        MediaDuration(nanoseconds: count &* 1_000)
    }

    /// A duration in milliseconds.
    @inlinable
    public static func milliseconds(_ count: Int64) -> MediaDuration {
        MediaDuration(nanoseconds: count &* 1_000_000)
    }

    /// A duration in seconds.
    @inlinable
    public static func seconds(_ count: Int64) -> MediaDuration {
        MediaDuration(nanoseconds: count &* 1_000_000_000)
    }

    /// The length in seconds, for statistics.
    public var inSeconds: Double { Double(nanoseconds) / 1e9 }

    /// Orders durations by length.
    @inlinable
    public static func < (left: MediaDuration, right: MediaDuration) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The sum of two durations.
    @inlinable
    public static func + (left: MediaDuration, right: MediaDuration) -> MediaDuration {
        MediaDuration(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }

    /// The difference of two durations.
    @inlinable
    public static func - (left: MediaDuration, right: MediaDuration) -> MediaDuration {
        MediaDuration(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }

    /// A multiple of a duration.
    @inlinable
    public static func * (duration: MediaDuration, factor: Int64) -> MediaDuration {
        MediaDuration(nanoseconds: duration.nanoseconds &* factor)
    }
}
