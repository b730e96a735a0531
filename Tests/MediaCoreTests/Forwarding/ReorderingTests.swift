import Testing

@testable import MediaCore

/// What is late is not lost, where packets overtake each other.
@Suite struct ReorderingTests {
    /// A hundred packets 1 ms apart, reported in tens: of each ten, the third comes 30 ms late.
    private func reorder(_ sender: inout ReportedSender, late: Bool = true) throws -> [PacketReport] {
        var reports: [PacketReport] = []
        let base = sender.newest &+ 1
        for ten in 0..<13 as Range<UInt16> {
            if ten < 10 { sender.send(10) } else { sender.now = sender.now + .milliseconds(10) }
            if ten < 10 {
                _ = try sender.hear(from: base &+ ten * 10, 10, lost: [2])
                reports += sender.reports
            }
            if late, ten >= 3 {
                _ = try sender.hear(from: base &+ (ten - 3) * 10 + 2, 1)
                reports += sender.reports
            }
        }
        return reports
    }

    @Test func whatIsLateIsNotLostOnceThatIsKnown() throws {
        var sender = ReportedSender(before: 65_000)
        let first = try reorder(&sender)
        // Until the first of them came nobody could know.
        #expect(first.count { $0.arrival == nil } == 4 && first.count { $0.wasReportedLost } == 4)
        for _ in 0..<20 {
            let reports = try reorder(&sender)
            #expect(reports.count == 100)
            #expect(reports.allSatisfy { $0.arrival != nil && !$0.wasReportedLost })
        }
        #expect(sender.reported.packetsLost == 0 && sender.reported.packetsAcknowledged == 2_100)
    }

    /// What is lost is given up when something has arrived that left 30 ms later, and a quarter more.
    @Test func lossesAreReportedAllTheSame() throws {
        var sender = ReportedSender(before: 65_000)
        _ = try reorder(&sender)
        let base = sender.newest &+ 1
        var lostAt: [Int64: Int] = [:]
        for ten in 0..<30 as Range<UInt16> {
            sender.send(10)
            _ = try sender.hear(from: base &+ ten * 10, 10, lost: [2])
            let numbers = sender.reports.map(\.sequenceNumber)
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
            for report in sender.reports where report.arrival == nil {
                #expect(lostAt.updateValue(Int(ten), forKey: report.sequenceNumber) == nil)
            }
        }
        #expect(sender.reported.packetsLost == UInt64(lostAt.count))
        #expect(lostAt.count >= 25 && lostAt.count <= 27)
        for (number, ten) in lostAt {
            let delay = (ten + 1) * 10 - Int(UInt16(truncatingIfNeeded: number) &- base)
            #expect(delay >= 30 && delay <= 50)
        }
    }

    /// A link that ceases to reorder is believed at once again, after a while.
    @Test func itIsForgotten() throws {
        var sender = ReportedSender(before: 1)
        _ = try reorder(&sender)
        var delays: [Int] = []
        for second in 0..<120 {
            let base = sender.newest &+ 1
            sender.send(100, every: .milliseconds(10))
            _ = try sender.hear(from: base, 100, lost: [97])
            if sender.reports.contains(where: { $0.arrival == nil && $0.sequenceNumber == sender.sent - 2 }) {
                delays.append(second)
            }
        }
        let first = delays.first ?? 0
        #expect(first >= 5 && first <= 30 && delays == Array(first..<120))
        #expect(sender.reported.packetsLost == 120)
    }

    /// Reordering is bounded: what comes a second late does not make losses wait for a second.
    @Test func theWindowIsBounded() {
        var window = ReorderingWindow()
        let now = MediaInstant(nanoseconds: 1_000_000_000)
        for distance in [.seconds(1), .milliseconds(101), .zero, .milliseconds(-5), .milliseconds(1)] as [MediaDuration]
        {
            window.note(distance, at: now)
            #expect(window.length == .zero)
        }
        window.note(.milliseconds(2), at: now)
        #expect(window.length == .microseconds(2_500))
        window.note(.milliseconds(99), at: now)
        #expect(window.length == .milliseconds(100))
        window.advance(to: now + .seconds(9))
        #expect(window.length == .milliseconds(100))
        for step in 1...6 as ClosedRange<Int64> { window.advance(to: now + .seconds(10 * step)) }
        #expect(window.length == .zero)
    }
}
