import MediaCore

/// A call in which everybody publishes and watches all others, and one link breaks down for a while.
extension AllocationCase {
    /// - Parameters:
    ///   - start: when the link falls to a bit rate, in seconds; it returns after `length`.
    package static func tenParty(
        _ parties: Int = 10, start: Double = 30, length: Double = 20, rest: Double = 25, fallen: Int64 = 300_000
    ) -> AllocationCase {
        let end = start + length
        return AllocationCase(
            parties == 10 ? "ten-party" : "party-\(parties)",
            "\(parties) in a call, one link falls to \(fallen / 1000) kbit/s",
            figures: partyFigures(start: start, end: end)
        ) { _ in
            // One of them speaks.
            var publishers = (0..<parties).map { _ in SimulcastPublisher.Behaviour([50_000, 200_000, 700_000]) }
            for place in publishers.indices.dropFirst() { publishers[place].hasSound = false }
            // The first watcher's link falls; it publishes last.
            let watchers = (0..<parties).map { place in
                let own = parties - 1 - place
                return AllocationScene.Watcher(
                    of: (0..<parties).filter { $0 != own },
                    place == 0 ? link(10_000_000, [(start, fallen), (end, 10_000_000)]) : link(10_000_000))
            }
            return AllocationScene(seconds: end + rest, publishers: publishers, watchers: watchers)
        }
    }

    private static func partyFigures(start: Double, end: Double) -> [AllocationFigure] {
        let fall = start + 3..<end
        @Sendable func best(_ run: AllocationRun) -> [Int] {
            let sample = run.samples(0..<start).upperBound - 1
            return run.watchers[0].tracks.map { $0.target[sample] }
        }
        return [
            AllocationFigure("changes for the others", .count, .atMost(0)) { run in
                Double(
                    run.watchers.indices.dropFirst().reduce(0) { sum, watcher in
                        sum
                            + run.watchers[watcher].tracks.indices.reduce(0) {
                                $0 + run.switches(watcher, $1, max(start - 5, 0.75 * start)..<end + 20)
                            }
                    })
            },
            AllocationFigure("not at their best before", .count, .atMost(0)) { run in
                Double(
                    run.watchers.reduce(0) { sum, watcher in
                        sum + watcher.tracks.count { $0.target[run.samples(0..<start).upperBound - 1] != 8 }
                    })
            },
            AllocationFigure("running of those that fit", .percent, .atLeast(1)) { run in
                run.samples(fall).map { sample in
                    let room = 0.8 * run.watchers[0].capacity[sample] - run.soundCost(0)
                    let tracks = run.watchers[0].tracks
                    let least = tracks.reduce(0) { $0 + run.cost($1.publisher, 0, at: sample) } / Double(tracks.count)
                    let fitting = min(Double(tracks.count), (room / least).rounded(.down))
                    return Double(tracks.count { $0.target[sample] >= 0 }) / fitting
                }.min() ?? 0
            },
            AllocationFigure("pictures apart, 3 s behind the fall", .seconds, .atMost(1)) { run in
                // Those that run all the time.
                run.watchers[0].tracks.indices.filter { track in
                    run.samples(fall).allSatisfy { run.watchers[0].tracks[track].target[$0] >= 0 }
                }.map { run.longestGap(0, $0, fall) }.max() ?? .infinity
            },
            AllocationFigure("paused without a word", .count, .atMost(0)) { run in
                Double(
                    run.watchers[0].tracks.reduce(0) { sum, track in
                        sum + track.changes.count { $0.rung < 0 && $0.at > 1 && $0.reason != .bandwidthPaused }
                    })
            },
            AllocationFigure("all seen as before, after", .seconds, .atMost(10)) { run in
                let best = best(run)
                let seen = best.indices.map { run.seen(0, $0) }
                let back = run.samples(end..<run.seconds).first { sample in
                    best.indices.allSatisfy { seen[$0][sample] == best[$0] }
                }
                return back.map { Double($0 + 1) * AllocationRun.interval - end } ?? .infinity
            },
            AllocationFigure("longest freeze of the others", .seconds, .none) { run in
                run.watchers.indices.dropFirst().flatMap { watcher in
                    run.watchers[watcher].tracks.indices.map { run.frozen(watcher, $0, start..<end + 20) }
                }.max() ?? 0
            },
        ]
    }
}
