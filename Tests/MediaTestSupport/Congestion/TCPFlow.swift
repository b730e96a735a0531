package import MediaCore

/// A TCP sender and receiver: Reno's or CUBIC's window, selective acknowledgements, delayed ones, and a timeout.
package final class TCPFlow: SimulatedFlow {
    package struct Configuration: Sendable {
        package var name = "tcp"
        package var algorithm = TCPWindow.Algorithm.reno
        package var start = 0.0
        package var end = Double.infinity
        /// Objects of 30 to 50 KB, each on a new connection, and exponential pauses of ten seconds in the mean between
        /// them; else one file without end. Source: RFC 8868, section 5.1.
        package var isShort = false
        /// Whether a flow of short objects begins with one, and not with a pause.
        package var beginsOn = true

        package init() {}
    }

    private struct Segment {
        var at: MediaInstant
        var isResent = false
        var isAcknowledged = false
        /// It counts as lost, and has not been sent again.
        var isLost = false
    }

    private static let segmentByteCount = 1460
    private static let wireByteCount = 1500
    private static let acknowledgementDelay = MediaDuration.milliseconds(40)

    package let name: String
    package let configuration: Configuration
    package private(set) var counts = FlowCounts()
    package let start: MediaInstant
    private let place: Int
    private var random: MediaRandom

    // The sender. `segments` begins with number `first`, the oldest that is not acknowledged.
    private var window: TCPWindow
    private var segments: [Segment] = []
    private var first: Int64 = 0
    /// Where the present object ends; nil while idle.
    private var objectEnd: Int64?
    private var highestAcknowledged: Int64 = -1
    private var recoversUntil: Int64 = -1
    private var roundTrip: (smoothed: Double, variation: Double)?
    private var backoff: Int64 = 1
    private var timeoutAt: MediaInstant?
    private var nextObject: MediaInstant
    private var wakesAt: MediaInstant?

    // The receiver.
    private var expected: Int64 = 0
    private var outOfOrder: Set<Int64> = []
    private var owed: (number: Int64, at: MediaInstant)?

    package init(_ configuration: Configuration, place: Int, seed: UInt64) {
        self.configuration = configuration
        self.place = place
        name = configuration.name
        start = MediaInstant(nanoseconds: Int64(configuration.start * 1e9))
        random = .seeded(seed &* 104_729 &+ UInt64(place))
        window = TCPWindow(configuration.algorithm)
        nextObject = start
        if configuration.isShort, !configuration.beginsOn { nextObject = start + pause() }
    }

    package var estimate: Int64? { nil }

    package func sendable(at instant: MediaInstant) -> Int64 {
        instant.nanoseconds >= start.nanoseconds && !isOver(instant) ? .max : 0
    }

    private func isOver(_ instant: MediaInstant) -> Bool {
        configuration.end != .infinity && instant.nanoseconds >= Int64(configuration.end * 1e9)
    }

    private func pause() -> MediaDuration {
        // An exponential distribution is what remains of many small chances.
        var milliseconds: Int64 = 0
        while Double.random(in: 0..<1, using: &random) >= 0.001 { milliseconds += 10 }
        return .milliseconds(milliseconds)
    }

    // MARK: Sender

    package func wake(in network: CongestionNetwork) {
        let now = network.now
        if let wakesAt, wakesAt <= now { self.wakesAt = nil }
        if objectEnd == nil, nextObject <= now, !isOver(now) { beginObject() }
        if let timeoutAt, timeoutAt <= now { timeOut(now) }
        if let owed, owed.at <= now { acknowledge(owed.number, network) }
        pump(network)
        scheduleWake(network)
    }

    private func beginObject() {
        guard configuration.isShort else {
            objectEnd = .max
            return
        }
        let byteCount = Int.random(in: 30_000...50_000, using: &random)
        objectEnd = first + Int64(segments.count) + Int64((byteCount + 1459) / Self.segmentByteCount)
        window = TCPWindow(configuration.algorithm)
        recoversUntil = -1
    }

    /// What is under way: neither acknowledged nor given up.
    private var inFlight: Int { segments.reduce(0) { $0 + ($1.isAcknowledged || $1.isLost ? 0 : 1) } }

    private func pump(_ network: CongestionNetwork) {
        guard let objectEnd, !isOver(network.now) else { return }
        var inFlight = inFlight
        for index in segments.indices where segments[index].isLost {
            guard Double(inFlight) < window.segments.rounded(.down) else { return }
            segments[index].isLost = false
            segments[index].isResent = true
            segments[index].at = network.now
            inFlight += 1
            transmit(first + Int64(index), network)
        }
        while Double(inFlight) < window.segments.rounded(.down), first + Int64(segments.count) < objectEnd {
            segments.append(Segment(at: network.now))
            inFlight += 1
            transmit(first + Int64(segments.count) - 1, network)
        }
    }

    private func transmit(_ number: Int64, _ network: CongestionNetwork) {
        counts.sentPackets += 1
        counts.sentBytes += Self.wireByteCount
        if timeoutAt == nil { timeoutAt = network.now + retransmissionTime }
        network.send(WirePacket(flow: place, kind: .segment, byteCount: Self.wireByteCount, number: number))
    }

    /// Source: RFC 6298; the least time is Linux's.
    private var retransmissionTime: MediaDuration {
        let seconds = roundTrip.map { max($0.smoothed + 4 * $0.variation, 0.2) } ?? 1
        return MediaDuration(nanoseconds: Int64(min(seconds * Double(backoff), 60) * 1e9))
    }

    private func timeOut(_ now: MediaInstant) {
        timeoutAt = nil
        guard !segments.isEmpty else { return }
        window.timedOut(inFlight: inFlight)
        backoff = min(backoff * 2, 64)
        recoversUntil = first + Int64(segments.count) - 1
        for index in segments.indices where !segments[index].isAcknowledged { segments[index].isLost = true }
        timeoutAt = now + retransmissionTime
    }

    /// An acknowledgement says what came last, and what is expected next.
    private func acknowledged(_ number: Int64, expected: Int64, _ network: CongestionNetwork) {
        let now = network.now
        var newly = 0
        for acknowledged in [number] + (first < expected ? Array(first..<expected) : []) {
            let index = Int(acknowledged - first)
            guard segments.indices.contains(index), !segments[index].isAcknowledged else { continue }
            segments[index].isAcknowledged = true
            newly += 1
            if acknowledged == number, !segments[index].isResent { measure(now - segments[index].at) }
        }
        guard newly > 0 else { return }
        highestAcknowledged = max(highestAcknowledged, number)
        detectLosses()
        let isRecovering = first <= recoversUntil
        if !isRecovering, Double(inFlight + newly) >= window.segments - 2 {
            window.acknowledged(newly, roundTrip: .milliseconds(Int64((roundTrip?.smoothed ?? 0.1) * 1000)), at: now)
        }
        while let segment = segments.first, segment.isAcknowledged {
            segments.removeFirst()
            first += 1
        }
        backoff = 1
        timeoutAt = segments.isEmpty ? nil : now + retransmissionTime
        if segments.isEmpty, let objectEnd, first >= objectEnd {
            self.objectEnd = nil
            nextObject = now + pause()
        }
    }

    /// What three later ones have overtaken is lost; what was sent again gets a round trip.
    private func detectLosses() {
        var later = 0
        var isNew = false
        let newest = segments.last { $0.isAcknowledged }?.at
        for index in segments.indices.reversed() {
            if segments[index].isAcknowledged {
                later += 1
            } else if later >= 3, !segments[index].isLost {
                if segments[index].isResent, let newest, newest <= segments[index].at { continue }
                segments[index].isLost = true
                isNew = isNew || first + Int64(index) > recoversUntil
            }
        }
        if isNew {
            window.halve(inFlight: inFlight)
            recoversUntil = first + Int64(segments.count) - 1
        }
    }

    private func measure(_ time: MediaDuration) {
        let sample = time.inSeconds
        guard let (smoothed, variation) = roundTrip else {
            roundTrip = (sample, sample / 2)
            return
        }
        roundTrip = (0.875 * smoothed + 0.125 * sample, 0.75 * variation + 0.25 * abs(smoothed - sample))
    }

    private func scheduleWake(_ network: CongestionNetwork) {
        var next = MediaInstant(nanoseconds: .max)
        if objectEnd == nil, !isOver(network.now) { next = min(next, nextObject) }
        if let timeoutAt { next = min(next, timeoutAt) }
        if let owed { next = min(next, owed.at) }
        guard next.nanoseconds != .max, wakesAt.map({ next < $0 }) ?? true else { return }
        wakesAt = next
        network.wake(place, at: next)
    }

    // MARK: Receiver

    package func receive(_ packet: WirePacket, in network: CongestionNetwork) {
        if packet.kind == .acknowledgement {
            acknowledged(packet.number, expected: packet.second, network)
            pump(network)
        } else if packet.number == expected {
            counts.deliveredBytes += packet.byteCount
            expected += 1
            let filledGap = !outOfOrder.isEmpty
            while outOfOrder.remove(expected) != nil { expected += 1 }
            if owed != nil || filledGap {
                acknowledge(packet.number, network)
            } else {
                owed = (packet.number, network.now + Self.acknowledgementDelay)
            }
        } else {
            if packet.number > expected, outOfOrder.insert(packet.number).inserted {
                counts.deliveredBytes += packet.byteCount
            }
            acknowledge(packet.number, network)
        }
        scheduleWake(network)
    }

    private func acknowledge(_ number: Int64, _ network: CongestionNetwork) {
        owed = nil
        network.send(
            WirePacket(
                flow: place, kind: .acknowledgement, byteCount: 52, number: number, second: expected, isForward: false))
    }

    package func lose(_ packet: WirePacket, in network: CongestionNetwork) {
        if packet.kind == .segment { counts.lostPackets += 1 }
    }
}
