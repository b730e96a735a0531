import MediaCore
import MediaTestSupport
import Testing

/// The rows of allocation themselves: what is good is called good, and what is bad is called bad.
@Suite struct AllocationBenchTests {
    /// Which figures of a case a run misses, when its watcher hears this of its link.
    private func misses(_ test: AllocationCase, hearing known: Steps<Int64>) throws -> [String] {
        var scene = test.scene(1)
        scene.watchers[0].known = known
        let run = try scene.run(seed: 1)
        return test.figures.filter { !$0.isMet(by: $0.value(run)) }.map(\.name)
    }

    /// A link of 1,200 kbit/s: 150 and 500 kbit/s fit beside the sound, 2,000 don't.
    private let test = AllocationCase.fixedLink(1200, seconds: 13)

    @Test func whoKnowsTheLinkMissesNothing() throws {
        #expect(try misses(test, hearing: Steps(1_100_000)) == [])
    }

    @Test func whoAlwaysTakesTheTopIsFoundOut() throws {
        let missed = try misses(test, hearing: Steps(50_000_000))
        #expect(missed.contains("above the link, from 6 s"))
        #expect(missed.contains("freeze time"))
    }

    @Test func whoNeverLeavesTheBaseIsFoundOut() throws {
        #expect(try misses(test, hearing: Steps(250_000)) == ["below what fits, from 6 s"])
    }

    @Test func whoChangesAllTheTimeIsFoundOut() throws {
        let test = AllocationCase.fixedLink(1200, seconds: 18)
        let waver = (1...9).map { (seconds: Double($0) * 2, value: $0 % 2 == 0 ? Int64(1_100_000) : 400_000) }
        #expect(try misses(test, hearing: Steps(1_100_000, waver)).contains("switches a minute, from 10 s"))
    }

    @Test func theSameRunFollowsFromTheSameSeed() throws {
        let test = AllocationCase.noisyLink(400, seconds: 11)
        let texts = try [1, 1, 2].map { test.json(of: [try test.run(seed: $0)]) }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }
}
