package import MediaCore

/// One direction of a flow's way: the links it shares with others, and its own delay behind them.
package struct Route: Sendable {
    /// The links in order, by their places in the network.
    package var links: [Int]
    package var delay: Steps<MediaDuration>
    /// Jitter that never reorders: the standard deviation of a Gaussian, cut off at three of them, its absolute value.
    /// Source: RFC 8868, sections 4.5.2 and 4.5.3.
    package var jitter: MediaDuration

    private var lastArrival = MediaInstant(nanoseconds: 0)

    package init(links: [Int], delay: Steps<MediaDuration>, jitter: MediaDuration = .zero) {
        self.links = links
        self.delay = delay
        self.jitter = jitter
    }

    /// When what leaves the last link arrives, whose own transmission there takes so long.
    mutating func arrival(
        leaving instant: MediaInstant, serialization: MediaDuration, using random: inout MediaRandom
    ) -> MediaInstant {
        var arrival = instant + delay.value(at: instant)
        if jitter > .zero {
            let deviation = min(abs(Self.gaussian(using: &random)), 3)
            arrival = arrival + MediaDuration(nanoseconds: Int64(Double(jitter.nanoseconds) * deviation))
            arrival = max(arrival, lastArrival + serialization)
        }
        arrival = max(arrival, lastArrival)
        lastArrival = arrival
        return arrival
    }

    /// The sum of twelve uniform numbers is near enough, and needs no mathematics library.
    static func gaussian(using random: inout MediaRandom) -> Double {
        // Four of 16 bits in each of three words.
        var sum = 0.0
        for _ in 0..<3 {
            var word = random.next()
            for _ in 0..<4 {
                sum += Double(word & 0xFFFF) / 65_536
                word >>= 16
            }
        }
        return sum - 6
    }
}
