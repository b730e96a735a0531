/// Whether the application sends so little that the link is not tried.
///
/// Source: libwebrtc's alr_detector.
struct ApplicationLimitedRegion: Sendable {
    /// Who sends less than this share of the estimate saves up.
    static let share = 0.8
    /// The most that is saved or owed, in time.
    static let window = 0.5
    /// Savings, as a share of the most, at which the region is entered, and at which it is left.
    static let entry = 0.8
    static let exit = 0.5

    /// Since when the application is in it; nil while it is not.
    private(set) var since: MediaInstant?
    /// When it was left last.
    private(set) var leftAt: MediaInstant?
    /// Seconds' worth of the share, -window to window.
    private var saved = 0.0
    private var last: MediaInstant?

    /// Notes what was sent, while the estimate, in bit/s, was so high.
    mutating func sent(byteCount: Int, estimate: Double, at instant: MediaInstant) {
        let elapsed = max((instant - (last ?? instant)).inSeconds, 0)
        last = max(instant, last ?? instant)
        let used = Double(max(byteCount, 0)) * 8 / max(estimate * Self.share, 1)
        saved = min(saved + min(elapsed, 2 * Self.window), Self.window)
        saved = max(saved - used, -Self.window)
        if since == nil, saved > Self.entry * Self.window {
            since = instant
        } else if since != nil, saved < Self.exit * Self.window {
            (since, leftAt) = (nil, instant)
        }
    }
}
