package import MediaCore

/// The receiving end of a media flow: what it tells the sender of what arrived.
package struct FeedbackReceiver: Sendable {
    /// What kind of feedback the peer has.
    package enum Mode: Sendable {
        /// Transport-wide feedback, at an interval that follows the rate as libwebrtc's does: 50 to 250 ms.
        case transportWide
        /// The receiver's own estimate.
        case receiverEstimate
        /// Nothing but receiver reports.
        case receiverReports
    }

    /// A message about all numbers from `from` to the last one in it that arrived.
    package struct Message: Sendable {
        package var from: Int64
        package var arrivals: [(number: Int64, at: MediaInstant)]

        /// With its headers, UDP and IP, and what SRTCP adds.
        var byteCount: Int {
            let statuses = Int((arrivals.last?.number ?? from) - from) + 1
            return 28 + 20 + (statuses + 6) / 7 * 2 + arrivals.count + 14
        }

        /// The same for the wire; nil when nothing arrived, or further apart than can be told.
        func feedback(sender: UInt32, media: UInt32, count: UInt8) -> TransportFeedback? {
            guard let last = arrivals.last, let first = arrivals.first else { return nil }
            let reference = first.at.nanoseconds / FeedbackReceiver.tick / 256
            var previous = reference * 256
            var receptions: [TransportFeedback.Reception] = []
            for arrival in arrivals {
                let ticks = arrival.at.nanoseconds / FeedbackReceiver.tick
                guard let delta = Int16(exactly: ticks - previous), let offset = UInt16(exactly: arrival.number - from)
                else { return nil }
                receptions.append(TransportFeedback.Reception(offset: offset, delta: delta))
                previous = ticks
            }
            return TransportFeedback(
                sender: sender, media: media, baseSequenceNumber: UInt16(truncatingIfNeeded: from),
                statusCount: UInt16(truncatingIfNeeded: last.number - from + 1),
                referenceTime: UInt32(truncatingIfNeeded: reference) & 0xFF_FFFF, feedbackCount: count,
                receptions: receptions)
        }
    }

    private static let shortest = MediaDuration.milliseconds(50)
    private static let longest = MediaDuration.milliseconds(250)
    /// The unit in which arrivals are told.
    private static let tick: Int64 = 250_000
    /// The receiver's clock has an epoch of its own.
    private static let epoch = MediaDuration.seconds(86_400)

    /// When a message is due; nil while nothing has arrived since the last.
    private(set) var deadline: MediaInstant?
    private var interval = MediaDuration.milliseconds(100)
    private var next: Int64 = 0
    private var arrivals: [(number: Int64, at: MediaInstant)] = []
    private var lastMessage: MediaInstant?
    private var bytesSince = 0

    // For receiver reports, and the receiver's estimate.
    private var highest: Int64 = -1
    private var received: Int64 = 0
    private var reported: (expected: Int64, received: Int64) = (0, 0)
    private(set) var estimate: Double
    private var leastDelay = Int64.max
    private var delayInInterval = Int64.max
    private var bytesInInterval = 0
    private var intervalStart: MediaInstant?

    init(start: Int64) {
        estimate = Double(start)
    }

    /// The first number that will come.
    mutating func begin(at number: Int64) {
        next = number
    }

    mutating func record(_ number: Int64, byteCount: Int, sent: MediaInstant, at instant: MediaInstant) {
        highest = max(highest, number)
        received += 1
        bytesSince += byteCount
        recordWithoutNumber(byteCount: byteCount, sent: sent, at: instant)
        let ticks = (instant + Self.epoch).nanoseconds / Self.tick * Self.tick
        if number >= next { arrivals.append((number, MediaInstant(nanoseconds: ticks))) }
        if deadline == nil { deadline = max((lastMessage ?? instant) + interval, instant) }
    }

    /// What the receiver's own estimate needs to know of a packet.
    mutating func recordWithoutNumber(byteCount: Int, sent: MediaInstant, at instant: MediaInstant) {
        bytesInInterval += byteCount
        let delay = (instant - sent).nanoseconds
        leastDelay = min(leastDelay, delay)
        delayInInterval = min(delayInInterval, delay)
    }

    /// The message that is due.
    mutating func message(at instant: MediaInstant) -> Message? {
        guard let deadline, deadline <= instant, let last = arrivals.last else { return nil }
        let message = Message(from: next, arrivals: arrivals)
        next = last.number + 1
        arrivals = []
        self.deadline = nil
        if let lastMessage, instant > lastMessage {
            // 68 bytes each interval are to be 5 % of what arrives.
            let rate = Double(bytesSince * 8) / (instant - lastMessage).inSeconds
            let seconds = 68 * 8 / (0.05 * max(rate, 1))
            interval = MediaDuration(nanoseconds: Int64(min(seconds, 1) * 1e9))
            interval = min(max(interval, Self.shortest), Self.longest)
        }
        lastMessage = instant
        bytesSince = 0
        return message
    }

    /// Packets lost of those expected since the last time.
    mutating func takeLosses() -> (lost: Int64, expected: Int64) {
        let expected = highest + 1
        let result = (expected - reported.expected - (received - reported.received), expected - reported.expected)
        reported = (expected, received)
        return result
    }

    /// A simple estimate of a receiver: grows by 8 % a second, and falls below what arrived when packets queue.
    mutating func updateEstimate(at instant: MediaInstant) {
        defer { (intervalStart, bytesInInterval, delayInInterval) = (instant, 0, .max) }
        guard let intervalStart, instant > intervalStart else { return }
        let seconds = (instant - intervalStart).inSeconds
        let rate = Double(bytesInInterval * 8) / seconds
        if delayInInterval != .max, delayInInterval - leastDelay > 40_000_000 {
            estimate = 0.85 * rate
        } else {
            estimate = min(estimate * (1 + 0.08 * seconds) + 1000, max(1.5 * rate + 10_000, estimate * 0.99))
        }
        estimate = max(estimate, 10_000)
    }
}
