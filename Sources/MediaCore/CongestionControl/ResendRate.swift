/// How much of what leaves is sent again, over the last second or so.
struct ResendRate: Sendable {
    private static let memory = 1.0
    private static let shortest = MediaDuration.milliseconds(100)

    /// In bit/s on the wire.
    private(set) var bitrate = 0.0
    private var byteCount = 0
    private var since: MediaInstant?

    /// Notes that a packet was sent again.
    mutating func add(byteCount: Int) { self.byteCount &+= byteCount }

    /// Takes what was noted into account; called from time to time.
    mutating func advance(to instant: MediaInstant) {
        let elapsed = since.map { instant - $0 } ?? .zero
        guard since == nil || elapsed >= Self.shortest else { return }
        let seconds = elapsed.inSeconds
        if seconds > 0 { bitrate += (Double(byteCount * 8) / seconds - bitrate) * min(seconds / Self.memory, 1) }
        byteCount = 0
        since = instant
    }
}
