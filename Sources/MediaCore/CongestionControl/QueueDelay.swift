/// How long packets wait in the link's queue: how much later they arrive than the quickest of the last while.
///
/// The receiver's clock has an unknown epoch, so only differences count. Of the packets of one feedback the quickest
/// counts: jitter only ever adds.
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
    private var last: Int64?

    /// Notes a packet that arrived.
    mutating func add(departure: MediaInstant, arrival: MediaInstant) {
        let transit = (arrival - departure).nanoseconds
        current = min(current ?? transit, transit)
    }

    /// Goes on after the packets of one feedback.
    mutating func update(at instant: MediaInstant) {
        guard let transit = current else { return }
        current = nil
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
        milliseconds = max(delay, 0)
    }
}

extension MediaDuration {
    /// Whether it is longer, either way.
    fileprivate func isBeyond(_ length: MediaDuration) -> Bool {
        self > length || self < MediaDuration(nanoseconds: 0) - length
    }
}
