import MediaTestSupport
import Testing

@testable import MediaCore

/// How much is remembered of what left, and what it costs to be asked for it.
@Suite struct DepartureHistoryTests {
    @Test func entriesAreSmall() {
        #expect(MemoryLayout<DepartureHistory.Entry>.stride == 20)
        for probe in 0...31 as ClosedRange<UInt8> {
            for byteCount in [0, 1, 1_200, 2_047] {
                let entry = DepartureHistory.Entry(
                    number: 7, byteCount: byteCount, consumer: SlotID(index: 1, generation: 3), sequenceNumber: 9,
                    probe: probe == 0 ? nil : probe, at: MediaInstant(nanoseconds: 1_000_000))
                #expect(entry.byteCount == byteCount && entry.probe == (probe == 0 ? nil : probe))
            }
        }
    }

    /// Nothing grows for receivers that don't report, nor for streams that 512 last.
    @Test func growsOnlyWhereItHelps() throws {
        var silent = ReportedSender(before: 1)
        silent.send(30_000, every: .microseconds(200))
        #expect(silent.departures.capacity == 512)
        var slow = ReportedSender(before: 1)
        var fast = ReportedSender(before: 1)
        for step in 0..<100 {
            slow.send(33, every: .milliseconds(3))
            fast.send(100, every: .milliseconds(1))
            if step % 2 == 0 {
                _ = try slow.hear(from: slow.newest &- 65, 66)
                _ = try fast.hear(from: fast.newest &- 199, 200)
            }
        }
        // 1.5 s of reported packets.
        #expect(slow.departures.capacity == 512)
        #expect(fast.departures.capacity == 2_048)
        #expect(fast.reported.packetsAcknowledged == 9_900)
        // However fast, however long nothing is reported.
        fast.send(200_000, every: .microseconds(10))
        #expect(fast.departures.capacity == DepartureHistory.maximumCapacity)
        #expect(fast.remembered == DepartureHistory.maximumCapacity)
        #expect(fast.departures.entry(fast.newest) != nil)
        #expect(
            fast.departures.entry(fast.newest &- 16_383) != nil && fast.departures.entry(fast.newest &- 16_384) == nil)
    }

    /// 50 Mbit/s over a round trip of 500 ms, with a report each 250 ms that a queue holds up for as long: once the first
    /// report has come, each packet is still known when it is reported.
    @Test func fastAndFar() throws {
        var sender = ReportedSender(before: 60_000)
        // A hundred packets a second at first.
        sender.send(200, every: .milliseconds(10))
        _ = try sender.hear(from: 60_000, 200)
        var pending: [(at: MediaInstant, base: UInt16)] = []
        var reported = 0
        for _ in 0..<40 {
            let base = sender.newest &+ 1
            sender.send(1_300, every: .microseconds(192))
            pending.append((sender.now + .milliseconds(750), base))
            while let first = pending.first, first.at <= sender.now {
                pending.removeFirst()
                _ = try sender.hear(from: first.base, 1_300)
                #expect(sender.reports.count == 1_300)
                reported += 1
            }
        }
        #expect(reported >= 36 && sender.departures.capacity <= DepartureHistory.maximumCapacity)
        #expect(sender.reported.packetsUnknown == 0)
    }

    /// What was remembered is there after it grew.
    @Test func growingForgetsNothing() throws {
        var sender = ReportedSender(before: 1)
        sender.send(1)
        _ = try sender.hear(from: 1, 1)
        var capacity = 512
        for _ in 0..<8_000 {
            sender.send(1, every: .microseconds(100))
            guard sender.departures.capacity != capacity else { continue }
            #expect(sender.departures.capacity == capacity * 2)
            let last = sender.newest
            for age in 0..<UInt16(capacity) where sender.departures.entry(last &- age) == nil {
                Issue.record("\(capacity): \(age)")
            }
            #expect(sender.remembered == capacity + 1 || sender.remembered == capacity)
            capacity = sender.departures.capacity
        }
        #expect(capacity == 8_192)
    }

    /// Messages of 24 bytes that claim 65,535 losses each, over and over: what they may look up is what left, a few times.
    @Test func claimsCostNoMoreThanWhatLeft() throws {
        var sender = ReportedSender(before: 1)
        sender.send(1)
        _ = try sender.hear(from: 1, 1)
        sender.send(60_000, every: .microseconds(20))
        #expect(sender.departures.capacity == DepartureHistory.maximumCapacity)
        _ = try sender.hear(from: sender.newest &- 65_534, 65_535, lost: Set(0..<65_535))
        #expect(sender.reports.count == DepartureHistory.maximumCapacity)
        let claim = RTCPVectors.bytes(
            .transportFeedback(
                TransportFeedback(
                    sender: 1, media: 2, baseSequenceNumber: sender.newest &- 65_534, statusCount: 65_535,
                    referenceTime: 0, feedbackCount: 0, receptions: [])))
        let time = try ProcessorTime.measure {
            for _ in 0..<4_000 { _ = try sender.hear(claim) }
        }
        print("a message that claims 65,535 losses: \(time / 4_000)")
        // 64 million lookups take ten times as long.
        #expect(time < .milliseconds(600))
        #expect(sender.reported.packetsLost == UInt64(DepartureHistory.maximumCapacity))
        // An honest message afterwards is served.
        sender.send(2_000)
        _ = try sender.hear(from: sender.newest &- 1_999, 2_000, lost: Set(0..<1_999))
        #expect(sender.reports.count == 2_000)
    }
}
