/// How far packets overtake each other on their way to a receiver: as long as that, one that is missing is only late.
///
/// Nothing on most links. It grows with what is seen, and shrinks when nothing is seen of it for long. Source: RFC 8985,
/// section 6.2, whose way of telling losses from reordering this follows.
struct ReorderingWindow {
    /// From one departure to another that may overtake it.
    private(set) var length = MediaDuration.zero

    private var lastSeen = MediaInstant(nanoseconds: 0)

    /// Later than that is lost.
    private static let maximum = MediaDuration.milliseconds(100)
    /// What is not worth waiting for.
    private static let minimum = MediaDuration.milliseconds(2)
    /// It is halved after so long without overtaking that comes near to it.
    private static let memory = MediaDuration.seconds(10)

    /// Notes that something arrived that was missing when something that left so much later had arrived.
    mutating func note(_ distance: MediaDuration, at instant: MediaInstant) {
        guard distance > .zero, distance <= Self.maximum else { return }
        if distance.nanoseconds >= length.nanoseconds / 2 { lastSeen = instant }
        // A quarter more: the farthest was hardly seen.
        let wanted = MediaDuration(nanoseconds: distance.nanoseconds / 4 * 5)
        if wanted >= Self.minimum { length = max(length, min(wanted, Self.maximum)) }
    }

    /// Forgets what has not been seen for long.
    mutating func advance(to instant: MediaInstant) {
        guard length > .zero, instant - lastSeen >= Self.memory else { return }
        lastSeen = instant
        length = MediaDuration(nanoseconds: length.nanoseconds / 2)
        if length < Self.minimum { length = .zero }
    }
}
