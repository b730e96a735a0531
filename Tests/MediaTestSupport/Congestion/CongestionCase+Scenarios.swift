import MediaCore

// The bands that libwebrtc's own scenario tests expect of its estimator.
extension CongestionCase {
    package static var scenarioBands: [CongestionCase] {
        [linkCapacity, heavyLoss, tcpBand, reportsOnly, receiverEstimate]
    }

    private static func band(_ middle: Double, _ width: Double) -> CongestionFigure.Bar {
        .within((middle - width)...(middle + width))
    }

    private static var linkCapacity: CongestionCase {
        var flow = elastic(upTo: 1_500_000, from: 30_000)
        flow.limits = BitrateLimits(minimum: 10_000, start: 300_000, maximum: 1_500_000)
        let delay = Steps(MediaDuration.milliseconds(100), [(45, .milliseconds(200))])
        return CongestionCase(
            "band-capacity", "500, 800, 100 kbit/s; libwebrtc's bands", seconds: 95,
            links: [link(500_000, [(25, 800_000), (45, 100_000)], queue: 2000)],
            flows: [
                Flow(.media(flow), forward: Route(links: [0], delay: delay), backward: Route(links: [], delay: delay))
            ],
            figures: [
                CongestionFigure("estimate at 25 s", .kilobits, band(450_000, 100_000)) { $0.estimate(24.6..<24.8) },
                CongestionFigure("estimate at 45 s", .kilobits, band(750_000, 150_000)) { $0.estimate(44.6..<44.8) },
                CongestionFigure("estimate at 95 s", .kilobits, band(90_000, 25_000)) { $0.estimate(94.8..<95) },
            ])
    }

    private static var heavyLoss: CongestionCase {
        var behaviour = link(2_000_000)
        behaviour.loss = Steps(0.1)
        return CongestionCase(
            "band-loss", "2 Mbit/s, 10 % loss; libwebrtc's band", seconds: 120, links: [behaviour],
            flows: [media(elastic(upTo: 2_500_000, from: 30_000), delay: 50)],
            figures: [
                CongestionFigure("estimate at 120 s", .kilobits, .atLeast(100_000)) { $0.estimate(119.8..<120) }
            ])
    }

    private static var tcpBand: CongestionCase {
        var file = TCPFlow.Configuration()
        file.start = 10
        var flow = elastic(upTo: 1_500_000, from: 30_000)
        flow.limits = BitrateLimits(minimum: 30_000, start: 1_000_000, maximum: 1_500_000)
        return CongestionCase(
            "band-tcp", "TCP on 1 Mbit/s; libwebrtc's band", seconds: 60, links: [link(1_000_000, queue: 500)],
            flows: [media(flow, delay: 50), tcp(file, delay: 50)],
            figures: [
                CongestionFigure("estimate, 20 to 60 s", .kilobits, .atMost(750_000)) { $0.estimate(20..<60) },
                CongestionFigure("TCP's rate", .kilobits, .none) { $0.rate(20..<60, of: 1) },
            ])
    }

    private static var reportsOnly: CongestionCase {
        var behaviour = link(2_000_000)
        behaviour.loss = Steps(0.15)
        var flow = elastic(upTo: 2_500_000, from: 30_000)
        flow.feedback = .receiverReports
        return CongestionCase(
            "band-reports", "receiver reports only, 15 % loss; libwebrtc's band", seconds: 60, links: [behaviour],
            flows: [media(flow, delay: 50)],
            figures: [
                CongestionFigure("estimate at 60 s", .kilobits, .atMost(300_000)) { $0.estimate(59.8..<60) }
            ])
    }

    private static var receiverEstimate: CongestionCase {
        var flow = elastic(upTo: 2_000_000, from: 100_000)
        flow.feedback = .receiverEstimate
        return CongestionCase(
            "remb", "receiver's estimate only, 1 Mbit/s", seconds: 66, links: [link(1_000_000)],
            flows: [media(flow, delay: 50)],
            figures: [
                CongestionFigure("utilisation, 6 to 66 s", .percent, .none) { $0.utilisation(6..<66) },
                CongestionFigure("queue delay p95", .milliseconds, .none) { $0.queueDelay(0..<66, percentile: 0.95) },
                CongestionFigure("loss", .percent, .none) { $0.loss(0..<66) },
            ])
    }
}
