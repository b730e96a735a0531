import MediaCore

/// Six cameras whose bit rates jump, of one encoding with few or many pictures each, and an estimate that wavers.
extension AllocationCase {
    /// The estimate is not measured, so the figures are the allocator's alone. `demand` is what all want, in per cent of
    /// the mean estimate.
    package static func sixSources(demand: Int) -> AllocationCase {
        AllocationCase(
            "six-sources-\(demand)", "Six videos that jump and want \(demand) % of a wavering estimate",
            figures: sixSourcesFigures
        ) { seed in
            let call = JumpingCall(seed: seed, seconds: 420, demand: Double(demand) / 100)
            let publishers = call.sources.map { source in
                var behaviour = SimulcastPublisher.Behaviour([source.bitrate])
                behaviour.hasSound = false
                behaviour.scenes = source.scenes
                // Evenly within this is 15 % of standard deviation.
                behaviour.rateVariation = 0.26
                return behaviour
            }
            var watcher = AllocationScene.Watcher(of: Array(publishers.indices), link(50_000_000))
            watcher.known = call.estimate
            return AllocationScene(seconds: 420, publishers: publishers, watchers: [watcher])
        }
    }

    private static var sixSourcesFigures: [AllocationFigure] {
        [
            AllocationFigure("changes of the allocation", .count, .atMost(19)) {
                Double($0.allocationChanges(0).count)
            },
            AllocationFigure("of what one who knows all gets", .percent, .atLeast(0.6)) { run in
                var (given, possible) = (0.0, 0.0)
                for sample in stride(from: 9, to: run.samples, by: 10) {
                    given += min(run.allocated(0, at: sample), run.watchers[0].estimate[sample])
                    possible += greedy(run, at: sample)
                }
                return given / possible
            },
            AllocationFigure("given above the estimate", .seconds, .none) { run in
                run.longest(0..<run.seconds) { run.allocated(0, at: $0) > run.watchers[0].estimate[$0] }
            },
            AllocationFigure("given, of the estimate", .percent, .none) { run in
                let given = (0..<run.samples).reduce(0) { $0 + run.allocated(0, at: $1) }
                return given / run.watchers[0].estimate.reduce(0, +)
            },
            AllocationFigure("changes of all videos", .count, .none) { run in
                Double(run.watchers[0].tracks.indices.reduce(0) { $0 + run.switches(0, $1, 0..<run.seconds) })
            },
        ]
    }

    /// What is given at an instant by one who changes it whenever something else is better.
    private static func greedy(_ run: AllocationRun, at sample: Int) -> Double {
        let estimate = run.watchers[0].estimate[sample]
        let publishers = run.watchers[0].tracks.map(\.publisher)
        var (rungs, total) = (publishers.map { _ in -1 }, 0.0)
        for rung in 0...2 {
            for (place, publisher) in publishers.enumerated() where rungs[place] == rung - 1 {
                let step = run.cost(publisher, rung, at: sample) - run.cost(publisher, rung - 1, at: sample)
                guard total + step <= estimate else { continue }
                total += step
                rungs[place] = rung
            }
        }
        return total
    }
}
