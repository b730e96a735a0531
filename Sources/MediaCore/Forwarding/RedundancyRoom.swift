/// How much of a watcher's link copies of sound may take.
///
/// Copies help where losses come by chance. Where a link is too small they are what it lacks (RFC 8854, section 8); then
/// packets wait in its queue first. The estimate alone does not tell the one from the other: who is sent nothing but sound
/// has an estimate of little more than that sound, whatever the link carries.
struct RedundancyRoom {
    /// How often it is looked at what is lost and what may be repeated.
    private static let interval = MediaDuration.milliseconds(500)
    /// Packets that wait so long, in milliseconds, mean that the link is full, and for how long that is believed: each
    /// time longer, until it has not been for the longest of them.
    private static let fullQueue = 40.0
    private static let wait = (first: MediaDuration.seconds(5), longest: MediaDuration.seconds(60))
    /// Which part of a full link's bit rate copies may take.
    private static let share: Int64 = 4

    /// When it is looked at next how often sound is repeated.
    private(set) var nextChoice: MediaInstant
    private var queue = QueueDelay()
    private var fullUntil: MediaInstant?
    private var wait = Self.wait.first

    init(at instant: MediaInstant) {
        nextChoice = instant
    }

    /// Notes a packet that arrived.
    mutating func add(departure: MediaInstant, arrival: MediaInstant) {
        queue.add(departure: departure, arrival: arrival)
    }

    /// Goes on after the packets of one feedback.
    mutating func update(at instant: MediaInstant) {
        queue.update(at: instant)
        guard let delay = queue.milliseconds, delay > Self.fullQueue else { return }
        if let fullUntil, instant < fullUntil {
            self.fullUntil = instant + wait
            return
        }
        let isRecent = fullUntil.map { instant - $0 < Self.wait.longest } ?? false
        wait = isRecent ? min(wait * 2, Self.wait.longest) : Self.wait.first
        fullUntil = instant + wait
        nextChoice = instant
    }

    /// What copies may take, in bit/s: nil while there is no bound.
    mutating func choose(target: Int64, at instant: MediaInstant) -> Int64? {
        nextChoice = instant + Self.interval
        guard queue.milliseconds != nil, fullUntil.map({ $0 <= instant }) ?? true else { return target / Self.share }
        return nil
    }
}
