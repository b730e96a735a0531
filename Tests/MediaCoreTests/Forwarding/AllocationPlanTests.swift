import Testing

@testable import MediaCore

/// Who gets what when not all can have what they want.
@Suite struct AllocationPlanTests {
    private static func slot(_ number: Int) -> SlotID { SlotID(index: UInt32(number), generation: 1) }

    /// A plan of videos, each with its priority and what its steps cost in kbit/s; `held` steps up they stand.
    static func plan(
        _ videos: [(priority: Int, kilobits: [Int64], held: Int)], screens: Set<Int> = [], reserved: Int64 = 0
    ) -> AllocationPlan {
        var plan = AllocationPlan()
        plan.reserved = reserved * 1000
        for (index, video) in videos.enumerated() {
            plan.add(slot(index), priority: video.priority, isScreen: screens.contains(index))
            for (step, kilobits) in video.kilobits.enumerated() {
                let target = LayerTarget(stream: slot(index), spatialLayer: UInt8(step), temporalLayer: 0)
                plan.add(
                    AllocationPlan.Step(target: target, bitrate: kilobits * 1000, peak: kilobits * 1000),
                    isHeld: step + 1 == video.held)
            }
        }
        return plan
    }

    /// What each gets, by place, within so many kbit/s for everything.
    private func granted(_ plan: AllocationPlan, _ kilobits: Int64) -> [Int] {
        granted(plan, staying: kilobits, starting: kilobits, rising: kilobits)
    }

    private func granted(_ plan: AllocationPlan, staying: Int64, starting: Int64, rising: Int64) -> [Int] {
        var plan = plan
        plan.grant(
            within: AllocationPlan.Limits(
                staying: staying * 1000, starting: starting * 1000, rising: rising * 1000))
        var result = Array(repeating: 0, count: plan.tracks.count)
        for track in plan.tracks { result[Int(track.consumer.index)] = track.granted }
        return result
    }

    @Test func everybodyGetsTheLeastBeforeAnybodyGetsMore() {
        let plan = Self.plan([(10, [100, 300, 900], 0), (1, [100, 300, 900], 0), (1, [100, 300, 900], 0)])
        #expect(granted(plan, 299) == [1, 1, 0])
        #expect(granted(plan, 300) == [1, 1, 1])
        #expect(granted(plan, 499) == [1, 1, 1])
        #expect(granted(plan, 500) == [2, 1, 1])
        #expect(granted(plan, 1_100) == [3, 1, 1])
        #expect(granted(plan, 1_300) == [3, 2, 1])
        #expect(granted(plan, 2_699) == [3, 3, 2])
        #expect(granted(plan, 2_700) == [3, 3, 3])
    }

    /// Sound has its part first.
    @Test func whatIsReservedIsNotGiven() {
        let plan = Self.plan([(1, [100, 300], 0)], reserved: 50)
        #expect(granted(plan, 349) == [1])
        #expect(granted(plan, 350) == [2])
    }

    /// Of equals the one that is furthest from what it wants is first: the thumbnail waits for the large picture.
    @Test func thoseWhoLackMostAreFirst() {
        let plan = Self.plan([(1, [100, 300], 0), (1, [100, 300, 900], 0)])
        #expect(granted(plan, 400) == [1, 2])
        #expect(granted(plan, 600) == [2, 2])
        #expect(granted(plan, 1_200) == [2, 3])
    }

    @Test func screensComeBeforeCamerasOfTheirPriority() {
        let plan = Self.plan([(1, [100, 300], 0), (1, [100, 300], 0), (2, [100, 300], 0)], screens: [1])
        #expect(granted(plan, 100) == [0, 0, 1])
        #expect(granted(plan, 200) == [0, 1, 1])
        #expect(granted(plan, 500) == [1, 1, 2])
        #expect(granted(plan, 700) == [1, 2, 2])
    }

    /// One that does not fit does not keep another from what does.
    @Test func roomIsNotLeftEmpty() {
        let plan = Self.plan([(5, [400, 900], 0), (1, [100, 300], 0)])
        #expect(granted(plan, 250) == [0, 1])
        #expect(granted(plan, 350) == [0, 2])
        #expect(granted(plan, 500) == [1, 1])
        #expect(granted(plan, 700) == [1, 2])
    }

