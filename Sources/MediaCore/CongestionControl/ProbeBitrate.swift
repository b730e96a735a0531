/// What probe clusters found: the lesser of the rates at which their packets left and arrived.
///
/// Source: libwebrtc's probe_bitrate_estimator. Unlike there, all of the first group and all of the last are left out
/// of the rates, and not one packet of each: a pacer sends groups.
struct ProbeBitrate: Sendable {
    /// So much of the packets and bytes must have arrived.
    static let arrivedShare = 0.8
    /// A cluster that took longer tells nothing.
    static let longestInterval = MediaDuration.seconds(1)
    /// Arriving so much faster than they left, packets were held up together.
    static let highestRatio = 2.0
    /// Arriving slower than this share, they filled the link, which then carries this much of the rate of arrival.
    static let filledShare = 0.9
    static let usableShare = 0.95
    /// Packets that left within this time are one group.
    static let groupLength = MediaDuration.milliseconds(1)
    /// How many clusters are kept.
    static let capacity = 6

    /// A cluster's result.
    struct Outcome: Hashable, Sendable {
        var cluster: ProbeCluster
        /// In bit/s.
        var bitrate: Double
        /// Whether the link carried no more.
        var isFilled: Bool
    }

    private struct Progress {
        var cluster: ProbeCluster
        var byteCount = 0
        var packetCount = 0
        var firstDeparture = MediaInstant(nanoseconds: .max)
        var lastDeparture = MediaInstant(nanoseconds: .min)
        var lastArrival = MediaInstant(nanoseconds: .min)
        /// The group that left first, and the one that left last.
        var firstGroupBytes = 0
        var firstGroupArrival = MediaInstant(nanoseconds: .min)
        var lastGroupBytes = 0

        mutating func note(_ size: Int, _ departure: MediaInstant, _ arrival: MediaInstant) {
            byteCount = min(byteCount + size, 1 << 32)
            packetCount = min(packetCount + 1, 1 << 20)
            if firstGroupBytes == 0 || departure < firstDeparture {
                (firstDeparture, firstGroupBytes, firstGroupArrival) = (departure, 0, arrival)
            }
            if departure - firstDeparture < ProbeBitrate.groupLength {
                firstGroupBytes = min(firstGroupBytes + size, 1 << 32)
                firstGroupArrival = max(firstGroupArrival, arrival)
            }
            if lastGroupBytes == 0 || departure - lastDeparture >= ProbeBitrate.groupLength {
                (lastDeparture, lastGroupBytes) = (departure, 0)
            }
            if departure >= lastDeparture { lastGroupBytes = min(lastGroupBytes + size, 1 << 32) }
            lastArrival = max(lastArrival, arrival)
        }

        var result: Outcome? {
            let bytes = Double(cluster.bitrate) / 8 * cluster.duration.inSeconds
            guard Double(packetCount) >= Double(cluster.minimumPackets) * ProbeBitrate.arrivedShare,
                Double(byteCount) >= bytes * ProbeBitrate.arrivedShare
            else { return nil }
            let (sending, receiving) = (lastDeparture - firstDeparture, lastArrival - firstGroupArrival)
            guard sending > .zero, sending <= ProbeBitrate.longestInterval, receiving > .zero,
                receiving <= ProbeBitrate.longestInterval
            else { return nil }
            let sent = Double(byteCount - lastGroupBytes) * 8 / sending.inSeconds
            let received = Double(byteCount - firstGroupBytes) * 8 / receiving.inSeconds
            guard received <= sent * ProbeBitrate.highestRatio else { return nil }
            let isFilled = received < ProbeBitrate.filledShare * sent
            let bitrate = isFilled ? ProbeBitrate.usableShare * received : min(sent, received)
            return Outcome(cluster: cluster, bitrate: bitrate, isFilled: isFilled)
        }
    }

    private var clusters: [Progress] = []

    /// Expects a cluster.
    mutating func expect(_ cluster: ProbeCluster) {
        clusters.removeAll { $0.cluster.id == cluster.id }
        if clusters.count >= Self.capacity { clusters.removeFirst() }
        clusters.append(Progress(cluster: cluster))
    }

    /// Notes a packet, by departure within its cluster.
    ///
    /// - Returns: What its cluster found so far, when that is enough.
    mutating func add(_ report: PacketReport, arrival: MediaInstant) -> Outcome? {
        guard let id = report.probe, let index = clusters.firstIndex(where: { $0.cluster.id == id }) else { return nil }
        let size = min(max(report.byteCount, 0), 65_535)
        clusters[index].note(size, report.departure, arrival)
        return clusters[index].result
    }
}
