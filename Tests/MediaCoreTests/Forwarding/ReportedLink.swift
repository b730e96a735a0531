@testable import MediaCore

/// Six seconds of a sender, a link that loses, delays and doubles, and a receiver that reports, by way of real messages.
struct ReportedLink: ~Copyable {
    struct Packet {
        var byteCount: Int
        var departure: Int64
        var probe: UInt8?
        /// By the receiver's clock, in nanoseconds; of two copies the first one's.
        var arrival: Int64?
    }

    private enum Event {
        case send
        case arrive(Int64)
        case hear([UInt8])
    }

    /// Where reference times wrap, in nanoseconds.
    static let wrap: Int64 = (1 << 24) * 64_000_000

    private(set) var sender: ReportedSender
    private(set) var truth: [Int64: Packet] = [:]
    /// What was reported: numbers, and when they arrived.
    private(set) var lost: [Int64: Bool] = [:]
    private(set) var arrived: [Int64: Int64] = [:]
    /// From an arrival to its report, in nanoseconds, at most.
    private(set) var longestDelay: Int64 = 0
    /// What was reported and is not true, or not news.
    private(set) var errors: [String] = []

    private var recorder = TransportFeedbackRecorder()
    private var random: MediaRandom
    private let loss: Double
    private let jitter: Int64
    /// Of the receiver's clock, in nanoseconds.
    private let lead: Int64
    private let end: Int64
    /// Latest first.
    private var agenda: [(time: Int64, event: Event)] = []

    init(seed: UInt64, loss: Double, jitter: Int64) {
        random = MediaRandom.seeded(seed)
        self.loss = loss
        self.jitter = jitter
        sender = ReportedSender(before: Int64.random(in: 1..<1 << 33, using: &random))
        // Their clocks have nothing to do with each other; some are just before their reference times wrap.
        let any = Int64.random(in: -Self.wrap...Self.wrap, using: &random)
        lead = seed % 2 == 0 ? Self.wrap - 8_000_000_000 : any
        end = sender.now.nanoseconds + 6_000_000_000
    }

    mutating func run() throws {
        add(.send, at: sender.now.nanoseconds)
        while let (time, event) = agenda.popLast() {
            sender.now = MediaInstant(nanoseconds: time)
            switch event {
            case .send: send(at: time)
            case .arrive(let number): arrive(number, at: time)
            case .hear(let message): try hear(message, at: time)
            }
            report(before: agenda.last?.time ?? .max)
        }
    }

    private mutating func add(_ event: Event, at time: Int64) {
        let index = agenda.firstIndex { $0.time <= time }
        agenda.insert((time, event), at: index ?? agenda.count)
    }

    private mutating func send(at time: Int64) {
        let probe: UInt8? = random.next() % 10 == 0 ? UInt8(random.next() % 31 + 1) : nil
        let byteCount = Int.random(in: 60...1_250, using: &random)
        sender.send(byteCount: byteCount, probe: probe)
        truth[sender.sent] = Packet(byteCount: byteCount, departure: time, probe: probe)
        // The last one arrives, behind all others, so that there is word of those before it.
        let isLast = time > end
        if isLast {
            add(.arrive(sender.sent), at: time + 200_000_000)
            return
        }
        if Double.random(in: 0..<1, using: &random) >= loss {
            let delay = 30_000_000 + Int64.random(in: 0...jitter, using: &random)
            add(.arrive(sender.sent), at: time + delay)
            // Now and then twice.
            if random.next() % 50 == 0 { add(.arrive(sender.sent), at: time + delay + 3_000_000) }
        }
        let pause = random.next() % 4 == 0 ? 0 : Int64.random(in: 0...8_000_000, using: &random)
        // The last one leaves later, too: what it can't have overtaken is lost.
        add(.send, at: time + pause > end ? end + 200_000_000 : time + pause)
    }

    private mutating func arrive(_ number: Int64, at time: Int64) {
        if truth[number]?.arrival == nil { truth[number]?.arrival = time + lead }
        recorder.record(
            transportSequenceNumber: UInt16(truncatingIfNeeded: number),
            at: MediaInstant(nanoseconds: time + lead), byteCount: 1_000)
    }

    /// Reports when that is due, if it is before anything else happens.
    private mutating func report(before time: Int64) {
        while let deadline = recorder.nextDeadline, deadline.nanoseconds - lead <= time {
            var bytes: [UInt8] = []
            guard recorder.build(at: deadline, sender: 1, media: 2, into: &bytes) > 0 else {
                errors.append("nothing to report when it was due")
                return
            }
            var offset = 0
            while offset < bytes.count {
                let length = (Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])) * 4 + 4
                let message = Array(bytes[offset..<(offset + length)])
                offset += length
                // On their way they change places, and some are doubled.
                let copies = random.next() % 10 == 0 ? 2 : 1
                for _ in 0..<copies {
                    let delay = Int64.random(in: 20_000_000...120_000_000, using: &random)
                    add(.hear(message), at: deadline.nanoseconds - lead + delay)
                }
            }
        }
    }

    private mutating func hear(_ message: [UInt8], at time: Int64) throws {
        _ = try sender.hear(message)
        let reports = sender.reports
        for (report, next) in zip(reports, reports.dropFirst()) where report.sequenceNumber >= next.sequenceNumber {
            errors.append("\(report.sequenceNumber) before \(next.sequenceNumber)")
        }
        for report in reports { check(report, at: time) }
    }

    private mutating func check(_ report: PacketReport, at time: Int64) {
        let number = report.sequenceNumber
        guard let packet = truth[number] else { return errors.append("\(number) never left") }
        if report.byteCount != packet.byteCount + 28 { errors.append("\(number) of \(report.byteCount) bytes") }
        if report.probe != packet.probe { errors.append("\(number) of another probe") }
        let error = packet.departure - report.departure.nanoseconds
        if error < 0 || error >= 4_000 { errors.append("\(number) left \(error) ns before") }
        if arrived[number] != nil { errors.append("\(number) once more") }
        if let arrival = report.arrival {
            arrived[number] = arrival.nanoseconds
            longestDelay = max(longestDelay, time + lead - (packet.arrival ?? 0))
        } else if lost.updateValue(true, forKey: number) != nil {
            errors.append("\(number) lost again")
        }
    }
}
