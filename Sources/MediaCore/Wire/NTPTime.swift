/// A wall-clock time in NTP format: 32 bits of seconds since 1900 and 32 bits of fraction.
///
/// Source: RFC 3550, section 4.
public struct NTPTime: Hashable, Sendable {
    /// The 64 bits as they stand in a sender report.
    public var bits: UInt64

    /// Creates a time from the 64 bits of a sender report.
    public init(bits: UInt64) {
        self.bits = bits
    }

    /// Creates a time from nanoseconds since the Unix epoch. Wraps in 2036 as the format does.
    public init(unixNanoseconds: Int64) {
        let seconds = unixNanoseconds / 1_000_000_000
        let nanoseconds = UInt64(truncatingIfNeeded: unixNanoseconds - seconds * 1_000_000_000)
        // 2 208 988 800 seconds lie between 1900 and 1970.
        let era = UInt64(truncatingIfNeeded: seconds &+ 2_208_988_800)
        bits = era << 32 | ((nanoseconds << 32) / 1_000_000_000)
    }

    /// Seconds since the Unix epoch, taken to lie in the NTP era that ends in 2036 or the one after it.
    var unixSeconds: Int64 {
        let seconds = Int64(bits >> 32) - 2_208_988_800
        return seconds >= 0 ? seconds : seconds + 1 << 32
    }

    /// The middle 32 bits, in units of 1/65536 s: what report blocks carry as the last sender report.
    public var compact: UInt32 { UInt32(truncatingIfNeeded: bits >> 16) }

    /// The time a duration later; wraps as the format does.
    public static func + (time: NTPTime, duration: MediaDuration) -> NTPTime {
        let seconds = duration.nanoseconds / 1_000_000_000
        let rest = duration.nanoseconds - seconds * 1_000_000_000
        let fraction = (rest << 32) / 1_000_000_000
        return NTPTime(bits: time.bits &+ UInt64(bitPattern: seconds << 32) &+ UInt64(bitPattern: fraction))
    }

    /// The time from `right` to `left`, taken over the shorter way round the era.
    public static func - (left: NTPTime, right: NTPTime) -> MediaDuration {
        let difference = Int64(bitPattern: left.bits &- right.bits)
        let seconds = difference >> 32
        let fraction = difference & 0xFFFF_FFFF
        return MediaDuration(nanoseconds: seconds &* 1_000_000_000 &+ (fraction &* 1_000_000_000) >> 32)
    }
}

/// Ties the monotonic clock to the wall clock: one pair of readings taken together.
public struct WallClock: Sendable {
    /// The monotonic reading.
    public var instant: MediaInstant
    /// The wall-clock reading at that instant.
    public var ntpTime: NTPTime

    /// Creates a clock from a pair of readings.
    public init(instant: MediaInstant, ntpTime: NTPTime) {
        self.instant = instant
        self.ntpTime = ntpTime
    }

    /// The wall-clock time at an instant.
    public func ntpTime(at instant: MediaInstant) -> NTPTime {
        ntpTime + (instant - self.instant)
    }
}
