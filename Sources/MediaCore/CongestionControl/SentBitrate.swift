/// Whether the application sends much less than it may, or did until a moment ago: then what arrives tells nothing of
/// the link.
struct SentBitrate: Sendable {
    /// What is sent is smoothed over so many seconds.
    static let time = 0.2
    /// Below this share of the estimate it is quiet.
    static let quietShare = 0.25
    /// And for so long afterwards.
    static let quietTime = MediaDuration.milliseconds(600)

    /// In bit/s.
    private(set) var bitrate = 0.0
    private var last: MediaInstant?
    private var lastQuiet: MediaInstant?

    /// Notes what was sent, while the estimate, in bit/s, was so high.
    mutating func add(byteCount: Int, estimate: Double, at instant: MediaInstant) {
        let elapsed = max((instant - (last ?? instant)).inSeconds, 0)
        last = max(instant, last ?? instant)
        bitrate *= max(1 - elapsed / Self.time, 0)
        if bitrate < Self.quietShare * estimate { lastQuiet = instant }
        bitrate += Double(min(max(byteCount, 0), 1 << 30)) * 8 / Self.time
    }

    /// Whether it is quiet, or was until a moment ago.
    func isQuiet(at instant: MediaInstant) -> Bool { lastQuiet.map { instant - $0 < Self.quietTime } ?? false }
}
