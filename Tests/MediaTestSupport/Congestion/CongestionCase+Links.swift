import MediaCore

// Links of one kind each, with one flow.
extension CongestionCase {
    /// Every capacity with every round trip.
    package static var fixedRates: [CongestionCase] {
        [300_000, 1_000_000, 3_000_000, 10_000_000, 50_000_000].flatMap { rate in
            [10, 50, 200, 500].map { fixed(rate, roundTrip: $0) }
        }
    }

    private static func fixed(_ rate: Int64, roundTrip: Int64) -> CongestionCase {
        let isReported = roundTrip == 500
        let startUp = 5 + 10 * Double(roundTrip) / 1000
        let span = startUp..<startUp + 60
        let megabits = rate < 1_000_000 ? "0.\(rate / 100_000)" : "\(rate / 1_000_000)"
        return CongestionCase(
            "fixed-\(megabits)M-\(roundTrip)ms", "\(megabits) Mbit/s, round trip \(roundTrip) ms",
            seconds: span.upperBound, links: [link(rate)],
            flows: [media(elastic(upTo: min(2 * rate, 60_000_000), from: 100_000), delay: roundTrip / 2)],
            figures: [
                CongestionFigure("utilisation", .percent, isReported ? .none : .atLeast(0.8)) { $0.utilisation(span) },
                // Of samples of 200 ms: RFC 8868, section 3.
                CongestionFigure("utilisation p5", .percent, isReported ? .none : .atLeast(0.7)) {
                    CongestionRun.percentile(0.05, of: $0.utilisations(span))
                },
                CongestionFigure("queue delay p95", .milliseconds, isReported ? .none : .atMost(0.1)) {
                    $0.queueDelay(0..<span.upperBound, percentile: 0.95)
                },
                CongestionFigure("queue delay p95 once started", .milliseconds, .none) {
                    $0.queueDelay(span, percentile: 0.95)
                },
                CongestionFigure("start to 70 %", .seconds, isReported ? .none : .atMost(startUp)) {
                    $0.timeToReach(0.7, after: 0)
                },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<span.upperBound) },
            ])
    }

    /// Loss that congestion has not caused.
    package static var losses: [CongestionCase] {
        let rows: [(loss: Double, bar: Double?)] = [(0.02, 0.85), (0.05, 0.65), (0.1, nil)]
        var cases = rows.map { row in
            var behaviour = link(2_000_000)
            behaviour.loss = Steps(row.loss)
            var figures = [
                CongestionFigure("utilisation", .percent, row.bar.map { .atLeast($0) } ?? .none) {
                    $0.utilisation(6..<66)
                },
                CongestionFigure("queue delay p95", .milliseconds, .none) { $0.queueDelay(0..<66, percentile: 0.95) },
            ]
            if row.bar == nil {
                figures.append(
                    CongestionFigure("lowest rate, any 5 s", .kilobits, .atLeast(100_000)) {
                        $0.lowestRate(6..<66, window: 5)
                    })
            }
            let percent = Int((row.loss * 100).rounded())
            return CongestionCase(
                "loss-\(percent)", "2 Mbit/s, \(percent) % random loss", seconds: 66, links: [behaviour],
                flows: [media(elastic(upTo: 4_000_000), delay: 50)], figures: figures)
        }
        var behaviour = link(2_000_000)
        behaviour.bursts = BottleneckLink.GilbertElliott(enter: 0.005, leave: 0.25)
        cases.append(
            CongestionCase(
                "loss-bursts", "2 Mbit/s, bursts of four packets, 2 % together", seconds: 66, links: [behaviour],
                flows: [media(elastic(upTo: 4_000_000), delay: 50)],
                figures: [
                    CongestionFigure("utilisation", .percent, .none) { $0.utilisation(6..<66) },
                    CongestionFigure("loss", .percent, .none) { $0.loss(0..<66) },
                ]))
        return cases
    }

    /// Queues and schedulers that are not what an estimator would like.
    package static var queues: [CongestionCase] {
        var policed = link(100_000_000)
        policed.policer = BottleneckLink.Policer(rate: 2_000_000, burstByteCount: 12_000)
        let grouped = [Int64(2_000_000), 10_000_000].map { rate in
            var behaviour = link(rate)
            behaviour.aggregation = .milliseconds(20)
            return behaviour
        }
        return [
            queueCase("shallow-20ms", "2 Mbit/s, queue of 20 ms", link(2_000_000, queue: 20)),
            queueCase("policer", "policed to 2 Mbit/s, 12 KB at once", policed),
            queueCase("aggregation-2M", "2 Mbit/s in groups each 20 ms", grouped[0]),
            queueCase("aggregation-10M", "10 Mbit/s in groups each 20 ms", grouped[1]),
        ]
    }

    private static func queueCase(_ name: String, _ title: String, _ link: BottleneckLink.Behaviour) -> CongestionCase {
        let capacity = link.capacity(at: MediaInstant(nanoseconds: 0))
        return CongestionCase(
            name, title, seconds: 66, links: [link], flows: [media(elastic(upTo: 2 * capacity), delay: 25)],
            figures: [
                CongestionFigure("utilisation", .percent, .atLeast(0.7)) { $0.utilisation(6..<66) },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<66) },
                CongestionFigure("queue delay p95", .milliseconds, .none) { $0.queueDelay(0..<66, percentile: 0.95) },
            ])
    }

    /// Sources of fixed rates: what a link carries beyond the present one shows only when it is probed.
    package static var layers: [CongestionCase] {
        let rates: [Int64] = [150_000, 500_000, 1_200_000, 2_500_000]
        var source = elastic(upTo: 2_500_000)
        source.source.adaptation = .layers(rates)
        source.source.needsKeyframes = true
        return [(3_000_000, 3), (1_500_000, 2), (700_000, 1)].map { capacity, layer in
            let rate = Double(rates[layer])
            return CongestionCase(
                "layers-\(capacity / 1000)k", "layers of 150, 500, 1200, 2500 kbit/s into \(capacity / 1000) kbit/s",
                seconds: 60, links: [link(Int64(capacity))], flows: [media(source, delay: 50)],
                figures: [
                    CongestionFigure("highest layer that fits after", .seconds, .none) {
                        $0.timeToReach(0.9, after: 0, of: rate)
                    },
                    CongestionFigure("of its rate, 10 to 60 s", .percent, .none) { $0.rate(10..<60) / rate },
                    CongestionFigure("queue delay p95", .milliseconds, .none) {
                        $0.queueDelay(0..<60, percentile: 0.95)
                    },
                    CongestionFigure("loss", .percent, .none) { $0.loss(0..<60) },
                ])
        }
    }

    /// Subscribers whose link carries less than what is sent at once.
    package static var joins: [CongestionCase] {
        var source = MediaFlow.Configuration()
        source.source.adaptation = .none
        source.source.maximum = 2_500_000
        source.source.needsKeyframes = true
        var keyframes = elastic(upTo: 2_500_000)
        keyframes.source.keyframes = [20, 30, 40, 50].map { ($0, 60) }
        // 60 full packets on 2 Mbit/s.
        let serialization = Double(60 * MediaSource.packetByteCount * 8) / 2_000_000
        return [
            CongestionCase(
                "join-short-queue", "2.5 Mbit/s source into 1 Mbit/s, queue 300 ms", seconds: 30,
                links: [link(1_000_000)], flows: [media(source, delay: 50)],
                figures: [
                    CongestionFigure("loss in the first 5 s", .percent, .atMost(0.05)) { $0.loss(0..<5) },
                    CongestionFigure("utilisation", .percent, .none) { $0.utilisation(6..<30) },
                ]),
            CongestionCase(
                "join-long-queue", "2.5 Mbit/s source into 1 Mbit/s, queue 1 s", seconds: 30,
                links: [link(1_000_000, queue: 1000)], flows: [media(source, delay: 50)],
                figures: [
                    CongestionFigure("longest queue delay", .milliseconds, .atMost(0.3)) {
                        $0.queueDelay(0..<30, percentile: 1)
                    },
                    CongestionFigure("loss in the first 5 s", .percent, .atMost(0.05)) { $0.loss(0..<5) },
                    CongestionFigure("utilisation", .percent, .none) { $0.utilisation(6..<30) },
                ]),
            CongestionCase(
                "keyframe", "keyframes of 60 packets into 2 Mbit/s, queue 30 ms", seconds: 60,
                links: [link(2_000_000, queue: 30)], flows: [media(keyframes, delay: 25)],
                figures: [
                    CongestionFigure("loss of keyframes", .percent, .atMost(0.01)) { run in
                        let keyframes = run.flows[0].keyframes
                        let packets = keyframes.reduce(0) { $0 + $1.packets }
                        return packets == 0 ? 1 : 1 - Double(keyframes.reduce(0) { $0 + $1.arrived }) / Double(packets)
                    },
                    CongestionFigure("time of its transmission", .ratio, .atMost(1.3)) { run in
                        let times = run.flows[0].keyframes.map { ($0.lastArrival - $0.madeAt).inSeconds - 0.025 }
                        return (times.max() ?? .infinity) / serialization
                    },
                    CongestionFigure("utilisation", .percent, .none) { $0.utilisation(6..<60) },
                ]),
        ]
    }
}
