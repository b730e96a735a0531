import MediaCore

/// Ten cameras of different importance on one link that sweeps.
extension AllocationCase {
    private static let priorities = [10, 10, 5, 5, 5, 1, 1, 1, 1, 1]
    /// One of the second importance is a screen.
    private static let screen = 2
    private static let lowest = 200_000.0
    private static let highest = 10_000_000.0

    /// Up and down again in three minutes.
    package static var tenTracks: AllocationCase {
        AllocationCase("ten-tracks", "Ten videos, 200 kbit/s to 10 Mbit/s and back", figures: tenTracksFigures) { _ in
            let steps = (1..<180).map { second -> (seconds: Double, value: Int64) in
                let part = 1 - abs(Double(second) - 90) / 90
                return (Double(second), Int64(lowest + part * (highest - lowest)))
            }
            var publishers = priorities.map { _ in SimulcastPublisher.Behaviour([100_000, 300_000, 700_000]) }
            for place in publishers.indices.dropFirst() { publishers[place].hasSound = false }
            let preferences = priorities.enumerated().map { place, priority in
                LayerPreference(priority: priority, contentHint: place == screen ? .detail : nil)
            }
            return AllocationScene(
                seconds: 180, publishers: publishers,
                watchers: [
                    AllocationScene.Watcher(
                        of: Array(priorities.indices), link(Int64(lowest), steps), preferences: preferences)
                ])
        }
    }

    private static var tenTracksFigures: [AllocationFigure] {
        [
            AllocationFigure("paused though all fit", .seconds, .atMost(0)) { run in
                run.longest(0..<run.seconds) { sample in
                    run.hasRoom(0, at: sample, for: run.leastCost(0, at: sample))
                        && run.watchers[0].tracks.contains { $0.target[sample] < 0 }
                }
            },
            AllocationFigure("less than a lesser one could give", .seconds, .atMost(2)) { run in
                run.watchers[0].tracks.indices.map { track in
                    run.longest(0..<run.seconds) { isDenied(track, at: $0, in: run) }
                }.max() ?? 0
            },
            AllocationFigure("given above the estimate", .seconds, .atMost(1)) { run in
                run.longest(0..<run.seconds) { run.allocated(0, at: $0) > run.watchers[0].estimate[$0] }
            },
            AllocationFigure("at their best, 85 to 105 s", .count, .atLeast(10)) { run in
                Double(
                    run.samples(85..<105).map { sample in run.watchers[0].tracks.count { $0.target[sample] == 8 } }
                        .max()
                        ?? 0)
            },
            AllocationFigure("pictures apart, all running", .seconds, .none) { longestWait(in: $0) },
            AllocationFigure("changes of the allocation", .count, .none) { Double($0.allocationChanges(0).count) },
            AllocationFigure("given, of the link", .percent, .none) { run in
                let given = (0..<run.samples).reduce(0) { $0 + run.allocated(0, at: $1) }
                return given / run.watchers[0].capacity.reduce(0, +)
            },
        ]
    }

    /// Whether a video has less than it wants although those less important have more than their least, enough of it
    /// for its next step; or, while it has nothing, have anything.
    private static func isDenied(_ place: Int, at sample: Int, in run: AllocationRun) -> Bool {
        let tracks = run.watchers[0].tracks
        func rank(_ track: AllocationRun.Track) -> (Int, Int) {
            (track.preference.priority, track.preference.contentHint == .detail ? 1 : 0)
        }
        func cost(_ track: AllocationRun.Track, _ rung: Int) -> Double { run.cost(track.publisher, rung, at: sample) }
        let track = tracks[place]
        let has = track.target[sample]
        let steps = AllocationRun.rungs(isScreen: track.preference.contentHint == .detail)
        guard let next = steps.first(where: { $0 > has }) else { return false }
        let lesser = tracks.filter { rank($0) < rank(track) && $0.target[sample] >= 0 }
        let spare = lesser.reduce(0) { sum, other in
            sum + cost(other, other.target[sample]) - (has < 0 ? 0 : cost(other, 0))
        }
        return spare > 0 && spare >= cost(track, next) - cost(track, has)
    }

    /// The longest that any video showed nothing new while all had been running for a second.
    private static func longestWait(in run: AllocationRun) -> Double {
        let tracks = run.watchers[0].tracks
        return tracks.indices.map { track in
            var (longest, since) = (0.0, 0)
            for sample in 0...run.samples {
                let isRunning = sample < run.samples && tracks.allSatisfy { $0.target[sample] >= 0 }
                if isRunning { continue }
                let span =
                    Double(since + 10) * AllocationRun.interval..<max(Double(sample), Double(since + 10))
                    * AllocationRun.interval
                if sample > since + 10 { longest = max(longest, run.longestGap(0, track, span)) }
                since = sample + 1
            }
            return longest
        }.max() ?? 0
    }
}
