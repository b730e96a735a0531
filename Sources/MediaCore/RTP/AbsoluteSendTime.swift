/// The `abs-send-time` header extension: 6 bits of seconds and 18 of fraction, which wrap every 64 s.
enum AbsoluteSendTime {
    /// The 24 bits for a wall-clock time.
    static func value(at time: NTPTime) -> UInt32 {
        UInt32(truncatingIfNeeded: time.bits >> 14) & 0xFF_FFFF
    }
}
