/// Merges the wishes of any number of watchers for a keyframe into few requests to the publisher.
///
/// A request is repeated until a keyframe comes, never more often than the interval allows: a flood of wishes
/// costs the publisher two keyframes a second at most.
struct KeyframeRequester: Sendable {
    /// The least time between two requests.
    static let interval = MediaDuration.milliseconds(500)
    /// How often a request is repeated for one wish before its sender must wish again.
    static let maximumAttempts = 10
    /// For how long after a keyframe has begun to arrive wishes are taken to be answered by it: those that several watchers
    /// send for one loss come one after the other, and cross the keyframe that the first of them brought. Whoever needs
    /// another one all the same wishes again.
    static let arrivalTime = MediaDuration.milliseconds(150)

    /// A keyframe that comes later than this after the last request comes by itself.
    private static let answerTime = MediaDuration.seconds(1)

    private(set) var isWanted = false
    private var attempts = 0
    private var lastRequest: MediaInstant?
    private var lastKeyframe: MediaInstant?

    /// Somebody needs a keyframe.
    mutating func want(at instant: MediaInstant) {
        if let lastKeyframe, instant - lastKeyframe < Self.arrivalTime { return }
        isWanted = true
        attempts = 0
    }

    /// A keyframe has begun to arrive.
    mutating func keyframeArrived(at instant: MediaInstant) {
        isWanted = false
        lastKeyframe = instant
    }

    /// Whether a keyframe that arrives now may be one that was asked for.
    func hasAsked(at instant: MediaInstant) -> Bool { lastRequest.map { instant - $0 < Self.answerTime } ?? false }

    /// When `takeDue` will say yes; nil while nobody wants a keyframe.
    var nextDeadline: MediaInstant? {
        guard isWanted else { return nil }
        guard let lastRequest else { return MediaInstant(nanoseconds: .min) }
        return lastRequest + Self.interval
    }

    /// Whether to send a request now; counts it as sent.
    mutating func takeDue(at instant: MediaInstant) -> Bool {
        guard let deadline = nextDeadline, deadline <= instant else { return false }
        lastRequest = instant
        attempts += 1
        if attempts >= Self.maximumAttempts { isWanted = false }
        return true
    }
}
