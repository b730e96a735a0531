import Testing

@testable import MediaCore

/// What feedback says of departures, each counted once.
@Suite struct ReportedDeparturesTests {
    @Test func countsArrivalsAndLosses() throws {
        for first: UInt16 in [1, 65_500] {
            var sender = ReportedSender(before: Int64(first))
            sender.send(100)
            let isComplete = try !sender.hear(from: first, 50, after: .milliseconds(30))
            #expect(isComplete)
            #expect(sender.counts == [1, 50, 51_225, 0])
            // The 50th left 50 ms before the 100th.
            #expect(sender.reported.acknowledgementTime == .milliseconds(80))
            // Inside and at both ends.
            let hasLosses = try sender.hear(from: first &+ 50, 50, lost: [0, 7, 8, 49], after: .milliseconds(20))
            #expect(hasLosses)
            #expect(sender.counts == [2, 96, 100_686, 4])
            #expect(sender.reported.acknowledgementTime == .milliseconds(51))
        }
    }

    /// Receivers speak again of what they spoke of, to report one that came late.
    @Test func countsEachOnce() throws {
        var sender = ReportedSender(before: 1)
        sender.send(20)
        _ = try sender.hear(from: 1, 20, lost: [3, 4], after: .milliseconds(10))
        let counts = sender.counts
        let bytes = counts[2]
        for _ in 0..<3 { _ = try sender.hear(from: 1, 20, lost: [3, 4], after: .milliseconds(10)) }
        #expect(Array(sender.counts.dropFirst()) == Array(counts.dropFirst()))
        // What was known says nothing of the time.
        #expect(sender.reported.acknowledgementTime == .milliseconds(10))
        // One arrived after all. Nobody takes back that another arrived.
        _ = try sender.hear(from: 1, 20, lost: [4, 10])
        #expect(sender.counts == [5, 19, bytes + 1_003, 1])
        #expect(sender.reported.acknowledgementTime == .milliseconds(10))
    }

    @Test func ignoresWhatNeverLeft() throws {
        var sender = ReportedSender(before: 300)
        _ = try sender.hear(from: 250, 100, lost: [10, 20])
        #expect(sender.counts == [1, 0, 0, 0])
        #expect(sender.reported.acknowledgementTime == nil)
        sender.send(10)
        // Before the first, and after the last.
        _ = try sender.hear(from: 250, 50, lost: [3])
        _ = try sender.hear(from: 310, 200, lost: [3, 100])
        _ = try sender.hear(from: 40_000, 200, lost: [3, 100])
        #expect(sender.counts == [4, 0, 0, 0])
        // Half of them left.
        _ = try sender.hear(from: 305, 10, lost: [0, 8])
        #expect(sender.counts == [5, 4, 4_030, 1])
        #expect(sender.reported.acknowledgementTime == nil)
    }

    /// Only the departures that are remembered are looked up, whatever a message claims, and those of the lap before
    /// don't count for them.
    @Test func claimsAreBounded() throws {
        var sender = ReportedSender(before: 1)
        sender.send(70_000)
        let newest = sender.newest
        // All 65,535 lost but the last.
        _ = try sender.hear(from: newest &- 65_533, 65_535, lost: Set(0..<65_534))
        #expect(sender.counts == [1, 0, 0, UInt64(DepartureHistory.initialCapacity)])
        _ = try sender.hear(from: newest &- 999, 1_000)
        #expect(sender.counts[1] == UInt64(DepartureHistory.initialCapacity))
        #expect(sender.counts[3] == 0)
    }

    @Test func agesAreExactTo4Microseconds() {
        let sent = MediaInstant(nanoseconds: 4_294_967_295_000 * 3 + 1_234_567)
        let entry = DepartureHistory.Entry(
            number: 1, byteCount: 70_000, consumer: SlotID(index: 0, generation: 1), sequenceNumber: -1, at: sent)
        for delay: Int64 in [0, 1, 999, 1_000, 5_000, 80_000_000, 3_600_000_000_000] {
            let age = entry.age(at: MediaInstant(nanoseconds: sent.nanoseconds + delay)).nanoseconds
            #expect(age >= delay - 1_000 && age <= delay + 4_000)
        }
        #expect(entry.fate == .unknown && entry.byteCount == 2_047 && entry.probe == nil)
    }
}
