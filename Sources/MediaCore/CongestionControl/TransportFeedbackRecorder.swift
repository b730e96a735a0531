/// Remembers when the packets of one transport arrived, and makes the feedback from which its sender estimates.
///
/// Only arrivals are stored: what is missing follows from them, so a jump of the number costs nothing.
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01; the figures are those of libwebrtc's receiver.
package struct TransportFeedbackRecorder: Sendable {
    /// The shortest time between two reports.
    static let minimumInterval = MediaDuration.milliseconds(50)
    /// The longest time between two reports.
    static let maximumInterval = MediaDuration.milliseconds(250)
    /// The one before a rate is known.
    static let initialInterval = MediaDuration.milliseconds(100)
    /// How long an arrival is kept, to be reported again next to one that came late.
    static let backWindow = MediaDuration.milliseconds(500)
    /// How many arrivals are kept.
    static let maximumCount = 4_096
    /// A step of the number beyond this is a sender that began anew.
    static let maximumStep: Int64 = 8_192
    /// Reports take 5 % of the received rate when each is 68 bytes long.
    private static let bitsPerInterval: Int64 = 68 * 8 * 20
    /// The most statuses one message speaks of.
    private static let maximumStatuses: Int64 = 0x7FFE

    private struct Arrival {
        var sequence: Int64
        var instant: MediaInstant
    }

    /// When `build` has something to report; nil while nothing has arrived since the last report.
    package private(set) var nextDeadline: MediaInstant?
    /// The time between two reports at the rate last seen.
    private(set) var interval = Self.initialInterval

    private var unwrapper = SequenceUnwrapper()
    /// Ascending by sequence, from `first` on; what is before it is waste.
    private var arrivals: [Arrival] = []
    private var first = 0
    /// The next number to report from; nil before the first arrival.
    private var reportFrom: Int64?
    /// Numbers below this one may have been forgotten.
    private var floor = Int64.min
    private var feedbackCount: UInt8 = 0
    private var lastReport: MediaInstant?
    private var bytesSinceReport: Int64 = 0

    /// Creates a recorder of a transport on which nothing has arrived.
    package init() {}

    /// Notes an authenticated packet.
    ///
    /// - Parameter byteCount: Its length on the wire; sets the pace of the reports.
    package mutating func record(transportSequenceNumber: UInt16, at instant: MediaInstant, byteCount: Int = 1_000) {
        var sequence = unwrapper.extended(transportSequenceNumber)
        if let highest = unwrapper.highest, abs(sequence &- highest) > Self.maximumStep {
            forget()
            sequence = unwrapper.extended(transportSequenceNumber)
        }
        guard sequence >= floor, insert(Arrival(sequence: sequence, instant: instant)) else { return }
        unwrapper.accept(sequence)
        reportFrom = min(reportFrom ?? sequence, sequence)
        bytesSinceReport &+= Int64(byteCount)
        if nextDeadline == nil {
            let regular = (lastReport ?? instant) + interval
            nextDeadline = regular > instant ? regular : instant + interval
        }
        dropOld(at: instant)
    }

    /// Appends what is to be reported as RTCP messages, at most `byteLimit` bytes of them. What does not fit stays
    /// due: call again while `nextDeadline` has come. The limit is at least 64.
    ///
    /// - Returns: How many messages were appended.
    package mutating func build(
        at instant: MediaInstant, sender: UInt32, media: UInt32, into bytes: inout [UInt8], byteLimit: Int = 1_100
    ) -> Int {
        guard let deadline = nextDeadline, deadline <= instant, var from = reportFrom else { return 0 }
        var index = firstIndex(from: from)
        var (messages, room) = (0, max(byteLimit, 64))
        while index < arrivals.count, let message = message(from: from, at: &index, room: room) {
            var feedback = message
            (feedback.sender, feedback.media) = (sender, media)
            let start = bytes.count
            bytes.append(.transportFeedback(feedback))
            room -= bytes.count - start
            feedbackCount &+= 1
            messages += 1
            from = arrivals[index - 1].sequence + 1
        }
        reportFrom = from
        if index == arrivals.count {
            adaptInterval(at: instant)
            nextDeadline = nil
        }
        return messages
    }

    /// The message that starts at number `from` with the arrival at `index`, which moves past what it holds; nil when
    /// nothing fits into `room` bytes.
    private func message(from: Int64, at index: inout Int, room: Int) -> TransportFeedback? {
        let base = max(from, arrivals[index].sequence &- Self.maximumStep)
        var tick = Self.ticks(arrivals[index].instant)
        let reference = tick >> 8
        tick = reference << 8
        var feedback = TransportFeedback(
            sender: 0, media: 0, baseSequenceNumber: UInt16(truncatingIfNeeded: base), statusCount: 0,
            referenceTime: UInt32(truncatingIfNeeded: reference) & 0xFF_FFFF, feedbackCount: feedbackCount,
            receptions: [])
        // Header and fixed fields, padding, and the chunk that a status begins. A chunk for each seven statuses, and
        // two for a gap, is the most they take.
        var used = 20 + 3 + 2
        var previous = base &- 1
        while index < arrivals.count {
            let arrival = arrivals[index]
            let offset = arrival.sequence &- base
            let delta = Self.ticks(arrival.instant) &- tick
            guard offset < Self.maximumStatuses, let delta = Int16(exactly: delta) else { break }
            used += ((0...255).contains(delta) ? 1 : 2) + (arrival.sequence &- previous > 1 ? 6 : 2)
            guard used <= room else { break }
            feedback.receptions.append(TransportFeedback.Reception(offset: UInt16(offset), delta: delta))
            feedback.statusCount = UInt16(offset + 1)
            tick &+= Int64(delta)
            previous = arrival.sequence
            index += 1
        }
        return feedback.receptions.isEmpty ? nil : feedback
    }

    /// An instant in units of 250 µs.
    private static func ticks(_ instant: MediaInstant) -> Int64 {
        let tick = TransportFeedback.tick.nanoseconds
        let (quotient, remainder) = instant.nanoseconds.quotientAndRemainder(dividingBy: tick)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private mutating func adaptInterval(at instant: MediaInstant) {
        if let lastReport, instant > lastReport, bytesSinceReport > 0 {
            let elapsed = instant - lastReport
            let nanoseconds =
                Double(Self.bitsPerInterval) * Double(elapsed.nanoseconds) / Double(bytesSinceReport &* 8)
            let bounded = min(nanoseconds, Double(Self.maximumInterval.nanoseconds))
            interval = max(MediaDuration(nanoseconds: Int64(bounded)), Self.minimumInterval)
        }
        lastReport = instant
        bytesSinceReport = 0
    }

    /// Whether the arrival was new.
    private mutating func insert(_ arrival: Arrival) -> Bool {
        guard arrivals.count > first, let last = arrivals.last, last.sequence >= arrival.sequence else {
            arrivals.append(arrival)
            return true
        }
        let index = firstIndex(from: arrival.sequence)
        guard arrivals[index].sequence != arrival.sequence else { return false }
        arrivals.insert(arrival, at: index)
        return true
    }

    /// Forgets what has been reported and is older than the back window, and whatever is too much.
    private mutating func dropOld(at instant: MediaInstant) {
        let oldest = instant - Self.backWindow
        while first < arrivals.count {
            let arrival = arrivals[first]
            let isDone = arrival.instant < oldest && arrival.sequence < (reportFrom ?? .max)
            guard isDone || arrivals.count - first > Self.maximumCount else { break }
            floor = arrival.sequence &+ 1
            first += 1
        }
        if let from = reportFrom { reportFrom = max(from, floor) }
        // Moving the rest down once per so many arrivals keeps the cost of each constant.
        if first > 256, first > arrivals.count / 2 {
            arrivals.removeSubrange(..<first)
            first = 0
        }
    }

    private mutating func forget() {
        unwrapper = SequenceUnwrapper()
        arrivals.removeAll(keepingCapacity: true)
        first = 0
        reportFrom = nil
        floor = .min
        nextDeadline = nil
    }

    private func firstIndex(from sequence: Int64) -> Int {
        var (low, high) = (first, arrivals.count)
        while low < high {
            let middle = (low + high) / 2
            if arrivals[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
