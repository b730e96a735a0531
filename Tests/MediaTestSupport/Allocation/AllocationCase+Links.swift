import MediaCore

/// One camera in three encodings, one watcher, one link.
extension AllocationCase {
    /// What browsers send of 1280x720.
    static let camera: [Int64] = [150_000, 500_000, 2_000_000]

    static func link(_ rate: Int64, _ later: [(seconds: Double, value: Int64)] = []) -> BottleneckLink.Behaviour {
        var link = BottleneckLink.Behaviour(rate: Steps(rate, later))
        link.queue = .time(.milliseconds(200))
        return link
    }

    /// The highest rung of the first track that costs no more than so much, sound included; 0 if none does.
    private static func fitting(_ bitrate: Double, in run: AllocationRun) -> Int {
        let publisher = run.watchers[0].tracks[0].publisher
        return AllocationRun.rungs(isScreen: false).last { run.meanCost(publisher, $0) + run.soundCost(0) <= bitrate }
            ?? 0
    }

    /// `least`: what must be reached; `most`: what must not stand for longer than a second.
    private static func figures(least: Double, most: Double) -> [AllocationFigure] {
        [
            AllocationFigure("below what fits, from 6 s", .seconds, .atMost(0)) { run in
                let fitting = fitting(least, in: run)
                let seen = run.seen(0, 0)
                return run.longest(6..<run.seconds) {
                    seen[$0] < fitting || run.watchers[0].tracks[0].current[$0] < fitting
                }
            },
            AllocationFigure("above the link, from 6 s", .seconds, .atMost(1)) { run in
                let fitting = fitting(most, in: run)
                let seen = run.seen(0, 0)
                return run.longest(6..<run.seconds) {
                    seen[$0] > fitting || run.watchers[0].tracks[0].target[$0] > fitting
                }
            },
            AllocationFigure("switches a minute, from 10 s", .ratio, .atMost(2)) { run in
                Double(run.switches(0, 0, 10..<run.seconds)) / (run.seconds - 10) * 60
            },
            AllocationFigure("freeze time", .seconds, .atMost(0)) { $0.frozen(0, 0, 0..<$0.seconds) },
            AllocationFigure("what fits, reached after", .seconds, .none) { run in
                let fitting = fitting(least, in: run)
                let first = run.seen(0, 0).firstIndex { $0 >= fitting }
                return first.map { Double($0 + 1) * AllocationRun.interval } ?? .infinity
            },
        ]
    }

    /// Links that stay as they are, in kbit/s.
    package static func fixedLink(_ rate: Int64, seconds: Double = 90) -> AllocationCase {
        let bitrate = Double(rate * 1000)
        return AllocationCase(
            "layers-fixed-\(rate)", "Three encodings, \(rate) kbit/s",
            figures: figures(least: 0.85 * bitrate, most: bitrate)
        ) { _ in
            AllocationScene(
                seconds: seconds, publishers: [SimulcastPublisher.Behaviour(camera)],
                watchers: [AllocationScene.Watcher(of: [0], link(rate * 1000))])
        }
    }

    /// The same, with a capacity that changes each one to two seconds by up to a fifth.
    package static func noisyLink(_ rate: Int64, seconds: Double = 90) -> AllocationCase {
        let bitrate = Double(rate * 1000)
        return AllocationCase(
            "layers-noise-\(rate)", "Three encodings, \(rate) kbit/s +-20 %",
            figures: figures(least: 0.8 * 0.85 * bitrate, most: bitrate)
        ) { seed in
            var random = MediaRandom.seeded(seed &* 31 &+ 7)
            var steps: [(seconds: Double, value: Int64)] = []
            var at = 0.0
            while at < seconds {
                at += Double.random(in: 1..<2, using: &random)
                steps.append((at, Int64(bitrate * Double.random(in: 0.8...1.2, using: &random))))
            }
            return AllocationScene(
                seconds: seconds, publishers: [SimulcastPublisher.Behaviour(camera)],
                watchers: [AllocationScene.Watcher(of: [0], link(rate * 1000, steps))])
        }
    }

    private static let rates: [Int64] = [400, 700, 1000, 1500, 2000, 3000, 4000, 5000]

    static var fixedLinks: [AllocationCase] { rates.map { fixedLink($0) } }
    static var noisyLinks: [AllocationCase] { rates.map { noisyLink($0) } }
}
