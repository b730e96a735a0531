/// The relation of one stream's RTP timestamps to time: from its sender reports, by arrival until there is one.
struct SourceClock: Sendable {
    /// The publisher's own reading in its last sender report.
    private(set) var report: (ntpTime: NTPTime, timestamp: UInt32)?
    private var newest: (timestamp: UInt32, arrival: MediaInstant)?

    mutating func received(timestamp: UInt32, at instant: MediaInstant) {
        if let newest, Int32(bitPattern: timestamp &- newest.timestamp) <= 0 { return }
        newest = (timestamp, instant)
    }

    mutating func received(report ntpTime: NTPTime, timestamp: UInt32) {
        report = (ntpTime, timestamp)
    }

    /// The RTP timestamp that belongs to `instant`; nil before the first packet.
    ///
    /// `publisherTime` is the publisher's clock at that instant: the same reading for all its streams, which is what
    /// keeps sound and picture together.
    func timestamp(at instant: MediaInstant, publisherTime: NTPTime?, clockRate: UInt32) -> UInt32? {
        if let report, let publisherTime {
            return report.timestamp &+ Self.ticks(publisherTime - report.ntpTime, clockRate)
        }
        return newest.map { $0.timestamp &+ Self.ticks(instant - $0.arrival, clockRate) }
    }

    /// A duration in ticks of an RTP clock, rounded down; wraps as timestamps do.
    static func ticks(_ duration: MediaDuration, _ clockRate: UInt32) -> UInt32 {
        let microseconds = duration.nanoseconds / 1_000
        return UInt32(truncatingIfNeeded: (microseconds &* Int64(clockRate)) / 1_000_000)
    }
}
