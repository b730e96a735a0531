import MediaCore

/// Decides when received packets wait a moment for the rest of their frame, so that all leave as one message a peer.
///
/// A message costs the kernel about as much as forwarding several packets costs us, so five packets in one message
/// cost less than half of five messages. Under load batches form by themselves: what arrives while the thread is at work
/// is received at once. This is for the time before that, when the first packet of a burst wakes a thread that is faster
/// than the burst.
///
/// What is gained must be worth the wait:
/// - Only an open frame waits: a packet without the marker bit (RFC 3551, section 4.1) and too large to be sound. Its
///   last packet ends the wait, so does a pause between packets as long as a quarter of the ceiling, or the ceiling.
/// - The gain is measured: how many messages each wait saves, on average. Below `worthwhileSaving`, about what a wait's
///   additional wake-ups cost, frames leave at once, but for a trial now and then. Few watchers or packets that come
///   evenly spaced thus add no latency.
///
/// The packets are not authenticated when this looks at them: the worst a forger gets is that others' packets wait up to
/// the ceiling.
struct FrameCoalescing {
    /// Messages that a wait must save.
    static let worthwhileSaving = 16
    /// Datagrams sent for each one received: with fewer, not even a trial can pay.
    static let worthwhileFanOut = 4
    /// How many frames that might wait there are for each one that does, for trial.
    static let trialInterval = 32
    /// A frame is cut into packets only when it is larger than one, and then into about equal ones; sound is smaller.
    static let openFrameByteCount = 500

    private let ceiling: MediaDuration
    private let patience: MediaDuration
    /// What was received and not forwarded yet.
    private var pending = 0
    /// How much of it was there when the wait began.
    private var pendingAtFirst = 0
    private var isFrameOpen = false
    private var firstArrival = MediaInstant(nanoseconds: 0)
    private var lastArrival = MediaInstant(nanoseconds: 0)
    /// Whether this frame waits; nil while that is not decided.
    private var waits: Bool?
    private var untilTrial = 0
    private var fanOut = 0
    /// Messages that a wait saves, averaged over the last few.
    private(set) var saving = 0
    /// How often packets waited.
    private(set) var waitCount: UInt64 = 0

    init(ceiling: MediaDuration) {
        self.ceiling = ceiling
        patience = MediaDuration(nanoseconds: ceiling.nanoseconds / 4)
    }

    /// Media arrived: `count` packets, the last of which does or doesn't leave its frame open.
    mutating func received(_ count: Int, leavesFrameOpen: Bool, at instant: MediaInstant) {
        guard count > 0 else { return }
        if pending == 0 {
            firstArrival = instant
            pendingAtFirst = count
        }
        pending += count
        lastArrival = instant
        isFrameOpen = leavesFrameOpen
    }

    /// Until when what was received should wait; nil when it should be forwarded now.
    mutating func deadline(at instant: MediaInstant) -> MediaInstant? {
        guard pending > 0, isFrameOpen, ceiling > .zero else { return nil }
        if waits == nil { decide() }
        guard waits == true else { return nil }
        let deadline = min(firstArrival + ceiling, lastArrival + patience)
        return deadline > instant ? deadline : nil
    }

    /// What was pending left as that many datagrams in that many messages.
    mutating func forwarded(datagrams: Int, messages: Int) {
        guard pending > 0 else { return }
        fanOut = datagrams / pending
        if waits == true {
            // Without the wait what was there first would have left in as few messages as this, and each later packet
            // in messages of its own.
            let datagramsAtFirst = datagrams * pendingAtFirst / pending
            let saved = max(0, min(messages, datagramsAtFirst) + datagrams - datagramsAtFirst - messages)
            saving = (saving * 3 + saved) / 4
        }
        pending = 0
        isFrameOpen = false
        waits = nil
    }

    private mutating func decide() {
        if saving >= Self.worthwhileSaving {
            waits = true
        } else if fanOut < Self.worthwhileFanOut {
            waits = false
        } else if untilTrial > 0 {
            untilTrial -= 1
            waits = false
        } else {
            untilTrial = Self.trialInterval - 1
            waits = true
        }
        if waits == true { waitCount &+= 1 }
    }
}
