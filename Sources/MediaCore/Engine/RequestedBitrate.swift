/// What a publisher is asked to keep to, and whether it still is to be told.
struct RequestedBitrate {
    /// The accepted limits and hints, in bit/s: less carries no call, more no link of a publisher.
    static let range: ClosedRange<Int64> = 30_000...1_000_000_000
    /// How often a publisher hears that a limit is gone: single messages are lost.
    private static let liftCount = 4

    /// The most that it is to send, in bit/s; nil for as much as it likes.
    private(set) var limit: Int64?
    private var liftsLeft = 0

    /// Sets the limit, or lifts it.
    mutating func set(_ limit: Int64?) {
        liftsLeft = limit == nil && self.limit != nil ? Self.liftCount : limit == nil ? liftsLeft : 0
        self.limit = limit
    }

    /// The bit rate to tell it now; nil for nothing. A limit that is gone is replaced by one that limits nothing: the
    /// message has no word for none, and 0 means none to some and silence to others.
    mutating func take() -> UInt64? {
        if let limit { return UInt64(limit) }
        guard liftsLeft > 0 else { return nil }
        liftsLeft -= 1
        return UInt64(Self.range.upperBound)
    }
}
