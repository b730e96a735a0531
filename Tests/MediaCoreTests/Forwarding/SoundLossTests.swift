import Testing

@testable import MediaCore

@Suite struct SoundLossTests {
    /// Lets so many packets pass with losses by chance; returns for how many of them so many copies were to be made.
    private func pass(_ count: Int, loss: Double, through state: inout SoundLoss, seed: UInt64) -> [Int] {
        var random = MediaRandom.seeded(seed)
        var copies = [0, 0, 0]
        for _ in 0..<count {
            state.take(lost: Double.random(in: 0..<1, using: &random) < loss ? 1 : 0, of: 1)
            copies[state.copies] += 1
        }
        return copies
    }

    @Test func copiesFollowLosses() {
        var two = 0
        for seed in 1...20 as ClosedRange<UInt64> {
            var state = SoundLoss()
            #expect(pass(3_000, loss: 0, through: &state, seed: seed)[0] == 3_000)
            // Begun with within three seconds, hardly ever two; stopped within half a minute.
            let high = pass(3_000, loss: 0.1, through: &state, seed: seed)
            #expect(high[0] < 150, "\(high)")
            two += high[2]
            let after = pass(3_000, loss: 0, through: &state, seed: seed)
            #expect(after[0] > 1_500 && after[1] > 300, "\(after)")
            #expect(state.copies == 0)
            let extreme = pass(3_000, loss: 0.3, through: &state, seed: seed)
            #expect(extreme[2] > 2_800, "\(extreme)")
        }
        #expect(two < 20 * 3_000 / 20, "\(two)")
    }

    /// An hour of few losses costs little, and does not go to and fro.
    @Test func fewLosses() {
        var (state, copied, changes) = (SoundLoss(), 0, 0)
        var random = MediaRandom.seeded(9)
        for _ in 0..<180_000 {
            let before = state.copies
            state.take(lost: Double.random(in: 0..<1, using: &random) < 0.01 ? 1 : 0, of: 1)
            if state.copies != before { changes += 1 }
            if state.copies > 0 { copied += 1 }
        }
        print("an hour of 1 % loss: repeated for \(copied * 100 / 180_000) % of it, \(changes) changes")
        #expect(copied < 180_000 / 20 && changes < 30)
    }

    @Test func reportsOfManyPackets() {
        var state = SoundLoss()
        // Five seconds of sound each.
        state.take(lost: 25, of: 250)
        #expect(state.copies == 1)
        state.take(lost: 100, of: 250)
        #expect(state.copies == 2)
        // Duplicates count as no loss, nonsense as all or nothing.
        state.take(lost: -10, of: 250)
        #expect(state.copies > 0 && state.recent > 0.05)
        for _ in 0..<20 { state.take(lost: 0, of: 250) }
        #expect(state.copies == 0)
        state.take(lost: .max, of: 0)
        state.take(lost: 5, of: -5)
        #expect(state.copies == 0 && state.recent < 0.01)
        state.take(lost: .max, of: .max)
        #expect(state.copies == 2 && state.recent <= 1)
        state.take(lost: .min, of: .max)
        #expect(state.recent < 0.01)
    }

    @Test func bitrateOfSound() {
        var state = SoundLoss()
        state.measure(1_000, at: MediaInstant(nanoseconds: 0))
        #expect(state.bitrate == nil)
        state.measure(5_000, at: MediaInstant(nanoseconds: 1_000_000_000))
        #expect(state.bitrate == 32_000)
    }
}
