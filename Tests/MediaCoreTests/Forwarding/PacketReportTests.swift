import MediaTestSupport
import Testing

@testable import MediaCore

/// What feedback makes known of each departure to an estimator.
@Suite struct PacketReportTests {
    @Test func reportsSayWhenAndHowMuch() throws {
        var sender = ReportedSender(before: 70_000)
        let start = sender.now
        sender.send(3)
        sender.send(2, probe: 31, every: .microseconds(700))
        sender.send(1, probe: 1)
        _ = try sender.hear(from: UInt16(70_000 & 0xFFFF), 6, lost: [1], after: .milliseconds(40), reference: 100)
        let reports = sender.reports
        #expect(reports.map(\.sequenceNumber) == Array(70_000...70_005))
        #expect(reports.map(\.byteCount) == [1_028, 1_029, 1_030, 1_028, 1_029, 1_028])
        #expect(reports.map(\.probe) == [nil, nil, nil, 31, 31, 1])
        let arrivals = reports.map { $0.arrival?.nanoseconds }
        #expect(
            arrivals
                == [1, nil, 2, 3, 4, 5].map { (milliseconds: Int64?) in
                    milliseconds.map { 6_400_000_000 + $0 * 1_000_000 }
                })
        for (report, offset) in zip(reports, [1_000, 2_000, 3_000, 3_700, 4_400, 5_400] as [Int64]) {
            let error = (start + .microseconds(offset) - report.departure).nanoseconds
            #expect(error >= 0 && error < 4_000)
        }
    }

    @Test func departuresAreEqualWheneverTheyAreReported() throws {
        var sender = ReportedSender(before: 1)
        sender.now = sender.now + MediaDuration(nanoseconds: 123_457)
        sender.send(10, every: .zero)
        var departures: Set<MediaInstant> = []
        for number in 1...10 as ClosedRange<UInt16> {
            _ = try sender.hear(from: number, 1, after: MediaDuration(nanoseconds: 777_777))
            departures.formUnion(sender.reports.map(\.departure))
        }
        #expect(departures.count == 1)
    }

    @Test func eachIsReportedOnce() throws {
        var sender = ReportedSender(before: 65_530)
        sender.send(20)
        _ = try sender.hear(from: 65_530, 20, lost: [3, 4, 9])
        #expect(sender.reports.count == 20 && sender.reports.count { $0.arrival == nil } == 3)
        _ = try sender.hear(from: 65_530, 20, lost: [3, 4, 9])
        #expect(sender.reports.isEmpty)
        // Two arrived after all; that others are lost now is news of nothing.
        _ = try sender.hear(from: 65_530, 20, lost: [4, 10, 11])
        #expect(sender.reports.map(\.sequenceNumber) == [65_533, 65_539])
        #expect(sender.reports.allSatisfy { $0.arrival != nil })
        _ = try sender.hear(from: 65_530, 20)
        #expect(sender.reports.map(\.sequenceNumber) == [65_534])
    }

    @Test func numbersNeverWrap() throws {
        for first in [1, 327_677, 4_294_966_295] as [Int64] {
            var sender = ReportedSender(before: first)
            var next = first
            while next < first + 200_000 {
                let count = 1 + Int(next * 7 % 100)
                sender.send(count)
                _ = try sender.hear(from: UInt16(truncatingIfNeeded: next), count, lost: [count / 2])
                guard sender.reports.map(\.sequenceNumber) == Array(next..<(next + Int64(count))) else {
                    Issue.record("\(next)")
                    return
                }
                next += Int64(count)
            }
        }
    }

    @Test func whatNeverLeftIsNotReported() throws {
        var sender = ReportedSender(before: 300)
        sender.send(10)
        // Before the first and after the last; all round, so that those that left are spoken of from behind.
        for (base, count) in [(250, 50), (310, 200), (40_000, 200)] as [(UInt16, Int)] {
            _ = try sender.hear(from: base, count, lost: [7])
            #expect(sender.reports.isEmpty)
        }
        #expect(sender.reported.packetsUnknown == 49 + 199 + 199)
        // The base is the last departure: what follows reaches round to the ones before it.
        _ = try sender.hear(from: 309, 65_535, lost: Set(1..<65_534))
        #expect(sender.reports.map(\.sequenceNumber) == [309])
        #expect(sender.reported.packetsUnknown == 448 && sender.reported.packetsLost == 0)
        // The base is the one that leaves next: that is 65,535 ago, and the last is the newest that left but one.
        sender.send(20)
        _ = try sender.hear(from: 330, 65_535, lost: Set(0..<65_534))
        #expect(sender.reports.map(\.sequenceNumber) == Array(300...308) + Array(310...328))
        #expect(sender.reports.map { $0.arrival == nil } == Array(repeating: true, count: 27) + [false])
    }

    // MARK: Times

    /// Reference times wrap after 12.4 days; messages change places; a pause of a week is nothing.
    @Test func referenceTimesWrap() throws {
        for start in [1 << 24 - 40, (1 << 24) * 3 - 1, 5] as [Int64] {
            var sender = ReportedSender(before: 1)
            var origin: Int64?
            for step in 0..<200 as Range<Int64> {
                if step == 150 { sender.now = sender.now + .seconds(7 * 86_400) }
                if step == 170 { sender.now = sender.now + .seconds(11 * 86_400) }
                sender.send(1, every: .milliseconds(64))
                let elapsed = (sender.now.nanoseconds - 5_000_000_000) / 64_000_000
                // Each second message speaks of the time before.
                let late: Int64 = step % 2 == 0 ? 0 : 5
                _ = try sender.hear(from: sender.newest, 1, reference: start + elapsed - late)
                let arrival = try #require(sender.reports.first?.arrival)
                let offset = arrival.nanoseconds - (elapsed - late) * 64_000_000
                #expect(offset == origin ?? offset)
                origin = offset
            }
            #expect(sender.reported.messagesImplausible == 0)
        }
    }

    /// A clock that jumps is not believed, until it goes on from where it jumped to.
    @Test func jumpsAreBelievedWhenTheyPersist() throws {
        for jump in [157, -158, 20_000, -20_000, 1 << 23 - 20_000] as [Int64] {
            var sender = ReportedSender(before: 1)
            var shift: Int64 = 10_000
            func hear(_ sender: inout ReportedSender) throws -> Bool {
                sender.send(2)
                let reference = sender.now.nanoseconds / 64_000_000 + shift
                _ = try sender.hear(from: sender.newest &- 1, 2, lost: [0], reference: reference)
                let isReported = sender.reports.count == 2
                #expect(isReported || sender.reports.isEmpty)
                if isReported {
                    // Wherever the wraps left it.
                    let arrival = try #require(sender.reports.last?.arrival?.nanoseconds) - 1_000_000
                    #expect((arrival / 64_000_000 - reference) % (1 << 24) == 0 && arrival % 64_000_000 == 0)
                }
                return isReported
            }
            #expect(try hear(&sender))
            // Once, twice, and every other time.
            for _ in 0..<6 {
                shift += jump
                #expect(try !hear(&sender))
                #expect(try !hear(&sender))
                shift -= jump
                #expect(try hear(&sender))
            }
            #expect(sender.reported.messagesImplausible == 12)
            // Jumps to places that have nothing to do with each other.
            for step in 1...6 as ClosedRange<Int64> {
                shift += jump + step * 1_000
                #expect(try !hear(&sender))
            }
            // For good.
            shift += 400_000
            #expect(try [hear(&sender), hear(&sender), hear(&sender), hear(&sender)] == [false, false, true, true])
            #expect(sender.reported.messagesImplausible == 20)
            // They count all the same, each once.
            #expect(sender.reported.packetsAcknowledged == sender.reported.packetsLost)
            #expect(sender.reported.packetsAcknowledged == sender.reported.messages)
        }
    }

    /// Ten seconds at most: a way back that held messages up for long is no jump.
    @Test func delayIsNoJump() throws {
        var sender = ReportedSender(before: 1)
        for step in 0..<200 as Range<Int64> {
            sender.send(1)
            let reference = sender.now.nanoseconds / 64_000_000 + (step % 2 == 0 ? 0 : 155)
            _ = try sender.hear(from: sender.newest, 1, reference: reference)
            #expect(sender.reports.count == 1)
        }
        #expect(sender.reported.messagesImplausible == 0)
    }

    @Test func spansThatCannotBeAreCounted() throws {
        for (delta, count) in [(32_767, 2), (-32_768, 2), (5_000, 9), (-5_000, 9), (900, 500)] as [(Int16, Int)] {
            var sender = ReportedSender(before: 1)
            sender.send(502)
            _ = try sender.hear(from: 1, 1)
            #expect(sender.reports.count == 1)
            // Whole, what it says of losses too.
            _ = try sender.hear(from: 2, count + 1, lost: [1], delta: delta)
            #expect(sender.reports.isEmpty && sender.reported.messagesImplausible == 1)
            #expect(sender.reported.packetsAcknowledged == UInt64(count + 1) && sender.reported.packetsLost == 1)
            // The next is read as if nothing had been.
            sender.send(3)
            _ = try sender.hear(from: 503, 3)
            #expect(sender.reports.count == 3 && sender.reported.messagesImplausible == 1)
        }
        // The longest that is believed.
        var sender = ReportedSender(before: 1)
        sender.send(502)
        _ = try sender.hear(from: 1, 9, delta: 4_444)
        #expect(sender.reports.count == 9 && sender.reported.messagesImplausible == 0)
        _ = try sender.hear(from: 10, 9, delta: 4_445)
        #expect(sender.reports.isEmpty && sender.reported.messagesImplausible == 1)
    }

    // MARK: Messages

    @Test func messagesAreCounted() throws {
        var sender = ReportedSender(before: 1)
        func hear(_ counts: ClosedRange<Int>, _ sender: inout ReportedSender) throws {
            for count in counts {
                sender.feedbackCount = UInt8(truncatingIfNeeded: count)
                sender.send(1)
                _ = try sender.hear(from: sender.newest, 1)
                #expect(sender.reports.count == 1)
            }
        }
        func counts(_ sender: borrowing ReportedSender) -> [UInt64] {
            [sender.reported.messagesMissed, sender.reported.messagesRepeated]
        }
        try hear(200...300, &sender)
        #expect(counts(sender) == [0, 0])
        try hear(304...310, &sender)
        #expect(counts(sender) == [3, 0])
        // Two come late, one of them twice, and another once more.
        try hear(302...303, &sender)
        #expect(counts(sender) == [1, 0])
        try hear(302...302, &sender)
        try hear(309...309, &sender)
        #expect(counts(sender) == [1, 2])
        // What came before the first was not missed.
        try hear(199...199, &sender)
        #expect(counts(sender) == [1, 2])
        // Receivers that do not count are read.
        for _ in 0..<50 { try hear(310...310, &sender) }
        #expect(counts(sender) == [1, 52])
        #expect(sender.reported.messages == 101 + 7 + 2 + 2 + 1 + 50)
    }

    /// After messages changed places, each departure has been reported as it would have been.
    @Test func messagesMayChangePlaces() throws {
        var sender = ReportedSender(before: 65_500)
        sender.send(100)
        var all: [PacketReport] = []
        for base in [50, 0, 75, 25, 50, 0] as [UInt16] {
            _ = try sender.hear(from: 65_500 &+ base, 25, lost: [2, 3, 24])
            all += sender.reports
        }
        #expect(all.map(\.sequenceNumber).sorted() == Array(65_500..<65_600))
        #expect(all.filter { $0.arrival == nil }.count == 12)
    }
}