    /// A larger size may cost less than a smaller one, whose publisher has a still picture to send.
    @Test func whatCostsLessAndIsBetterIsTaken() {
        let plan = Self.plan([(1, [100, 500, 300], 0)])
        #expect(granted(plan, 299) == [1])
        #expect(granted(plan, 300) == [3])
    }

    /// When nothing fits the most important one gets its least step, or nothing would be learned of the link.
    @Test func somethingIsAlwaysSent() {
        let plan = Self.plan([(1, [100], 0), (2, [200, 300], 0), (3, [], 0)])
        #expect(granted(plan, 50) == [0, 1, 0])
        #expect(granted(plan, 100) == [1, 0, 0])
    }

    @Test func stepsThatAreHeldHaveALimitOfTheirOwn() {
        let plan = Self.plan([(1, [100, 300, 900], 2), (1, [100, 300, 900], 0), (1, [100, 300], 1)])
        // Staying costs 400 with both; the second may not begin, the third not rise.
        #expect(granted(plan, staying: 400, starting: 0, rising: 0) == [2, 0, 1])
        #expect(granted(plan, staying: 399, starting: 0, rising: 0) == [1, 0, 1])
        #expect(granted(plan, staying: 500, starting: 300, rising: 0) == [2, 1, 1])
        #expect(granted(plan, staying: 500, starting: 300, rising: 1_000) == [2, 2, 2])
    }

    /// Of two equals one has what both want: they do not take turns.
    @Test func whoHasItKeepsIt() {
        for holder in 0...1 {
            let plan = Self.plan([(1, [100, 300], holder == 0 ? 2 : 1), (1, [100, 300], holder == 1 ? 2 : 1)])
            #expect(granted(plan, 450) == (holder == 0 ? [2, 1] : [1, 2]))
        }
    }

    @Test func theNextStepIsTheOneThatWouldBeTakenNext() {
        var plan = Self.plan([(5, [100, 300], 0), (1, [100, 200], 0)])
        func next(_ kilobits: Int64) -> Int64? {
            let limit = kilobits * 1000
            plan.grant(within: AllocationPlan.Limits(staying: limit, starting: limit, rising: limit))
            return plan.bitrateOfNextStep.map { $0 / 1000 }
        }
        #expect(next(100) == 200)
        #expect(next(200) == 400)
        #expect(next(400) == 500)
        #expect(next(500) == nil)
    }

    /// Many videos, wishes and links: never above what there is, never an idle step that would have fitted, nobody above
    /// the least while another could have begun.
    @Test func anyPlanKeepsTheRules() {
        var random = MediaRandom.seeded(77)
        for _ in 0..<2_000 {
            let videos = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                var rate = Int64.random(in: 20...200, using: &random)
                let steps = (0..<Int.random(in: 0...5, using: &random)).map { _ -> Int64 in
                    rate += Int64.random(in: 0...400, using: &random)
                    return rate
                }
                return (Int.random(in: 1...3, using: &random), steps, 0)
            }
            let limit = Int64.random(in: 0...6_000, using: &random)
            let result = granted(Self.plan(videos), limit)
            func cost(_ video: Int, _ height: Int) -> Int64 { height > 0 ? videos[video].1[height - 1] : 0 }
            let total = result.indices.reduce(0) { $0 + cost($1, result[$1]) }
            #expect(total <= limit || result.reduce(0, +) == 1)
            for video in result.indices where result[video] < videos[video].1.count {
                #expect(total - cost(video, result[video]) + cost(video, result[video] + 1) > limit)
            }
            for paused in result.indices where result[paused] == 0 && !videos[paused].1.isEmpty {
                // Not even without everything above the least of those as important could it have begun.
                let others = result.indices.filter { result[$0] > 0 && videos[$0].0 >= videos[paused].0 }
                #expect(others.reduce(cost(paused, 1)) { $0 + cost($1, 1) } > limit)
            }
        }
    }
}
