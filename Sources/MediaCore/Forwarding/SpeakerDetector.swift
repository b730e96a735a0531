/// Tells who of several participants is the dominant speaker.
///
/// Who speaks remains dominant until another one speaks who does so clearly more, or speaks when the first does not. As in
/// the method of Volfin and Cohen (Dominant speaker identification for multipoint videoconferencing, 2012) activity counts,
/// over a short and a long time, rather than loudness: a cough, a key or a fan does not take over.
struct SpeakerDetector {
    /// The least time between two evaluations.
    static let interval = MediaDuration.milliseconds(200)
    /// The least time between two changes.
    static let hold = MediaDuration.seconds(1)
    /// Active slots (of 20 ms) that make a speaker: of the last 64, and of the last 25.
    private static let leastActivity = 26
    private static let leastRecentActivity = 9
    /// More active slots than this don't count: who never takes breath is no better a speaker.
    private static let mostActivity = 40
    /// By how many active slots more one takes over from somebody who speaks too.
    private static let margin = 14

    private var seats: [SpeakerActivity?] = []
    private var free: [Int] = []
    private(set) var dominant: Int?
    private var nextEvaluation: MediaInstant?
    private var lastChange: MediaInstant?

    /// Makes room for a participant; the number of its seat.
    mutating func add() -> Int {
        if let seat = free.popLast() {
            seats[seat] = SpeakerActivity()
            return seat
        }
        seats.append(SpeakerActivity())
        return seats.count - 1
    }

    /// Forgets a participant; whether it was the dominant one. Nobody is, then.
    mutating func remove(_ seat: Int) -> Bool {
        guard seats.indices.contains(seat), seats[seat] != nil else { return false }
        seats[seat] = nil
        free.append(seat)
        guard dominant == seat else { return false }
        (dominant, lastChange) = (nil, nil)
        return true
    }

    /// What is known of a participant; nil for an empty seat.
    subscript(_ seat: Int) -> SpeakerActivity? {
        seats.indices.contains(seat) ? seats[seat] : nil
    }

    /// Takes the level of a participant's packet, in decibels below full scale; whether the packet is active.
    mutating func note(_ level: UInt8, from seat: Int, at instant: MediaInstant) -> Bool {
        guard seats.indices.contains(seat) else { return false }
        return seats[seat]?.note(level, at: instant) ?? false
    }

    /// Whether `evaluate` has something to do: looked at with each packet, so that nobody has to keep a timer.
    func isDue(at instant: MediaInstant) -> Bool {
        nextEvaluation.map { $0 <= instant } ?? true
    }

    /// Decides anew who is dominant; whether that has changed. In silence it remains who it was.
    mutating func evaluate(at instant: MediaInstant) -> Bool {
        nextEvaluation = instant + Self.interval
        var challenger: (seat: Int, rank: Int)?
        for seat in seats.indices {
            seats[seat]?.advance(to: instant)
            guard let speaker = seats[seat], seat != dominant, Self.isCandidate(speaker) else { continue }
            // Of two who began together it is the louder one: the other's microphone may hear the first.
            let rank = 2 * min(speaker.activity, Self.mostActivity) + min(max(Int(speaker.loudness) - 57, 0) / 4, 16)
            if rank > challenger?.rank ?? -1 { challenger = (seat, rank) }
        }
        guard let challenger = challenger?.seat, lastChange.map({ instant - $0 >= Self.hold }) ?? true else {
            return false
        }
        if let dominant, let speaker = seats[dominant], speaker.recentActivity > 0 {
            let needed = min(speaker.activity, Self.mostActivity) + Self.margin
            guard let other = seats[challenger], min(other.activity, Self.mostActivity) >= needed else { return false }
        }
        dominant = challenger
        lastChange = instant
        return true
    }

    private static func isCandidate(_ speaker: SpeakerActivity) -> Bool {
        speaker.activity >= leastActivity && speaker.recentActivity >= leastRecentActivity && speaker.bursts >= 2
    }
}
