import MediaCore

// The basic test cases. Source: RFC 8867, section 5; the bars are ours.
extension CongestionCase {
    /// 30 ms both ways together. Source: RFC 8868, section 4.5.3.
    private static let jitter: Int64 = 5

    /// Video of 150 to 1500 kbit/s, and audio.
    private static func call(_ name: String, start: Double = 0, end: Double = .infinity) -> MediaFlow.Configuration {
        var configuration = elastic(upTo: 1_500_000)
        configuration.name = name
        configuration.hasAudio = true
        configuration.start = start
        configuration.end = end
        return configuration
    }

    private static let fair = CongestionFigure.Bar.atMost(2)

    package static var rfc8867: [CongestionCase] {
        [variable(delay: 50), variable(delay: 100), multiple, bidirectional, competing, roundTrips]
            + [300, 1000].flatMap { [longTCP(queue: $0, .reno), longTCP(queue: $0, .cubic)] }
            + [shortTCP, pause]
    }

    private static func variable(delay: Int64) -> CongestionCase {
        CongestionCase(
            "5.1-\(delay)ms", "RFC 8867 5.1 variable capacity, \(delay) ms one way", seconds: 100,
            links: [link(1_000_000, [(40, 2_500_000), (60, 600_000), (80, 1_000_000)])],
            flows: [media(call("media"), delay: delay, jitter: jitter)],
            figures: [
                CongestionFigure("utilisation from 10 s", .percent, .atLeast(0.85)) { $0.utilisation(10..<100) },
                CongestionFigure("queue delay p95", .milliseconds, .atMost(0.080)) {
                    $0.queueDelay(0..<100, percentile: 0.95)
                },
                CongestionFigure("queue delay mean", .milliseconds, .none) { $0.meanQueueDelay(0..<100) },
                CongestionFigure("loss", .percent, .atMost(0.01)) { $0.loss(0..<100) },
                CongestionFigure("drop to 0.6: below after", .seconds, .atMost(2)) { $0.timeToFit(after: 60) },
                CongestionFigure("rise to 2.5: 90 % after", .seconds, .atMost(15)) {
                    $0.timeToReach(0.9, after: 40)
                },
                CongestionFigure("rise to 1.0: 90 % after", .seconds, .atMost(15)) {
                    $0.timeToReach(0.9, after: 80)
                },
            ])
    }

