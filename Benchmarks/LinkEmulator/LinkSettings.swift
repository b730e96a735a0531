/// What one direction of the link does to packets. The default is a perfect link.
struct LinkSettings: Equatable, Sendable {
    /// Losses that come together, after Gilbert and Elliott: a burst begins and ends by chance, and loses while it lasts.
    struct Burst: Equatable, Sendable {
        /// Chance with each packet that a burst begins, 0...1.
        var enter: Double
        /// Chance with each packet that it ends, 0...1.
        var leave: Double
        /// Chance that a packet is lost in a burst, 0...1.
        var loss: Double
    }

    /// What the bottleneck's queue holds.
    enum Queue: Equatable, Sendable {
        /// As much as the bottleneck sends in so many nanoseconds at its present rate.
        case time(UInt64)
        case bytes(UInt64)
    }

    /// Chance that a packet is lost, 0...1.
    var loss = 0.0
    /// Losses on top of that.
    var burst: Burst?
    /// Constant delay, in nanoseconds.
    var delay: UInt64 = 0
    /// Further delay drawn evenly from 0...jitter, in nanoseconds. It never changes the order of packets.
    var jitter: UInt64 = 0
    /// Bottleneck in bits per second of IP packets; nil is no bottleneck.
    var bitrate: UInt64?
    /// A packet that finds more than this before it is dropped.
    var queue = Queue.time(200_000_000)
    /// Chance that a packet is held back, so that later ones overtake it, 0...1.
    var reordering = 0.0
    /// How long such a packet is held back, in nanoseconds.
    var holdBack: UInt64 = 15_000_000
    /// Chance that a packet arrives twice, 0...1.
    var duplication = 0.0
}
