/// What one direction of the link does to packets. The default is a perfect link.
struct LinkSettings: Equatable, Sendable {
    /// Chance that a packet is lost, 0...1.
    var loss = 0.0
    /// Constant delay, in nanoseconds.
    var delay: UInt64 = 0
    /// Further delay drawn evenly from 0...jitter, in nanoseconds. It never changes the order of packets.
    var jitter: UInt64 = 0
    /// Bottleneck in bits per second of IP packets; nil is no bottleneck.
    var bitrate: UInt64?
    /// What the bottleneck's queue holds, in nanoseconds of waiting. A packet that would wait longer is dropped.
    var queue: UInt64 = 200_000_000
    /// Chance that a packet is held back, so that later ones overtake it, 0...1.
    var reordering = 0.0
    /// How long such a packet is held back, in nanoseconds.
    var holdBack: UInt64 = 15_000_000
    /// Chance that a packet arrives twice, 0...1.
    var duplication = 0.0
}