    private static var multiple: CongestionCase {
        CongestionCase(
            "5.2", "RFC 8867 5.2 variable capacity, two flows", seconds: 125,
            links: [
                link(4_000_000, [(25, 2_000_000), (50, 3_500_000), (75, 1_000_000), (100, 2_000_000)])
            ],
            flows: [
                media(call("media 1"), delay: 50, jitter: jitter), media(call("media 2"), delay: 50, jitter: jitter),
            ],
            figures: [
                CongestionFigure("ratio of flows", .ratio, fair) { $0.ratio(10..<125, of: [0, 1]) },
                CongestionFigure("ratio of flows, worst 20 s", .ratio, .none) { run in
                    stride(from: 10.0, through: 105, by: 1).map { run.ratio($0..<$0 + 20, of: [0, 1]) }.max() ?? 0
                },
                CongestionFigure("utilisation of both", .percent, .none) { $0.utilisation(10..<125, of: [0, 1]) },
                CongestionFigure("queue delay p95", .milliseconds, .none) {
                    $0.queueDelay(0..<125, percentile: 0.95)
                },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<125) },
            ])
    }

    private static var bidirectional: CongestionCase {
        let (ahead, back) = (
            Flow(.media(call("forward")), forward: route([0], 50, jitter: 5), backward: route([1], 50, jitter: 5)),
            Flow(.media(call("backward")), forward: route([1], 50, jitter: 5), backward: route([0], 50, jitter: 5))
        )
        return CongestionCase(
            "5.3", "RFC 8867 5.3 congested feedback, both directions", seconds: 100,
            links: [
                link(2_000_000, [(20, 1_000_000), (40, 500_000), (60, 2_000_000)]),
                link(2_000_000, [(35, 800_000), (70, 2_000_000)]),
            ], flows: [ahead, back],
            figures: [
                CongestionFigure("ratio of utilisations", .ratio, fair) { run in
                    let shares = [
                        run.utilisation(10..<99, of: [0], link: 0), run.utilisation(10..<99, of: [1], link: 1),
                    ]
                    return (shares.max() ?? 0) / max(shares.min() ?? 0, 0.001)
                },
                CongestionFigure("utilisation forward", .percent, .none) { $0.utilisation(10..<99, of: [0], link: 0) },
                CongestionFigure("utilisation backward", .percent, .none) { $0.utilisation(10..<99, of: [1], link: 1) },
                CongestionFigure("queue delay p95 forward", .milliseconds, .none) {
                    $0.queueDelay(0..<99, percentile: 0.95)
                },
            ])
    }

    private static var competing: CongestionCase {
        CongestionCase(
            "5.4", "RFC 8867 5.4 three flows, beginning 20 s apart", seconds: 120, links: [link(3_500_000)],
            flows: (0..<3).map {
                media(call("media \($0 + 1)", start: Double($0) * 20, end: 119), delay: 50, jitter: jitter)
            },
            figures: [
                CongestionFigure("ratio of flows, 60 to 119 s", .ratio, fair) { $0.ratio(60..<119, of: [0, 1, 2]) },
                CongestionFigure("ratio of flows, 99 to 119 s", .ratio, .none) { $0.ratio(99..<119, of: [0, 1, 2]) },
                CongestionFigure("utilisation of all", .percent, .none) { $0.utilisation(10..<119, of: [0, 1, 2]) },
                CongestionFigure("queue delay p95", .milliseconds, .none) {
                    $0.queueDelay(0..<119, percentile: 0.95)
                },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<119) },
            ])
    }

    private static var roundTrips: CongestionCase {
        let delays: [Int64] = [10, 25, 50, 100, 150]
        return CongestionCase(
            "5.5", "RFC 8867 5.5 five flows of unequal round trips", seconds: 300, links: [link(4_000_000)],
            flows: delays.enumerated().map {
                media(
                    call("\($1) ms", start: Double($0) * 10, end: 299), delay: $1, jitter: jitter)
            },
            figures: [
                CongestionFigure("ratio of flows, 60 to 299 s", .ratio, fair) {
                    $0.ratio(60..<299, of: [0, 1, 2, 3, 4])
                },
                CongestionFigure("utilisation of all", .percent, .none) {
                    $0.utilisation(10..<299, of: [0, 1, 2, 3, 4])
                },
                CongestionFigure("queue delay p95", .milliseconds, .none) {
                    $0.queueDelay(0..<299, percentile: 0.95)
                },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<299) },
            ])
    }

    private static func longTCP(queue: Int64, _ algorithm: TCPWindow.Algorithm) -> CongestionCase {
        var file = TCPFlow.Configuration()
        file.name = algorithm.rawValue
        file.algorithm = algorithm
        file.end = 119
        return CongestionCase(
            "5.6-\(queue)ms-\(algorithm.rawValue)", "RFC 8867 5.6 long TCP (\(algorithm.rawValue)), queue \(queue) ms",
            seconds: 120, links: [link(2_000_000, queue: queue)],
            flows: [
                media(call("media", start: 5, end: 119), delay: 50, jitter: jitter),
                tcp(file, delay: 50, jitter: jitter),
            ],
            figures: [
                CongestionFigure("least of fair share, any 5 s", .percent, .atLeast(0.15)) {
                    $0.lowestRate(15..<119, window: 5) / 1_000_000
                },
                CongestionFigure("mean of fair share", .percent, .none) { $0.rate(15..<119) / 1_000_000 },
                CongestionFigure("TCP's rate", .kilobits, .none) { $0.rate(15..<119, of: 1) },
                CongestionFigure("queue delay p95", .milliseconds, .none) {
                    $0.queueDelay(5..<119, percentile: 0.95)
                },
                CongestionFigure("loss", .percent, .none) { $0.loss(5..<119) },
            ])
    }

    private static var shortTCP: CongestionCase {
        let pages = (0..<10).map { place in
            var page = TCPFlow.Configuration()
            page.name = "short TCP \(place + 1)"
            page.isShort = true
            page.beginsOn = place < 2
            page.end = 299
            return tcp(page, delay: 50, jitter: jitter)
        }
        return CongestionCase(
            "5.7", "RFC 8867 5.7 ten short TCP flows", seconds: 300, links: [link(2_000_000)],
            flows: [
                media(call("media 1", start: 5, end: 299), delay: 50, jitter: jitter),
                media(call("media 2", start: 5, end: 299), delay: 50, jitter: jitter),
            ] + pages,
            figures: [
                CongestionFigure("ratio of flows", .ratio, fair) { $0.ratio(15..<299, of: [0, 1]) },
                CongestionFigure("least of fair share, any 5 s", .percent, .atLeast(0.15)) { run in
                    // Twelve share the link.
                    [0, 1].map { run.lowestRate(15..<299, of: $0, window: 5) }.min().map { $0 / 1_000_000 } ?? 0
                },
                CongestionFigure("utilisation of all", .percent, .none) {
                    $0.utilisation(15..<299, of: Array(0..<12))
                },
                CongestionFigure("queue delay p95", .milliseconds, .none) {
                    $0.queueDelay(5..<299, percentile: 0.95)
                },
                CongestionFigure("loss", .percent, .none) { $0.loss(5..<299) },
            ])
    }

    private static var pause: CongestionCase {
        var paused = call("media 2 (pauses)", end: 119)
        paused.source.pauses = [40..<60]
        return CongestionCase(
            "5.8", "RFC 8867 5.8 pause and resume", seconds: 120, links: [link(3_500_000)],
            flows: [call("media 1", end: 119), paused, call("media 3", end: 119)].map {
                media($0, delay: 50, jitter: jitter)
            },
            figures: [
                CongestionFigure("ratio of flows before", .ratio, fair) { $0.ratio(15..<40, of: [0, 1, 2]) },
                CongestionFigure("ratio of flows after", .ratio, fair) { $0.ratio(65..<119, of: [0, 1, 2]) },
                // Of the fair share that all had before, which is where they are to come back to.
                CongestionFigure("resumed: 90 % of share after", .seconds, .atMost(5)) { run in
                    let share = (0..<3).reduce(0) { $0 + run.rate(20..<40, of: $1) } / 3
                    return run.timeToReach(0.9, after: 60, flow: 1, of: share)
                },
                CongestionFigure("resumed: 90 % of its own after", .seconds, .none) { run in
                    run.timeToReach(0.9, after: 60, flow: 1, of: run.rate(20..<40, of: 1))
                },
                CongestionFigure("utilisation of all", .percent, .none) { $0.utilisation(10..<119, of: [0, 1, 2]) },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<119, of: 1) },
            ])
    }
}
