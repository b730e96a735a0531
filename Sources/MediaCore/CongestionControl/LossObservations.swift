/// What was sent and what was lost, in stretches of at least 250 ms of departures: what the loss model looks at.
struct LossObservations: Sendable {
    /// The shortest stretch.
    static let length = MediaDuration.milliseconds(250)
    /// How many are looked at.
    static let count = 15
    /// Each counts so much of the one after it.
    static let weight = 0.9

    /// One stretch.
    struct Observation: Hashable, Sendable {
        var sentBytes = 0.0
        var lostBytes = 0.0
        var sentPackets = 0.0
        var lostPackets = 0.0
        /// In bit/s.
        var bitrate = 0.0

        /// One that was lost arrived.
        mutating func takeBack(_ size: Double) {
            lostBytes = max(lostBytes - size, 0)
            lostPackets = max(lostPackets - 1, 0)
        }
    }

    /// The last stretches, newest first.
    private(set) var observations: [Observation] = []
    /// How many there were in all, as far as that matters.
    private(set) var total = 0
    /// When the last packet of the last stretch left.
    private(set) var lastDeparture = MediaInstant(nanoseconds: 0)

    private var partial = Observation()
    private var partialEnd: MediaInstant?
    private var partialStart: MediaInstant?

    /// Notes a report.
    mutating func add(_ report: PacketReport) {
        let size = Double(min(max(report.byteCount, 0), 65_535))
        if report.wasReportedLost {
            // Perhaps in the stretch before.
            if partial.lostPackets < 1, !observations.isEmpty {
                observations[0].takeBack(size)
            } else {
                partial.takeBack(size)
            }
            return
        }
        if partialStart == nil { partialStart = report.departure }
        partialEnd = max(partialEnd ?? report.departure, report.departure)
        partial.sentBytes += size
        partial.sentPackets += 1
        if report.arrival == nil {
            partial.lostBytes += size
            partial.lostPackets += 1
        }
    }

    /// Ends a stretch if it is long enough.
    mutating func endStretch() -> Bool {
        guard let start = partialStart, let end = partialEnd else { return false }
        // From the last departure of the stretch before, unless nothing was sent for long.
        let from = total > 0 && start - lastDeparture < Self.length ? lastDeparture : start
        guard end - from >= Self.length else { return false }
        partial.bitrate = partial.sentBytes * 8 / (end - from).inSeconds
        if observations.count == Self.count { observations.removeLast() }
        if observations.isEmpty { observations.reserveCapacity(Self.count + 1) }
        observations.insert(partial, at: 0)
        total = min(total + 1, 1_000)
        lastDeparture = end
        partial = Observation()
        (partialStart, partialEnd) = (nil, nil)
        return true
    }

    /// The share of bytes that were lost, newer ones counting more.
    var averageLoss: Double {
        var (sent, lost, weight) = (0.0, 0.0, 1.0)
        for observation in observations {
            sent += weight * observation.sentBytes
            lost += weight * observation.lostBytes
            weight *= Self.weight
        }
        return sent > 0 ? min(max(lost / sent, 0), 1) : 0
    }
}
