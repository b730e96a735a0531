import Testing

@testable import LinkEmulator

@Suite struct LinkDirectionTests {
    private let millisecond: UInt64 = 1_000_000

    /// The verdicts on `count` packets of 1000 bytes that enter one millisecond apart.
    private func verdicts(_ settings: LinkSettings, seed: UInt64 = 7, count: Int = 20_000) -> [LinkDirection.Verdict] {
        var direction = LinkDirection(settings: settings, seed: seed)
        return (0..<count).map { direction.admit(size: 1000, at: UInt64($0) * millisecond) }
    }

    @Test func aPerfectLinkDeliversAtOnce() {
        let verdicts = verdicts(LinkSettings(), count: 1000)
        #expect(verdicts.enumerated().allSatisfy { $1 == .deliver(at: UInt64($0) * millisecond, again: false) })
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
        let again = verdicts.count { if case .deliver(_, true) = $0 { true } else { false } }
        #expect((900...1100).contains(lost))
        #expect((320...440).contains(again))
    }

    @Test func jitterKeepsTheOrderAndReorderingDoesNot() {
        func arrivals(_ settings: LinkSettings) -> [UInt64] {
            verdicts(settings).compactMap { if case .deliver(let at, _) = $0 { at } else { nil } }
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
        let settings = LinkSettings(bitrate: 4_000_000, queue: 20 * millisecond)
        let verdicts = verdicts(settings, count: 1000)
        #expect(verdicts[0] == .deliver(at: 2 * millisecond, again: false))
        #expect(verdicts[1] == .deliver(at: 4 * millisecond, again: false))
        let overflowed = verdicts.count { $0 == .overflow }
        #expect((480...500).contains(overflowed))
        for (number, verdict) in verdicts.enumerated() {
            guard case .deliver(let arrival, _) = verdict else { continue }
            #expect(arrival - UInt64(number) * millisecond <= 22 * millisecond)
        }
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

    @Test func optionsAreReadPerDirection() throws {
        let options = try Options(
            arguments: "--namespace-a x --namespace-b y --loss 0.05 --b-loss 0 --a-delay-ms 20 --seed 9"
                .split(separator: " ").map(String.init))
        #expect(options.fromA == LinkSettings(loss: 0.05, delay: 20_000_000))
        #expect(options.fromB == LinkSettings())
        #expect(options.seed == 9)
        for bad in ["", "--loss 2", "--loss x", "--speed 1", "--loss", "--namespace-a y"] {
            #expect(throws: Options.Refusal.self) {
                try Options(
                    arguments: "--namespace-a x --namespace-b y \(bad == "" ? "--namespace-b x" : bad)"
                        .split(separator: " ").map(String.init))
            }
        }
    }
}
