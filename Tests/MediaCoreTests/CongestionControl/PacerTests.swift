import Testing

@testable import MediaCore

/// When packets may leave: at the pacing rate, in groups of a quantum, whatever timers do.
@Suite struct PacerTests {
    private let start = MediaInstant(nanoseconds: 7_000_000_000)

    /// Sends as much as the pacer lets, coming `lateness` late to each of its instants; the groups' bytes and instants.
    private func groups(
        _ pacer: inout Pacer, byteCount: Int, for duration: MediaDuration, lateness: MediaDuration = .zero
    ) -> [(at: MediaInstant, bytes: Int)] {
        var groups: [(at: MediaInstant, bytes: Int)] = []
        var now = start
        while now < start + duration {
            var bytes = 0
            while pacer.mayDepart(at: now) {
                pacer.departed(byteCount: byteCount, at: now)
                bytes += byteCount
            }
            if bytes > 0 { groups.append((now, bytes)) }
            now = max(pacer.nextDeparture, now + .microseconds(1)) + lateness
        }
        return groups
    }

    @Test(arguments: [100_000, 1_000_000, 2_500_000, 20_000_000, 100_000_000] as [Int64])
    func packetsLeaveAtTheRate(_ bitrate: Int64) {
        var pacer = Pacer(rates: SendRates(target: bitrate, pacing: bitrate))
        let groups = groups(&pacer, byteCount: 1228, for: .seconds(4))
        let total = Double(groups.reduce(0) { $0 + $1.bytes } * 8) / 4
        #expect(total >= Double(bitrate) * 0.98)
        // What the first group takes at once is ahead of its time.
        #expect(total <= Double(bitrate) * 1.01 + Double(2 * 1228 * 8))
        // A group is a quantum, one that was saved up, and what the last packet has of the next.
        let quantum = Int(bitrate) / 8 / 200
        #expect(groups.allSatisfy { $0.bytes <= 2 * quantum + 1228 })
        // And not much less, so that segmentation has something to gather.
        #expect(groups.dropFirst().allSatisfy { $0.bytes >= min(quantum, 1228) })
    }

    /// Who comes late to a timer by less than a quantum sends what was due in between.
    @Test func lateTimersCostNothing() {
        var pacer = Pacer(rates: SendRates(target: 4_000_000, pacing: 4_000_000))
        let groups = groups(&pacer, byteCount: 1000, for: .seconds(2), lateness: .milliseconds(3))
        let total = groups.reduce(0) { $0 + $1.bytes } * 8 / 2
        #expect(total >= 3_900_000 && total <= 4_050_000)
    }

    /// Idle time is not saved up beyond a quantum.
    @Test func idleTimeIsNotSaved() {
        var pacer = Pacer(rates: SendRates(target: 1_000_000, pacing: 1_000_000))
        pacer.departed(byteCount: 500, at: start)
        let later = start + .seconds(10)
        var bytes = 0
        while pacer.mayDepart(at: later) {
            pacer.departed(byteCount: 250, at: later)
            bytes += 250
        }
        // 5 ms are 625 bytes.
        #expect(bytes >= 625 && bytes <= 2 * 625 + 250)
    }

    /// What is owed is owed in bytes: at twice the rate it is paid in half the time.
    @Test func debtsAreBytes() {
        var pacer = Pacer(rates: SendRates(target: 1_000_000, pacing: 1_000_000))
        let instant = start
        for _ in 0..<10 { pacer.departed(byteCount: 1250, at: instant) }
        // The quantum before the first was unused.
        let owed = pacer.nextDeparture - instant
        #expect(owed >= .milliseconds(95) && owed <= .milliseconds(100))
        pacer.set(SendRates(target: 2_000_000, pacing: 2_000_000), at: instant)
        let half = pacer.nextDeparture - instant
        #expect(half >= .milliseconds(47) && half <= .milliseconds(50))
        // Exempt packets never block the others for longer than half a second.
        for _ in 0..<1000 { pacer.departed(byteCount: 1250, at: instant) }
        #expect(pacer.nextDeparture - instant == .milliseconds(500))
    }

