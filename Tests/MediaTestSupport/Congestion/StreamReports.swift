import MediaCore

/// What a receiver reports of the streams that come to it.
struct StreamReports: Sendable {
    private var senderReports: [UInt32: (report: SenderReport, at: MediaInstant)] = [:]
    private var streams: [UInt32: (first: Int64, highest: Int64, received: Int64)] = [:]
    private var reported: [UInt32: (highest: Int64, received: Int64)] = [:]

    mutating func note(_ header: RTPHeader) {
        let number = Int64(header.sequenceNumber)
        guard var stream = streams[header.ssrc] else {
            streams[header.ssrc] = (number, number, 1)
            return
        }
        let last = UInt16(truncatingIfNeeded: stream.highest)
        stream.highest = max(stream.highest, stream.highest + Int64(Int16(bitPattern: header.sequenceNumber &- last)))
        stream.received += 1
        streams[header.ssrc] = stream
    }

    mutating func note(_ report: SenderReport, at instant: MediaInstant) {
        senderReports[report.ssrc] = (report, instant)
    }

    /// One block for each stream whose sender has reported.
    mutating func blocks(at instant: MediaInstant) -> [ReportBlock] {
        senderReports.sorted { $0.key < $1.key }.map { ssrc, last in
            let delay = (instant - last.at).nanoseconds * 65_536 / 1_000_000_000
            let stream = streams[ssrc] ?? (0, 0, 0)
            let before = reported[ssrc] ?? (stream.first - 1, 0)
            let expected = stream.highest - before.highest
            let lost = max(expected - (stream.received - before.received), 0)
            reported[ssrc] = (stream.highest, stream.received)
            return ReportBlock(
                ssrc: ssrc, fractionLost: expected > 0 ? UInt8(clamping: lost * 256 / expected) : 0,
                packetsLost: Int32(clamping: stream.highest - stream.first + 1 - stream.received),
                highestSequenceNumber: UInt32(truncatingIfNeeded: stream.highest), jitter: 0,
                lastSenderReport: last.report.ntpTime.compact,
                delaySinceLastSenderReport: UInt32(truncatingIfNeeded: delay))
        }
    }
}
