/// The least value of the last while.
struct RecentMinimum: Sendable {
    /// Values that come closer together than this part of the time looked back at count as one.
    private static let resolution: Int64 = 16

    /// By ascending value and instant: each is the least of all since the one before it.
    private var entries: [(instant: MediaInstant, value: Int64)] = []

    /// Notes a value, and forgets what is older than `duration`, or came before one that is less.
    mutating func note(_ value: Int64, at instant: MediaInstant, over duration: MediaDuration) {
        entries.removeAll { $0.instant + duration < instant || $0.value >= value }
        if let last = entries.last, (instant - last.instant).nanoseconds < duration.nanoseconds / Self.resolution {
            return
        }
        entries.append((instant, value))
    }

    /// The least value noted since then; nil when there is none.
    var minimum: Int64? { entries.first?.value }
}
