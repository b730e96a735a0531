import Testing

@testable import MediaCore

/// The whole: its limits, its deadline, and whatever a receiver may say.
@Suite struct GoogleCongestionControlTests {
    private func instant(_ milliseconds: Int64) -> MediaInstant { MediaInstant(nanoseconds: milliseconds * 1_000_000) }
    private let limits = BitrateLimits(minimum: 50_000, start: 300_000, maximum: 5_000_000)

    /// Feedback each 50 ms of what was sent at the target, all of it arrived after 20 ms.
    private func feed(
        _ estimator: inout GoogleCongestionControl, from start: Int64, seconds: Int64, sequence: inout Int64
    ) {
        for time in stride(from: start, to: start + seconds * 1000, by: 50) {
            let count = max(Int(estimator.rates.target / 8 / 20 / 250), 1)
            var reports: [PacketReport] = []
            for index in 0..<count {
                let departure = MediaInstant(
                    nanoseconds: time * 1_000_000 + Int64(index) * 50_000_000 / Int64(count))
                estimator.sent(byteCount: 250, at: departure)
                reports.append(
                    PacketReport(
                        sequenceNumber: sequence, byteCount: 250, departure: departure,
                        arrival: departure + .seconds(77)))
                sequence += 1
            }
            estimator.receive(reports, at: instant(time + 70))
        }
    }

    /// Without feedback on each packet nothing is probed for: reports without loss let the estimate rise to what the next
    /// step up needs, though much less is sent, and no further.
    @Test func reportsLetTheNextStepBeTried() {
        for next: Int64? in [nil, 560_000] {
            var estimator = GoogleCongestionControl(limits: BitrateLimits())
            var instant = MediaInstant(nanoseconds: 1_000_000_000)
            estimator.begin(at: instant)
            while estimator.takeProbe() != nil {}
            for _ in 0..<30 {
                for _ in 0..<50 {
                    estimator.sent(byteCount: 375, at: instant)
                    instant = instant + .milliseconds(20)
                }
                estimator.setUsefulBitrate(2_000_000, next: next, at: instant)
                estimator.receive(packetsLost: 0, of: 50, at: instant)
            }
            let target = estimator.rates.target
            #expect(next == nil ? target < 400_000 : (560_000...620_000).contains(target), "\(target)")
            estimator.receive(packetsLost: 10, of: 50, at: instant)
            #expect(estimator.rates.target < target)
        }
    }

    @Test func itBeginsWithItsStart() {
        let estimator = GoogleCongestionControl(limits: limits)
        #expect(estimator.rates == SendRates(target: 300_000, pacing: 750_000))
        #expect(estimator.nextDeadline == nil)
        let bent = GoogleCongestionControl(limits: BitrateLimits(minimum: 0, start: -5, maximum: .min))
        #expect(bent.rates.target == 5_000)
        let wide = GoogleCongestionControl(limits: BitrateLimits(minimum: .max, start: .max, maximum: .max))
        #expect(wide.rates.target == 1_000_000_000)
    }

    @Test func itRisesWhereNothingStandsInTheWay() {
        var estimator = GoogleCongestionControl(limits: limits)
        estimator.begin(at: instant(0))
        let answer17 = estimator.takeProbe()
        #expect(answer17?.bitrate == 900_000)
        var sequence: Int64 = 0
        feed(&estimator, from: 0, seconds: 60, sequence: &sequence)
        #expect(estimator.rates.target == 5_000_000)
        #expect(estimator.rates.pacing == 5_500_000)
        // Another path: all anew.
        estimator.begin(at: instant(61_000))
        #expect(estimator.rates == SendRates(target: 300_000, pacing: 750_000))
        let answer19 = estimator.takeProbe()
        #expect(answer19 != nil)
    }

