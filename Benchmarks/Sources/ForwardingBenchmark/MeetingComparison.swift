import CReference
import MemoryCall

#if canImport(Glibc)
import Glibc
#endif

/// What choosing among simulcast layers adds to forwarding: a meeting of ten with it beside one without, of the same
/// packets in and out.
struct MeetingComparison {
    static let maximumRatio = 1.15
    private static let pairsInRound = 100
    private static let leastRounds = 6
    private static let maximumRounds = 30

    private let chosen: MemoryMeeting
    private let plain: MemoryMeeting

    init() throws {
        chosen = try MemoryMeeting(simulcast: true)
        plain = try MemoryMeeting(simulcast: false)
        for _ in 0..<50 {
            for meeting in [chosen, plain] {
                meeting.prepare()
                _ = meeting.forward()
            }
        }
    }

    /// Prints what it finds; whether that is within bounds.
    func check() throws -> Bool {
        let each = Double(MemoryMeeting.departures)
        var best = (ratio: Double.infinity, chosen: 0.0, plain: 0.0)
        for round in 0..<Self.maximumRounds where round < Self.leastRounds || best.ratio > Self.maximumRatio {
            usleep(round < Self.leastRounds ? 50_000 : 200_000)
            var pairs: [(chosen: Double, plain: Double)] = []
            for number in 0..<Self.pairsInRound {
                // Neither is always the one that comes after the other.
                let before = number % 2 == 0 ? try spent(plain) : 0
                let spent = try spent(chosen)
                pairs.append((spent, number % 2 == 0 ? before : try self.spent(plain)))
            }
            let ratio = Self.median(pairs.map { $0.chosen / $0.plain })
            guard ratio < best.ratio else { continue }
            best = (ratio, Self.median(pairs.map { $0.chosen }) / each, Self.median(pairs.map { $0.plain }) / each)
        }
        let counts = countsPerFrame()
        print(
            """
            meeting of \(MemoryMeeting.seats), 3 layers each, \(MemoryMeeting.departures) packets out of a frame: \
            \(Int(best.chosen.rounded())) ns a packet with layers, \(Int(best.plain.rounded())) without, \
            ratio \((best.ratio * 100).rounded() / 100) (at most \(Self.maximumRatio))
            the median frame of the meeting: \(counts[0]) allocations, \(counts[1]) retains, \(counts[2]) releases
            """)
        // A packet that arrives may count some references, one that leaves may not.
        return best.ratio <= Self.maximumRatio && counts[0] == 0
            && counts.allSatisfy { $0 <= 4 * Double(MemoryMeeting.arrivals) }
    }

    private func spent(_ meeting: MemoryMeeting) throws -> Double {
        meeting.prepare()
        let start = reference_thread_nanoseconds()
        let sent = meeting.forward()
        let spent = reference_thread_nanoseconds() - start
        guard sent == MemoryMeeting.departures else { throw BenchmarkError.packetsMissing(sent) }
        return Double(spent)
    }

    private func countsPerFrame() -> [Double] {
        var counted: [[Double]] = []
        for _ in 0..<21 {
            chosen.prepare()
            let before = reference_counts()
            _ = chosen.forward()
            let after = reference_counts()
            counted.append([
                Double(after.allocations - before.allocations), Double(after.retains - before.retains),
                Double(after.releases - before.releases),
            ])
        }
        return (0..<3).map { index in Self.median(counted.map { $0[index] }) }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
