import MediaCore

/// Bytes taken for a list of what a sender sends and what its receiver says of it: feedback messages through their
/// reader, the history of departures, and the estimator.
///
/// What is reported must be what was sent, each once; the estimate must stay within its bounds.
package func fuzzCongestion(_ bytes: RawSpan) throws(FuzzFailure) {
    var input = FuzzInput(bytes)
    var flow = FuzzFlow(&input)
    var count = 0
    while !input.isAtEnd, count < 256 {
        try flow.act(&input)
        count += 1
    }
}

/// A sender, and all that it believes of its link.
private struct FuzzFlow: ~Copyable {
    private struct Packet {
        var byteCount: Int
        var departure: Int64
        var probe: UInt8?
        var isLost = false
        var hasArrived = false
    }

    private let limits: BitrateLimits
    private var estimator: GoogleCongestionControl
    private var departures = DepartureHistory()
    private var reported = ReportedDepartures()
    private var reports: [PacketReport] = []
    private var sent: [Packet] = []
    /// The number before the first.
    private let origin: Int64
    private var instant: MediaInstant

    private static let limits: [BitrateLimits] = [
        BitrateLimits(), BitrateLimits(minimum: 5_000, start: 5_000, maximum: 1_000_000_000),
        BitrateLimits(minimum: 100_000, start: 2_000_000, maximum: 2_000_000),
        BitrateLimits(minimum: 250_000, start: 250_000, maximum: 250_000),
    ]

    init(_ input: inout FuzzInput) {
        let flags = input.byte()
        limits = Self.limits[Int(flags & 3)]
        estimator = GoogleCongestionControl(limits: limits)
        origin = flags & 4 == 0 ? 0 : 65_536 * 7 - 20
        instant = MediaInstant(nanoseconds: flags & 8 == 0 ? 1_000_000_000 : 4_294_967_000_000 * 40)
        estimator.begin(at: instant)
    }

    private var newest: Int64 { origin + Int64(sent.count) }

    mutating func act(_ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() & 15 {
        case 0, 1, 2: send(&input)
        case 3, 4, 5: try hear(feedback(&input))
        case 6: try hear(near(input.block(), behind: Int(input.byte())))
        case 7: try hear(input.block())
        case 8: wait(milliseconds: Int64(input.byte()))
        case 9: wait(milliseconds: Int64(input.byte()) << min(Int64(input.byte() & 31), 30))
        case 10: estimator.receive(receiverEstimate: number(&input), at: instant)
        case 11: estimator.receive(packetsLost: number(&input), of: number(&input), at: instant)
        case 12: estimator.receive(roundTrip: MediaDuration(nanoseconds: number(&input)), at: instant)
        case 13:
            let bitrate = number(&input)
            estimator.setUsefulBitrate(
                bitrate == 0 ? nil : bitrate, next: bitrate & 1 == 0 ? nil : bitrate / 2, at: instant)
        case 14: estimator.begin(at: instant)
        default: estimator.advance(to: instant)
        }
        try check()
    }

    /// Any number: small ones, and those of any length.
    private func number(_ input: inout FuzzInput) -> Int64 {
        let length = Int(input.byte() & 15)
        return input.take(min(length, 8)).reduce(0) { $0 << 8 | Int64($1) }
    }

    private mutating func wait(milliseconds: Int64) {
        instant = instant + .milliseconds(milliseconds)
    }

    private mutating func send(_ input: inout FuzzInput) {
        let (count, size, spacing) = (Int(input.byte()), Int(input.word()), Int64(input.byte()))
        let probe = UInt8(size >> 11)
        guard sent.count < 20_000 else { return }
        for _ in 0..<count {
            instant = instant + .microseconds(spacing * spacing)
            sent.append(
                Packet(byteCount: size & 0x7FF, departure: instant.nanoseconds, probe: probe == 0 ? nil : probe))
            departures.remember(
                DepartureHistory.Entry(
                    number: UInt16(truncatingIfNeeded: newest), byteCount: size & 0x7FF,
                    consumer: SlotID(index: 1, generation: 1), sequenceNumber: 0, probe: probe == 0 ? nil : probe,
                    at: instant))
        }
        estimator.sent(byteCount: count * (size & 0x7FF), at: instant)
    }

    // MARK: Feedback

