import Testing

@testable import LinkEmulator

@Suite struct LinkDirectionTests {
    private let millisecond: UInt64 = 1_000_000

    /// The verdicts on `count` packets of 1000 bytes that enter one millisecond apart.
    private func verdicts(_ settings: LinkSettings, seed: UInt64 = 7, count: Int = 20_000) -> [LinkDirection.Verdict] {
        var direction = LinkDirection(schedule: LinkSchedule(settings), seed: seed)
        return (0..<count).map { direction.admit(size: 1000, at: UInt64($0) * millisecond) }
    }

    @Test func aPerfectLinkDeliversAtOnce() {
        let verdicts = verdicts(LinkSettings(), count: 1000)
        #expect(
            verdicts.enumerated().allSatisfy { $1 == .deliver(at: UInt64($0) * millisecond, waited: 0, again: false) })
    }

    @Test func theSeedDecides() {
        let settings = LinkSettings(loss: 0.05, jitter: 5 * millisecond, reordering: 0.02, duplication: 0.01)
        #expect(verdicts(settings) == verdicts(settings))
        #expect(verdicts(settings) != verdicts(settings, seed: 8))
    }

    @Test func impairmentsDoNotDisturbOneAnother() {
        let lossOnly = verdicts(LinkSettings(loss: 0.05))
        let all = verdicts(LinkSettings(loss: 0.05, delay: 1, jitter: 9, reordering: 0.1, duplication: 0.1))
        #expect(zip(lossOnly, all).allSatisfy { ($0 == .lost) == ($1 == .lost) })
    }

    @Test func ratesAreKept() {
        let settings = LinkSettings(loss: 0.05, duplication: 0.02)
        let verdicts = verdicts(settings)
        let lost = verdicts.count { $0 == .lost }
        let again = verdicts.count { if case .deliver(_, _, true) = $0 { true } else { false } }
        #expect((900...1100).contains(lost))
        #expect((320...440).contains(again))
    }

    @Test func jitterKeepsTheOrderAndReorderingDoesNot() {
        func arrivals(_ settings: LinkSettings) -> [UInt64] {
            verdicts(settings).compactMap { if case .deliver(let at, _, _) = $0 { at } else { nil } }
        }
        func inversions(_ arrivals: [UInt64]) -> Int { zip(arrivals, arrivals.dropFirst()).count { $0 > $1 } }

        let jittered = arrivals(LinkSettings(delay: 10 * millisecond, jitter: 5 * millisecond))
        #expect(inversions(jittered) == 0)
        #expect(
            jittered.enumerated().allSatisfy {
                let delay = $1 - UInt64($0) * millisecond
                return (10 * millisecond...15 * millisecond).contains(delay)
            })
        let reordered = inversions(arrivals(LinkSettings(reordering: 0.02)))
        #expect((320...440).contains(reordered))
    }

    @Test func theBottleneckSpacesPacketsAndItsQueueIsBounded() {
        // 1000 bytes at 4 Mbit/s take 2 ms, twice what comes in.
        let settings = LinkSettings(bitrate: 4_000_000, queue: .time(20 * millisecond))
        let verdicts = verdicts(settings, count: 1000)
        #expect(verdicts[0] == .deliver(at: 2 * millisecond, waited: 0, again: false))
        #expect(verdicts[1] == .deliver(at: 4 * millisecond, waited: 1 * millisecond, again: false))
        let overflowed = verdicts.count { $0 == .overflow }
        #expect((480...500).contains(overflowed))
        var longest: UInt64 = 0
        for (number, verdict) in verdicts.enumerated() {
            guard case .deliver(let arrival, let waited, _) = verdict else { continue }
            #expect(arrival == UInt64(number) * millisecond + waited + 2 * millisecond)
            longest = max(longest, waited)
        }
        #expect((19 * millisecond...20 * millisecond).contains(longest))
        // The same in bytes.
        #expect(self.verdicts(LinkSettings(bitrate: 4_000_000, queue: .bytes(10_000)), count: 1000) == verdicts)
    }

    /// What passes a bottleneck that changes: as many bytes as it carries, neither more nor less, and a queue that the
    /// smaller rate empties slowly.
    @Test func theScheduleIsFollowed() throws {
        let second: UInt64 = 1_000_000_000
        let rates: [UInt64?] = [4_000_000, 800_000, nil, 4_000_000]
        let steps = rates.enumerated().map { number, rate in
            LinkSchedule.Step(
                start: UInt64(number) * second,
                settings: LinkSettings(delay: 50 * millisecond, bitrate: rate, queue: .time(100 * millisecond)))
        }
        var direction = LinkDirection(schedule: try #require(LinkSchedule(steps: steps)), seed: 1)
        let start = 7 * second
        direction.start(at: start)
        var bytes = [0, 0, 0, 0]
        var longest: [UInt64] = [0, 0, 0, 0]
        var last: UInt64 = 0
        // 8 Mbit/s for four seconds.
        for number in 0..<4000 {
            let now = start + UInt64(number) * millisecond
            guard case .deliver(let arrival, let waited, _) = direction.admit(size: 1000, at: now) else { continue }
            #expect(arrival >= last)
            last = arrival
            bytes[min(3, Int((arrival - start - 50 * millisecond) / second))] += 1000
            longest[number / 1000] = max(longest[number / 1000], waited)
        }
        #expect((499_000...501_000).contains(bytes[0]))
        #expect((99_000...101_000).contains(bytes[1]))
        #expect((990_000...1_015_000).contains(bytes[2]))
        // What comes into the queue shortly before the rate falls to a fifth waits five times as long.
        #expect((485 * millisecond...500 * millisecond).contains(longest[0]))
        #expect((95 * millisecond...100 * millisecond).contains(longest[1]))
        // What waits when the bottleneck goes leaves at once.
        #expect(longest[2] == 0)
        #expect((95 * millisecond...100 * millisecond).contains(longest[3]))
        #expect(direction.bitrate(at: start + 4 * second) == 4_000_000)
    }

    @Test func aQueueThatTheRateFellUnderIsEmptiedAtTheNewRate() throws {
        let second: UInt64 = 1_000_000_000
        let steps = [3_000_000, 600_000].enumerated().map { number, rate in
            LinkSchedule.Step(
                start: UInt64(number) * second,
                settings: LinkSettings(bitrate: rate, queue: .time(100 * millisecond)))
        }
        var direction = LinkDirection(schedule: try #require(LinkSchedule(steps: steps)), seed: 1)
        direction.start(at: 0)
        // 37,500 bytes just before the step.
        for _ in 0..<37 { _ = direction.admit(size: 1000, at: second - 1) }
        // They need 37,000 * 8 / 600,000 s. A byte more than 7,500 before it, and a packet is dropped.
        #expect(direction.admit(size: 1000, at: second) == .overflow)
        #expect(direction.admit(size: 1000, at: second + 392 * millisecond) == .overflow)
        guard case .deliver(let arrival, let waited, _) = direction.admit(size: 1000, at: second + 394 * millisecond)
        else {
            Issue.record("the queue has room again")
            return
        }
        #expect((99 * millisecond...100 * millisecond).contains(waited))
        #expect(arrival - second > 506 * millisecond)
        #expect(arrival - second < 508 * millisecond)
    }

    @Test func untilItIsStartedTheFirstStepHolds() throws {
        let steps = [
            LinkSchedule.Step(start: 0, settings: LinkSettings(delay: 1)),
            LinkSchedule.Step(start: 10, settings: LinkSettings(delay: 2)),
        ]
        var direction = LinkDirection(schedule: try #require(LinkSchedule(steps: steps)), seed: 1)
        #expect(direction.admit(size: 100, at: 1000) == .deliver(at: 1001, waited: 0, again: false))
        direction.start(at: 2000)
        #expect(direction.admit(size: 100, at: 2009) == .deliver(at: 2010, waited: 0, again: false))
        #expect(direction.admit(size: 100, at: 2010) == .deliver(at: 2012, waited: 0, again: false))
    }

    @Test func lossesOfABurstComeTogether() {
        let settings = LinkSettings(burst: LinkSettings.Burst(enter: 0.01, leave: 0.25, loss: 1))
        let lost = verdicts(settings, count: 50_000).map { $0 == .lost }
        let runs = zip(lost, [false] + lost).count { $0 && !$1 }
        let count = lost.count { $0 }
        // A share of enter / (enter + leave), four packets at a time.
        #expect((1600...2250).contains(count))
        #expect((3.5...4.5).contains(Double(count) / Double(runs)))
        #expect(lost == verdicts(settings, count: 50_000).map { $0 == .lost })
        // A burst neither adds to nor takes from the losses that come one by one.
        let single = verdicts(LinkSettings(loss: 0.05), count: 50_000).map { $0 == .lost }
        let both = verdicts(LinkSettings(loss: 0.05, burst: settings.burst), count: 50_000).map { $0 == .lost }
        #expect(zip(zip(single, lost), both).allSatisfy { ($0.0 || $0.1) == $1 })
    }

    @Test func theQueueReleasesInOrderOfTimeThenOfArrival() {
        var queue = ReleaseQueue()
        var random = SplitMix64(state: 3)
        for number in 0..<500 { queue.push([UInt8(truncatingIfNeeded: number)], at: random.next() % 50) }
        queue.push([1], at: 60)
        queue.push([2], at: 60)
        var released = 0
        while let next = queue.nextInstant, next < 50 {
            if next > 0 { #expect(queue.pop(dueAt: next - 1) == nil) }
            #expect(queue.pop(dueAt: next) != nil)
            #expect((queue.nextInstant ?? .max) >= next)
            released += 1
        }
        #expect(released == 500)
        #expect(queue.pop(dueAt: 60) == [1])
        #expect(queue.pop(dueAt: 60) == [2])
        #expect(queue.count == 0)
    }
}
