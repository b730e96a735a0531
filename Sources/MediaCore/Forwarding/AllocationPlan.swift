/// What one watcher's videos could get, and what each of them is given: the allocator's question and its answer.
///
/// It is filled anew for each question and keeps its memory.
struct AllocationPlan {
    /// One way to send a video.
    struct Step {
        var target: LayerTarget
        /// In bit/s on the wire, the layers it builds on included: at present, and at most of late. Who stays on it is asked
        /// for the one, who would take it up for the other.
        var bitrate: Int64
        var peak: Int64
    }

    /// One video.
    struct Track {
        let consumer: SlotID
        /// The higher, the more important.
        var priority: Int
        /// Whether less than its least step is of no use, by its watcher's word.
        var hasMinimum: Bool
        /// Shared screens come before cameras of the same priority.
        var isScreen: Bool
        /// Its steps, by rising quality, the last being what is wanted; among those of the plan.
        var steps: Range<Int>
        /// How many steps up it stands now: 0 when it gets nothing, else up to `steps.count`.
        var held: Int
        /// How many steps up it is to stand.
        fileprivate(set) var granted = 0
        /// Which of the plan's videos it was; whether it can have no more.
        fileprivate let place: Int
        fileprivate var isBlocked = false

        /// How many steps it is from what it wants.
        var missing: Int { steps.count - granted }
    }

    private(set) var tracks: [Track] = []
    private(set) var steps: [Step] = []
    /// What goes to others than these videos, in bit/s on the wire: sound.
    var reserved: Int64 = 0

    mutating func removeAll() {
        tracks.removeAll(keepingCapacity: true)
        steps.removeAll(keepingCapacity: true)
        reserved = 0
    }

    /// Begins with a video; its steps follow.
    mutating func add(_ consumer: SlotID, priority: Int, isScreen: Bool, hasMinimum: Bool = false) {
        tracks.append(
            Track(
                consumer: consumer, priority: priority, hasMinimum: hasMinimum, isScreen: isScreen,
                steps: steps.count..<steps.count, held: 0,
                place: tracks.count))
    }

    /// Adds the next better way to send the video that was added last; `isHeld` when that is how it is sent now.
    mutating func add(_ step: Step, isHeld: Bool) {
        guard !tracks.isEmpty else { return }
        steps.append(step)
        let last = tracks.count - 1
        tracks[last].steps = tracks[last].steps.lowerBound..<steps.count
        if isHeld { tracks[last].held = tracks[last].steps.count }
    }

    /// What a video costs so many steps up.
    func bitrate(_ track: Int, at height: Int) -> Int64 {
        guard height > 0 else { return 0 }
        let step = steps[tracks[track].steps.lowerBound + height - 1]
        return height > tracks[track].held ? step.peak : step.bitrate
    }

    /// What a video gets; nil when that is nothing.
    func target(_ track: Int) -> LayerTarget? {
        let height = tracks[track].granted
        return height > 0 ? steps[tracks[track].steps.lowerBound + height - 1].target : nil
    }

    /// What all cost as they are sent now.
    var heldBitrate: Int64 { tracks.indices.reduce(reserved) { $0 + bitrate($1, at: tracks[$1].held) } }

    /// What all cost as they are to be sent.
    var grantedBitrate: Int64 { tracks.indices.reduce(reserved) { $0 + bitrate($1, at: tracks[$1].granted) } }

    /// What all would cost at their best.
    var wantedBitrate: Int64 { tracks.indices.reduce(reserved) { $0 + bitrate($1, at: tracks[$1].steps.count) } }

    // MARK: Granting

    /// The most that all may cost together, in bit/s on the wire.
    struct Limits {
        /// For any step up of a video that takes it from less important ones.
        var trading: Int64 = 0
        /// For a step that is held already.
        var staying: Int64
        /// For the least step of a video that gets nothing.
        var starting: Int64
        /// For any other step up.
        var rising: Int64
    }

    /// Gives each video what can be afforded: first everybody the least, by importance; then, always to the most
    /// important of those that can have more, and among equals to the one furthest from what it wants, a step more.
    ///
    /// When nothing can be afforded, the most important video gets its least step all the same: its publisher may come to
    /// send less, and without anything that is sent nothing would be learned of the link.
    mutating func grant(within limits: Limits) {
        tracks.sort(by: Self.precedes)
        var total = reserved
        for track in tracks.indices {
            tracks[track].granted = 0
            tracks[track].isBlocked = !raise(track, &total, within: limits)
        }
        while let track = nextToRise {
            if !raise(track, &total, within: limits) { tracks[track].isBlocked = true }
        }
        if let first = tracks.indices.first(where: { !tracks[$0].steps.isEmpty && !tracks[$0].hasMinimum }),
            tracks.allSatisfy({ $0.granted == 0 })
        {
            tracks[first].granted = 1
        }
    }

    /// What the next step up would make all cost; nil when all have what they want.
    var bitrateOfNextStep: Int64? {
        let total = grantedBitrate
        let paused = tracks.indices.first { tracks[$0].granted == 0 && !tracks[$0].steps.isEmpty }
        let next = paused ?? tracks.indices.lazy.filter { tracks[$0].missing > 0 }.min { isFirst($0, $1) }
        return next.map { total - bitrate($0, at: tracks[$0].granted) + bitrate($0, at: tracks[$0].granted + 1) }
    }

    private static func precedes(_ a: Track, _ b: Track) -> Bool {
        (a.priority, a.isScreen ? 1 : 0, b.place) > (b.priority, b.isScreen ? 1 : 0, a.place)
    }

    private static func isLess(_ a: Track, than b: Track) -> Bool {
        (a.priority, a.isScreen ? 1 : 0) < (b.priority, b.isScreen ? 1 : 0)
    }

    /// Whether the one is raised before the other; both stand in order of importance.
    private func isFirst(_ a: Int, _ b: Int) -> Bool {
        let (a, b) = (tracks[a], tracks[b])
        if (a.priority, a.isScreen) != (b.priority, b.isScreen) { return Self.precedes(a, b) }
        return (a.missing, a.held, b.place) > (b.missing, b.held, a.place)
    }

    private var nextToRise: Int? {
        tracks.indices.lazy.filter { !tracks[$0].isBlocked && tracks[$0].missing > 0 }.min { isFirst($0, $1) }
    }

    /// Gives a video the first of the steps above what it has that can be afforded; whether there is one.
    private mutating func raise(_ track: Int, _ total: inout Int64, within limits: Limits) -> Bool {
        let (held, granted) = (tracks[track].held, tracks[track].granted)
        let others = total - bitrate(track, at: granted)
        let trades = tracks.last.map { Self.isLess($0, than: tracks[track]) } ?? false
        for height in (granted + 1)..<(tracks[track].steps.count + 1) {
            let step = steps[tracks[track].steps.lowerBound + height - 1]
            let limit = height <= held ? limits.staying : held == 0 && granted == 0 ? limits.starting : limits.rising
            let fits = others + bitrate(track, at: height) <= limit
            // What changes hands costs no more than before.
            guard fits || trades && others + step.bitrate <= limits.trading else { continue }
            total = others + bitrate(track, at: height)
            tracks[track].granted = height
            return true
        }
        return false
    }
}
