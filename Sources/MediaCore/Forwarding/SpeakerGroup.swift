/// Participants who hear each other: who of them is the dominant speaker, and whose sound is forwarded.
///
/// With a limit, the sound of those is forwarded who spoke last. Who begins to speak takes the place of somebody who has
/// long been quiet, with the very packet that says so; where everybody who is heard speaks, only a speaker who does so
/// clearly more takes a place. The dominant speaker is always heard.
struct SpeakerGroup {
    /// How long somebody must have been quiet to lose the place to whoever speaks.
    private static let quiet = MediaDuration.milliseconds(800)
    /// By how many active slots, of 64, a speaker beats another one who speaks too.
    private static let margin = 16

    struct Member {
        let producer: SlotID
        var isHeard: Bool
    }

    private(set) var detector = SpeakerDetector()
    /// By the seats of the detector.
    private var members: [Member?] = []
    /// How many are heard at most; nil for everybody.
    private(set) var limit: Int?
    private var heardCount = 0
    /// Who gives the place to the next one that speaks; found when the detector evaluates.
    private var replaceable: Int?

    init(limit: Int?) {
        self.limit = limit
    }

    private func hasRoom(for more: Int = 1) -> Bool { limit.map { heardCount + more <= $0 } ?? true }

    /// The dominant speaker.
    var dominant: SlotID? { detector.dominant.flatMap { members[$0]?.producer } }

    /// Everybody's producers.
    var producers: [SlotID] { members.compactMap { $0?.producer } }

    /// Whether a seat's sound is forwarded.
    func isHeard(_ seat: Int) -> Bool { members.indices.contains(seat) && members[seat]?.isHeard == true }

    /// Takes a participant in; the number of its seat.
    mutating func add(_ producer: SlotID) -> Int {
        let seat = detector.add()
        if seat == members.count { members.append(nil) }
        members[seat] = Member(producer: producer, isHeard: hasRoom())
        if isHeard(seat) { heardCount += 1 }
        return seat
    }

    /// Lets a participant go; whether it was the dominant speaker.
    mutating func remove(_ seat: Int) -> Bool {
        guard members.indices.contains(seat), members[seat] != nil else { return false }
        if isHeard(seat) { heardCount -= 1 }
        members[seat] = nil
        if replaceable == seat { replaceable = nil }
        let wasDominant = detector.remove(seat)
        fill()
        return wasDominant
    }

    /// Limits how many are heard; nil lifts the limit.
    mutating func setLimit(_ limit: Int?) {
        self.limit = limit
        replaceable = nil
        while !hasRoom(for: 0), let weakest = weakestHeard() { setHeard(weakest, false) }
        fill()
    }

    /// Takes a packet's audio level, nil when it has none; whether the dominant speaker has changed.
    mutating func note(_ level: UInt8?, from seat: Int, at instant: MediaInstant) -> Bool {
        if let level, detector.note(level, from: seat, at: instant), !isHeard(seat) { letIn(seat, at: instant) }
        guard detector.isDue(at: instant) else { return false }
        let changed = detector.evaluate(at: instant)
        if limit != nil { review(at: instant) }
        return changed
    }

    private mutating func setHeard(_ seat: Int, _ isHeard: Bool) {
        guard let member = members[seat], member.isHeard != isHeard else { return }
        members[seat]?.isHeard = isHeard
        heardCount += isHeard ? 1 : -1
    }

    /// Gives somebody who speaks a place, when there is one.
    private mutating func letIn(_ seat: Int, at instant: MediaInstant) {
        if !hasRoom() {
            guard let place = replaceable, place != detector.dominant, isQuiet(place, at: instant) else { return }
            replaceable = nil
            setHeard(place, false)
        }
        setHeard(seat, true)
    }

    private func isQuiet(_ seat: Int, at instant: MediaInstant) -> Bool {
        detector[seat]?.lastActive.map { instant - $0 >= Self.quiet } ?? true
    }

    /// After an evaluation: the dominant speaker gets a place, so does who speaks much more than somebody who has one; and
    /// the next place to give away is found.
    private mutating func review(at instant: MediaInstant) {
        if let dominant = detector.dominant, !isHeard(dominant) { exchange(for: dominant) }
        replaceable = weakestHeard()
        if let place = replaceable, !isQuiet(place, at: instant) {
            replaceable = nil
            guard let other = strongestUnheard(), let speaker = detector[other], let holder = detector[place],
                speaker.activity >= holder.activity + Self.margin
            else { return }
            exchange(for: other)
        }
    }

    private mutating func exchange(for seat: Int) {
        if !hasRoom() {
            guard let weakest = weakestHeard() else { return }
            setHeard(weakest, false)
        }
        setHeard(seat, true)
    }

    /// The one that is heard and has spoken least lately; never the dominant speaker.
    private func weakestHeard() -> Int? {
        var weakest: Int?
        for seat in members.indices where isHeard(seat) && seat != detector.dominant {
            if weakest.map({ isWeaker(seat, $0) }) ?? true { weakest = seat }
        }
        return weakest
    }

    private func strongestUnheard() -> Int? {
        var strongest: Int?
        for seat in members.indices where members[seat]?.isHeard == false {
            if strongest.map({ isWeaker($0, seat) }) ?? true { strongest = seat }
        }
        return strongest
    }

    /// Who was active longer ago is weaker; of those who both speak, who has done less of it.
    private func isWeaker(_ left: Int, _ right: Int) -> Bool {
        guard let first = detector[left], let second = detector[right] else { return false }
        if first.recentActivity > 0, second.recentActivity > 0 { return first.activity < second.activity }
        return first.lastActive ?? MediaInstant(nanoseconds: .min) < second.lastActive
            ?? MediaInstant(nanoseconds: .min)
    }

    /// Gives free places to those who spoke last.
    private mutating func fill() {
        while hasRoom(), let next = strongestUnheard() { setHeard(next, true) }
    }
}
