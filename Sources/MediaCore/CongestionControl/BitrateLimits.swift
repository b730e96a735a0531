/// The bounds of an estimate, and where it begins. All in bit/s on the wire, UDP and IP headers included.
public struct BitrateLimits: Hashable, Sendable {
    /// It never falls below. 5,000 at least.
    public var minimum: Int64
    /// What an unknown link is taken to carry at first.
    public var start: Int64
    /// It never rises above. 1,000,000,000 at most.
    public var maximum: Int64

    /// Creates limits; 0 < minimum <= start <= maximum.
    public init(minimum: Int64 = 30_000, start: Int64 = 300_000, maximum: Int64 = 30_000_000) {
        self.minimum = minimum
        self.start = start
        self.maximum = maximum
    }
}