    @Test func itSlowsDownWhenFeedbackStops() throws {
        var estimator = GoogleCongestionControl(limits: limits)
        estimator.begin(at: instant(0))
        var sequence: Int64 = 0
        feed(&estimator, from: 0, seconds: 10, sequence: &sequence)
        let before = estimator.rates.target
        #expect(estimator.nextDeadline == nil)
        for time in stride(from: Int64(10_100), to: 40_000, by: 10) {
            estimator.sent(byteCount: 1_000, at: instant(time))
            let deadline = try #require(estimator.nextDeadline)
            if deadline <= instant(time) { estimator.advance(to: instant(time)) }
            if time == 12_500 { #expect(estimator.rates.target == before) }
            // Three seconds, less a round trip, after the last feedback; and once a second from then on.
            if time == 13_090 { #expect(estimator.rates.target == Int64(Double(before) * 0.8)) }
            if time == 15_090 { #expect(abs(estimator.rates.target - Int64(Double(before) * 0.512)) <= 2) }
        }
        #expect(estimator.rates.target == 50_000)
        // It does not wake anyone up where nothing is sent.
        estimator.advance(to: estimator.nextDeadline ?? instant(0))
        var silent = GoogleCongestionControl(limits: limits)
        silent.begin(at: instant(0))
        sequence = 0
        feed(&silent, from: 0, seconds: 1, sequence: &sequence)
        #expect(silent.nextDeadline == nil)
    }

    @Test func receiversWithoutFeedbackAreJudgedByReports() {
        var estimator = GoogleCongestionControl(limits: limits)
        estimator.begin(at: instant(0))
        estimator.receive(receiverEstimate: 2_000_000, at: instant(500))
        #expect(estimator.rates.target == 2_000_000)
        estimator.receive(receiverEstimate: 1_500_000, at: instant(1_000))
        #expect(estimator.rates.target == 1_500_000)
        // No longer trusted upwards, but downwards.
        estimator.receive(receiverEstimate: 4_000_000, at: instant(5_000))
        #expect(estimator.rates.target == 2_000_000)
        estimator.receive(receiverEstimate: 0, at: instant(5_500))
        #expect(estimator.rates.target == 50_000)
        estimator.receive(receiverEstimate: .max, at: instant(5_500))
        estimator.receive(receiverEstimate: .min, at: instant(5_500))
        #expect(estimator.rates.target == 50_000)

        var lossy = GoogleCongestionControl(limits: limits)
        lossy.begin(at: instant(0))
        for second in 1...60 {
            lossy.receive(packetsLost: 15, of: 100, at: instant(Int64(second) * 1000))
            #expect(lossy.rates.target <= 300_000)
        }
        #expect(lossy.rates.target == 50_000)
    }

    @Test func nothingThatAReceiverSaysBreaksIt() {
        var random = MediaRandom.seeded(11)
        for round in 0..<20 {
            var estimator = GoogleCongestionControl(limits: limits)
            var time: Int64 = 0
            var sequence: Int64 = 0
            for _ in 0..<300 {
                time += Int64(random.next() % 200)
                var reports: [PacketReport] = []
                for _ in 0..<random.next() % 40 {
                    sequence += Int64(random.next() % 3)
                    let wild = Int64(bitPattern: random.next())
                    let arrival: MediaInstant? =
                        switch (random.next() &+ UInt64(round)) % 6 {
                        case 0: nil
                        case 1: MediaInstant(nanoseconds: wild)
                        case 2: MediaInstant(nanoseconds: wild % 10_000_000_000)
                        case 3: instant(time &- 1_000_000)
                        case 4: MediaInstant(nanoseconds: wild % 2 == 0 ? .max : .min)
                        default: instant(time)
                        }
                    reports.append(
                        PacketReport(
                            sequenceNumber: round % 5 == 0 ? wild : sequence, byteCount: Int(random.next() % 70_000),
                            departure: round % 4 == 0 ? MediaInstant(nanoseconds: wild) : instant(time - 50),
                            arrival: arrival, probe: random.next() % 3 == 0 ? UInt8(random.next() % 255) : nil))
                }
                estimator.sent(byteCount: 1_200, at: instant(time))
                estimator.receive(reports, at: instant(time))
                if random.next() % 20 == 0 {
                    estimator.receive(roundTrip: MediaDuration(nanoseconds: wildDuration(&random)), at: instant(time))
                    estimator.setUsefulBitrate(
                        Int64(bitPattern: random.next()), next: Int64(bitPattern: random.next()), at: instant(time))
                }
                _ = estimator.takeProbe()
                estimator.advance(to: instant(time))
                #expect((50_000...5_000_000).contains(estimator.rates.target))
                #expect(estimator.rates.pacing >= estimator.rates.target)
            }
        }
    }

    private func wildDuration(_ random: inout MediaRandom) -> Int64 { Int64(bitPattern: random.next()) }
}
