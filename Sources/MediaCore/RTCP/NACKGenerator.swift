/// Finds the packets that one stream is missing, and says when to ask for them.
///
/// Bounded in everything: how many are asked for, how often and how long.
struct NACKGenerator: Sendable {
    /// How many missing packets are kept; more than that only a keyframe mends.
    static let maximumCount = 1_000
    /// How often one packet is asked for.
    static let maximumTries = 10
    /// How long one packet is asked for.
    static let maximumAge = MediaDuration.milliseconds(1_500)
    /// How long a packet may be late before it counts as lost.
    static let reorderingDelay = MediaDuration.milliseconds(15)
    /// How many packets may overtake it, besides the one that revealed the gap, before it counts as lost.
    static let reorderingPackets: Int64 = 2
    /// The shortest time between two requests for the same packet.
    static let minimumRetryDelay = MediaDuration.milliseconds(20)
    /// How many numbers one call gives, so that a request fits a packet.
    static let maximumBatch = 250

    private struct Missing {
        var sequence: Int64
        /// The packet that revealed the gap.
        var revealedBy: Int64
        var since: MediaInstant
        var due: MediaInstant
        var asked = MediaInstant(nanoseconds: 0)
        var tries = 0
    }

    /// Whether packets were given up that only a keyframe makes up for. The caller resets it when it has asked.
    var keyframeNeeded = false

    /// When `due(at:roundTrip:into:)` has something to do; nil when nothing is missing.
    private(set) var nextDeadline: MediaInstant?

    /// How long an answer takes, smoothed over packets that came after one request; nil before the first.
    private(set) var roundTrip: MediaDuration?

    private var highest: Int64?
    /// Ascending by sequence.
    private var missing: [Missing] = []
    /// The lowest packet that revealed a gap nobody has asked for yet.
    private var firstRevealing: Int64?

    /// Creates a generator of a stream of which nothing has arrived.
    init() {}

    /// How many packets are missing at present.
    var missingCount: Int { missing.count }

    /// Notes a packet that arrived, whether for the first time or as a retransmission.
    mutating func receive(extendedSequence: Int64, at instant: MediaInstant) {
        guard let highest else {
            self.highest = extendedSequence
            return
        }
        guard extendedSequence > highest else {
            recovered(extendedSequence, at: instant)
            return
        }
        self.highest = extendedSequence
        let gap = extendedSequence &- highest &- 1
        if gap > 0 {
            guard gap &+ Int64(missing.count) <= Int64(Self.maximumCount) else {
                forget()
                keyframeNeeded = true
                return
            }
            let due = instant + Self.reorderingDelay
            for sequence in (highest &+ 1)..<extendedSequence {
                missing.append(Missing(sequence: sequence, revealedBy: extendedSequence, since: instant, due: due))
            }
            firstRevealing = firstRevealing ?? extendedSequence
            nextDeadline = min(nextDeadline ?? due, due)
        }
        if let firstRevealing, extendedSequence &- firstRevealing >= Self.reorderingPackets {
            nextDeadline = min(nextDeadline ?? instant, instant)
        }
    }

    /// Takes a packet off the list: it has come after all, or was restored.
    mutating func recovered(_ extendedSequence: Int64, at instant: MediaInstant) {
        guard !missing.isEmpty else { return }
        let index = firstIndex(from: extendedSequence)
        guard index < missing.count, missing[index].sequence == extendedSequence else { return }
        let entry = missing.remove(at: index)
        if entry.tries == 1 {
            let sample = (instant - entry.asked).nanoseconds
            roundTrip = MediaDuration(nanoseconds: roundTrip.map { ($0.nanoseconds * 7 + sample) / 8 } ?? sample)
        }
        if missing.isEmpty { forget() }
    }

    /// A keyframe begins at a packet: nothing before it is needed any more.
    mutating func keyframeStarted(at extendedSequence: Int64) {
        keyframeNeeded = false
        guard !missing.isEmpty else { return }
        missing.removeSubrange(..<firstIndex(from: extendedSequence))
        if missing.isEmpty { forget() }
    }

    /// Appends the sequence numbers to ask for now, ascending, at most `maximumBatch`: what is left over stays due.
    mutating func due(at instant: MediaInstant, roundTrip: MediaDuration, into sequenceNumbers: inout [UInt16]) {
        guard let highest, let deadline = nextDeadline, deadline <= instant else { return }
        let retryDelay = max(roundTrip, Self.minimumRetryDelay)
        var (kept, asked) = (0, 0)
        var next: MediaInstant?
        firstRevealing = nil
        for index in missing.indices {
            var entry = missing[index]
            if entry.tries == 0, highest &- entry.revealedBy >= Self.reorderingPackets {
                entry.due = min(entry.due, instant)
            }
            let end = entry.since + Self.maximumAge
            if end <= instant || entry.due <= instant && entry.tries >= Self.maximumTries {
                keyframeNeeded = true
                continue
            }
            if entry.due <= instant, asked < Self.maximumBatch {
                sequenceNumbers.append(UInt16(truncatingIfNeeded: entry.sequence))
                entry.tries += 1
                entry.asked = instant
                entry.due = instant + retryDelay
                asked += 1
            }
            if entry.tries == 0 { firstRevealing = min(firstRevealing ?? entry.revealedBy, entry.revealedBy) }
            let deadline = min(entry.due, end)
            next = min(next ?? deadline, deadline)
            missing[kept] = entry
            kept += 1
        }
        missing.removeSubrange(kept...)
        nextDeadline = next
    }

    private mutating func forget() {
        missing.removeAll(keepingCapacity: true)
        firstRevealing = nil
        nextDeadline = nil
    }

    /// The index of the first missing packet that is not before `sequence`.
    private func firstIndex(from sequence: Int64) -> Int {
        var (low, high) = (0, missing.count)
        while low < high {
            let middle = (low + high) / 2
            if missing[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
