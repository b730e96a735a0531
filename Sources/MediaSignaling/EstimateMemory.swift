/// What the links of watchers carried whose sessions have ended: for those who come back soon.
struct EstimateMemory {
    /// Nanoseconds that an estimate is kept: a link does not stay as it is for long.
    static let lifetime: UInt64 = 60_000_000_000
    /// How many are kept; the oldest make room.
    static let capacity = 1024

    private var estimates: [SessionID: (bitrate: Int64, ended: UInt64)] = [:]
    /// In the order of their ends.
    private var order: [SessionID] = []

    var count: Int { estimates.count }

    /// Keeps what the link of a session carried that ends now. `instant` is in monotonic nanoseconds.
    mutating func keep(_ bitrate: Int64, of session: SessionID, at instant: UInt64) {
        let old = order.prefix { estimates[$0].map { instant - $0.ended >= Self.lifetime } ?? true }.count
        let surplus = max(old, order.count + 1 - Self.capacity)
        for session in order.prefix(surplus) { estimates[session] = nil }
        order.removeFirst(surplus)
        estimates[session] = (bitrate, instant)
        order.append(session)
    }

    /// What is kept of a session; it is given once.
    mutating func take(_ session: SessionID, at instant: UInt64) -> Int64? {
        guard let kept = estimates.removeValue(forKey: session), instant - kept.ended < Self.lifetime else {
            return nil
        }
        return kept.bitrate
    }
}