    /// A well-formed message: where it begins, before the newest; how many it speaks of; which did not arrive; and its
    /// times.
    private func feedback(_ input: inout FuzzInput) -> [UInt8] {
        let (behind, count, pattern) = (Int(input.word()), Int(input.byte()), input.word())
        let (delta, clock, feedbackCount) = (Int16(bitPattern: input.word()), input.byte(), input.byte())
        let elapsed = instant.nanoseconds / 64_000_000 + (clock & 1 == 0 ? 0 : Int64(clock) << (clock & 15))
        var feedback = TransportFeedback(
            sender: 1, media: 2, baseSequenceNumber: UInt16(truncatingIfNeeded: newest - Int64(behind)),
            statusCount: UInt16(count), referenceTime: UInt32(truncatingIfNeeded: elapsed) & 0xFF_FFFF,
            feedbackCount: feedbackCount, receptions: [])
        for offset in 0..<count where pattern >> (offset % 16) & 1 == 0 {
            feedback.receptions.append(TransportFeedback.Reception(offset: UInt16(offset), delta: delta))
        }
        var bytes: [UInt8] = []
        bytes.append(RTCPMessage.transportFeedback(feedback))
        return Array(bytes.dropFirst(4))
    }

    /// A message as it is, but that it speaks of what left lately.
    private func near(_ body: [UInt8], behind: Int) -> [UInt8] {
        var body = body
        guard body.count >= 10 else { return body }
        let base = UInt16(truncatingIfNeeded: newest - Int64(behind))
        (body[8], body[9]) = (UInt8(base >> 8), UInt8(truncatingIfNeeded: base))
        return body
    }

    private mutating func hear(_ body: [UInt8]) throws(FuzzFailure) {
        guard let reader = try? TransportFeedbackReader(body.span.bytes) else { return }
        reports.removeAll(keepingCapacity: true)
        _ = reported.take(
            reader, of: &departures, newest: newest, overhead: 28, at: instant, into: &reports)
        try require(reports.count <= departures.capacity, "\(reports.count) reports of \(departures.capacity)")
        var last = Int64.min
        for report in reports {
            try require(report.sequenceNumber > last, "\(report.sequenceNumber) after \(last)")
            last = report.sequenceNumber
            try check(report)
        }
        estimator.receive(reports, at: instant)
    }

    private mutating func check(_ report: PacketReport) throws(FuzzFailure) {
        let index = Int(report.sequenceNumber - origin - 1)
        try require(sent.indices.contains(index), "\(report.sequenceNumber) never left")
        let packet = sent[index]
        try require(
            report.byteCount == packet.byteCount + 28 && report.probe == packet.probe, "\(report) is not \(packet)")
        let error = packet.departure - report.departure.nanoseconds
        // Beyond an hour ages wrap.
        let isOld = instant.nanoseconds - packet.departure > 4_000_000_000_000
        try require(isOld || error >= 0 && error < 4_000, "\(report) left \(error) ns before")
        try require(!packet.hasArrived, "\(report.sequenceNumber) again")
        if report.arrival == nil {
            try require(!packet.isLost, "\(report.sequenceNumber) lost again")
            sent[index].isLost = true
        } else {
            sent[index].hasArrived = true
        }
    }

    // MARK: The estimate

    private mutating func check() throws(FuzzFailure) {
        var rounds = 0
        while let deadline = estimator.nextDeadline, deadline <= instant {
            estimator.advance(to: instant)
            rounds += 1
            try require(rounds < 20, "something is due again and again")
        }
        let rates = estimator.rates
        try require(rates.target >= limits.minimum && rates.target <= limits.maximum, "a target of \(rates.target)")
        try require(rates.pacing > 0 && rates.pacing <= limits.maximum * 10, "a pacing rate of \(rates.pacing)")
        try require(rates.padding >= 0 && rates.padding <= limits.maximum, "a padding rate of \(rates.padding)")
        var probes = 0
        while let probe = estimator.takeProbe() {
            probes += 1
            try require(probes < 100, "probes without end")
            try require(
                (1...31).contains(probe.id) && probe.bitrate > 0 && probe.bitrate <= 2 * limits.maximum
                    && probe.minimumPackets > 0 && probe.duration > .zero, "\(probe)")
        }
    }
}
