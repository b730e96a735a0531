/// What happened in one direction so far, as a whole and by the second.
struct DirectionRecord {
    /// A day; what comes later counts in the total only.
    private static let secondLimit = 86_400

    private(set) var total = LinkReport.Counters()
    private var second = LinkReport.Counters()
    private var totalDelay = DelayHistogram()
    private var secondDelay = DelayHistogram()
    private var timeline: [LinkReport.Second] = []
    private var rate: UInt64?

    mutating func count(_ change: (inout LinkReport.Counters) -> Void) {
        change(&total)
        change(&second)
    }

    mutating func add(delay: UInt64) {
        totalDelay.add(nanoseconds: delay)
        secondDelay.add(nanoseconds: delay)
    }

    /// How many seconds are over.
    private(set) var secondCount = 0

    /// `rate` is the bottleneck's at the beginning, in bit/s; nil is none.
    init(rate: UInt64? = nil) { self.rate = rate }

    /// Ends a second; the next one begins with this rate.
    mutating func endSecond(nextRate: UInt64?) {
        secondCount += 1
        defer { rate = nextRate }
        guard timeline.count < Self.secondLimit else { return }
        second.queueDelayMs = secondDelay.summary
        timeline.append(LinkReport.Second(second: timeline.count, rate: rate, counters: second))
        second = LinkReport.Counters()
        secondDelay.removeAll()
    }

    var report: LinkReport.Direction {
        var total = total
        total.queueDelayMs = totalDelay.summary
        return LinkReport.Direction(total: total, timeline: timeline)
    }
}