    @Test func clustersAreSentAtTheirRate() throws {
        var pacer = Pacer(rates: SendRates(target: 300_000, pacing: 330_000))
        let cluster = ProbeCluster(id: 3, bitrate: 5_000_000, duration: .milliseconds(20))
        pacer.enqueue(cluster, at: start)
        pacer.enqueue(ProbeCluster(id: 4, bitrate: 1_000_000), at: start)
        var (now, bytes, packets) = (start, 0, 0)
        while pacer.probeID == 3 {
            if pacer.wantsPadding(at: now) {
                pacer.departed(byteCount: 700, at: now)
                bytes += 700
                packets += 1
            } else {
                now = try #require(pacer.nextPadding)
            }
        }
        #expect(bytes >= 12_500 && bytes <= 12_500 + 700)
        #expect(packets >= 5)
        let rate = Double(bytes * 8) / (now - start).inSeconds
        #expect(rate >= 4_500_000 && rate <= 6_500_000)
        #expect(pacer.probeID == 4)
        // Media is not held back for what the first cluster took.
        var rest = 0
        while pacer.probeID == 4 {
            if pacer.mayDepart(at: now) {
                pacer.departed(byteCount: 100, at: now)
                rest += 1
            } else {
                now = pacer.nextDeparture
            }
        }
        #expect(rest >= 5)
        #expect(pacer.mayDepart(at: now))
        #expect(!pacer.wantsPadding(at: now) && pacer.nextPadding == nil)
    }

    /// A cluster that nothing can be sent for is given up, and so are those that were asked for long before.
    @Test func clustersAreGivenUp() {
        var pacer = Pacer(rates: SendRates(target: 300_000, pacing: 330_000))
        for id in 1...9 { pacer.enqueue(ProbeCluster(id: UInt8(id), bitrate: 900_000), at: start) }
        #expect(pacer.probeID == 1)
        pacer.advance(to: start + .milliseconds(499))
        #expect(pacer.probeID == 1)
        pacer.advance(to: start + .milliseconds(500))
        // Five wait at most, the newest.
        #expect(pacer.probeID == 5)
    }

    @Test func resendsHaveABudget() {
        var pacer = Pacer(rates: SendRates(target: 1_000_000, pacing: 1_100_000))
        func resends(at instant: MediaInstant) -> Int {
            var count = 0
            while pacer.mayResend(at: instant) {
                pacer.resent(byteCount: 1000, at: instant)
                count += 1
            }
            return count
        }
        // 40 % of the target, 400 ms of it at once.
        #expect(resends(at: start) == 20)
        #expect(resends(at: start + .milliseconds(100)) == 5)
        let later = start + .seconds(1)
        #expect((20...21).contains(resends(at: later)))
    }

    /// Padding fills up what media leaves.
    @Test func paddingFillsUp() throws {
        var pacer = Pacer(rates: SendRates(target: 1_000_000, pacing: 1_100_000, padding: 800_000))
        var (now, padded) = (start, 0)
        var nextMedia = start
        while now < start + .seconds(2) {
            if now >= nextMedia {
                // 400 kbit/s.
                pacer.departed(byteCount: 1000, at: now)
                nextMedia = nextMedia + .milliseconds(20)
            }
            while pacer.wantsPadding(at: now) {
                pacer.departed(byteCount: 300, at: now)
                padded += 300
            }
            now = min(nextMedia, max(try #require(pacer.nextPadding), now + .microseconds(10)))
        }
        let bitrate = padded * 8 / 2
        #expect(bitrate >= 360_000 && bitrate <= 440_000)
        pacer.set(SendRates(target: 1_000_000, pacing: 1_100_000), at: now)
        #expect(pacer.nextPadding == nil)
    }

    /// Sound that takes more than there is lets something else pass now and then: without, nothing new would be learned of
    /// the link.
    @Test func soundDoesNotBlockForEver() {
        var pacer = Pacer(rates: SendRates(target: 30_000, pacing: 33_000))
        var paced = 0
        for millisecond in 0..<10_000 {
            let now = start + .milliseconds(Int64(millisecond))
            if millisecond % 20 == 0 { pacer.departed(byteCount: 146, isUrgent: true, at: now) }
            guard millisecond >= 1_000, pacer.mayDepart(at: now) else { continue }
            pacer.departed(byteCount: 1_200, at: now)
            paced += 1
        }
        #expect(paced >= 17 && paced <= 19)
        #expect(pacer.nextDeparture <= start + .milliseconds(10_500))
    }
}
