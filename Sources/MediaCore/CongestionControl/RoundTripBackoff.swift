/// Slows down when feedback no longer comes though packets are being sent.
///
/// Source: libwebrtc's rtt_based_backoff.
struct RoundTripBackoff: Sendable {
    /// A round trip, or what is certain of one that still lasts, beyond which to slow down.
    static let limit = MediaDuration.seconds(3)
    /// How often, and by how much.
    static let interval = MediaDuration.seconds(1)
    static let factor = 0.8

    /// When `isDue` must be asked; nil when nothing is outstanding.
    private(set) var deadline: MediaInstant?
    /// Nil before the first feedback: whoever never gives any is judged by receiver reports.
    private var lastFeedback: MediaInstant?
    private var lastSent: MediaInstant?
    private var roundTrip = MediaDuration.zero
    /// Not before this.
    private var next = MediaInstant(nanoseconds: .min)

    /// Whether feedback is missing that should have come.
    var isActive: Bool {
        guard let lastFeedback, let lastSent else { return false }
        return roundTrip + max(lastSent - lastFeedback, .zero) >= Self.limit
    }

    /// Notes that something was sent.
    mutating func sent(at instant: MediaInstant) {
        guard let lastFeedback else { return }
        lastSent = instant
        if deadline == nil { deadline = max(lastFeedback + (Self.limit - roundTrip), instant, next) }
    }

    /// Notes feedback.
    mutating func received(roundTrip: MediaDuration?, at instant: MediaInstant) {
        lastFeedback = instant
        if let roundTrip { self.roundTrip = roundTrip }
        deadline = nil
    }

    /// Whether to slow down now.
    mutating func isDue(at instant: MediaInstant) -> Bool {
        guard let due = deadline, due <= instant else { return false }
        guard isActive else {
            deadline = nil
            return false
        }
        next = instant + Self.interval
        deadline = next
        return true
    }
}
