/// How long packets wait in the link's queue: how much later they arrive than the quickest of the last while.
///
/// The receiver's clock has an unknown epoch, so only differences count. Of the packets of one feedback the quickest
/// counts: jitter only ever adds. Of few packets even the quickest may have been held up: what they usually scatter by is
/// taken off.
struct QueueDelay: Sendable {
    /// The quickest is looked for among so many stretches of such a length: routes change, and clocks drift.
    static let stretch = MediaDuration.seconds(10)
    static let stretchCount = 3
    /// A transit that differs this much from the one before is a clock that was set anew.
    static let clockJump = MediaDuration.seconds(3)

    /// Seconds over which it is smoothed to see whether it gets shorter, and by how many milliseconds the two differ then.
    static let quickTime = 0.3
    static let slowTime = 1.5
    static let fall = 10.0

    /// How much one feedback counts for what they scatter by, and how many packets it must tell of.
    static let scatterWeight = 0.125
    static let scatterCount = 3
    /// In milliseconds. More is not jitter, but a slow link's packets that wait for one another.
    static let mostScatter = 20.0
    /// How much of it is taken off.
    static let scatterShare = 1.5

    /// In milliseconds; nil while nothing arrived.
    private(set) var milliseconds: Double?
    /// Whether it has been getting shorter for a while.
    var isFalling: Bool { slow - quick > Self.fall }

    /// The length, smoothed over `quickTime` and over `slowTime`, in milliseconds.
    private var quick = 0.0
    private var slow = 0.0
    private var lastUpdate: MediaInstant?
    private var least: [Int64] = []
    private var stretchEnd = MediaInstant(nanoseconds: .min)
    private var current: Int64?
    /// How many packets that was the quickest of, and the sum of their transits in nanoseconds.
    private var count = 0
    private var sum = 0.0
    /// How much longer packets of one feedback take than the quickest of them, in the mean, in milliseconds.
    private var scatter = 0.0
    private var last: Int64?

    /// Notes a packet that arrived.
    mutating func add(departure: MediaInstant, arrival: MediaInstant) {
        let transit = (arrival - departure).nanoseconds
        current = min(current ?? transit, transit)
        count += 1
        sum += Double(transit)
    }

    /// Goes on after the packets of one feedback.
    mutating func update(at instant: MediaInstant) {
        guard let transit = current else { return }
        current = nil
        if count >= Self.scatterCount {
            let mean = (sum / Double(count) - Double(transit)) / 1e6
            scatter += Self.scatterWeight * (min(max(mean, 0), Self.mostScatter) - scatter)
        }
        (count, sum) = (0, 0)
        if let last, (MediaInstant(nanoseconds: transit) - MediaInstant(nanoseconds: last)).isBeyond(Self.clockJump) {
            least.removeAll(keepingCapacity: true)
            milliseconds = nil
        }
        last = transit
        if least.isEmpty || instant >= stretchEnd {
            if least.count == Self.stretchCount { least.removeFirst() }
            if least.isEmpty { least.reserveCapacity(Self.stretchCount) }
            least.append(transit)
            stretchEnd = instant + Self.stretch
        } else {
            least[least.count - 1] = min(least[least.count - 1], transit)
        }
        let base = least.min() ?? transit
        let delay = MediaDuration(nanoseconds: transit &- base).inMilliseconds
        let elapsed = min(max((instant - (lastUpdate ?? instant)).inSeconds, 0), 1)
        lastUpdate = instant
        quick += min(elapsed / Self.quickTime, 1) * (delay - quick)
        slow += min(elapsed / Self.slowTime, 1) * (delay - slow)
        milliseconds = max(delay - Self.scatterShare * scatter, 0)
    }
}

extension MediaDuration {
    /// Whether it is longer, either way.
    fileprivate func isBeyond(_ length: MediaDuration) -> Bool {
        self > length || self < MediaDuration(nanoseconds: 0) - length
    }
}
