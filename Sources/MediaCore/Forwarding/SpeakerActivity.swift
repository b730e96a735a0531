/// What one participant's audio levels say of whether it speaks: sound that stands out from what its microphone hears all
/// the time, in 64 slots of 20 ms.
///
/// Loudness is measured against the participant's own: neither a loud microphone nor a loud room makes a speaker. Whether
/// the sender claims to hear a voice does not count; it may claim anything.
struct SpeakerActivity: Sendable {
    /// The length of a slot: that of a packet, usually.
    private static let slot: Int64 = 20_000_000
    /// Up to so many slots since the last packet, a packet speaks for those as well: some send 60 ms at a time.
    private static let spread: Int64 = 5
    /// So long without a packet, silence is not sent: as good as a quiet microphone.
    private static let pause: Int64 = 10
    /// The loudness below which nothing counts, in decibels above digital silence, which is -127 dBov.
    private static let least: Int16 = 57
    /// How far speech stands out from the quietest moment of the last one to two seconds.
    private static let overFloor: Int16 = 12
    /// How far below its own peaks it still counts: the dips between syllables don't.
    private static let belowPeak: Int16 = 15
    private static let floorWindow: Int64 = 50

    /// The newest slot is the lowest bit; set in those that are active.
    private(set) var history: UInt64 = 0
    /// The number of the newest slot, and of the last packet's.
    private var current = Int64.min
    private var lastPacket = Int64.min
    private(set) var lastActive: MediaInstant?
    /// The quietest moment since `floorStart`, and in the window before.
    private var floor: Int16 = 127
    private var previousFloor: Int16 = 127
    private var floorStart = Int64.min
    /// Follows the peaks, in quarters of a decibel: half of the way up at once, down by 12 decibels a second.
    private var peak: Int16 = 0
    /// The usual loudness of active packets.
    private(set) var loudness: Int16 = 0

    /// Takes a packet's level; whether the packet is active.
    mutating func note(_ level: UInt8, at instant: MediaInstant) -> Bool {
        let loud = 127 - Int16(min(level, 127))
        let now = instant.nanoseconds / Self.slot
        let isFirst = lastPacket == .min
        let silence = isFirst ? 0 : max(now &- lastPacket, 0)
        advance(to: instant)
        noteFloor(loud, after: silence, isFirst: isFirst, at: now)
        lastPacket = max(lastPacket, now)

        let step = 4 * loud - peak
        peak += step > 0 ? step / 2 : max(step, -1)
        let threshold = max(Self.least, min(floor, previousFloor) + Self.overFloor, peak / 4 - Self.belowPeak)
        guard loud >= threshold else { return false }
        let slots = (1...Self.spread).contains(silence) ? silence : 1
        history |= (1 << UInt64(slots)) - 1
        lastActive = instant
        loudness += (loud - loudness) / 8 + (loud > loudness ? 1 : 0)
        return true
    }

    private mutating func noteFloor(_ loud: Int16, after silence: Int64, isFirst: Bool, at now: Int64) {
        if isFirst { (floorStart, floor, previousFloor) = (now, loud, loud) }
        if now - floorStart >= Self.floorWindow {
            previousFloor = now - floorStart >= 2 * Self.floorWindow ? loud : floor
            floor = loud
            floorStart = now
        }
        if silence >= Self.pause { floor = 0 }
        floor = min(floor, loud)
    }

    /// Lets time pass: slots without packets are silent.
    mutating func advance(to instant: MediaInstant) {
        let now = instant.nanoseconds / Self.slot
        guard now > current else { return }
        let passed = current == .min ? 64 : now - current
        history = passed < 64 ? history << UInt64(passed) : 0
        current = now
    }

    /// Active slots of the last 1.28 s, of 64.
    var activity: Int { history.nonzeroBitCount }

    /// Active slots of the last half second, of 25.
    var recentActivity: Int { (history & ((1 << 25) - 1)).nonzeroBitCount }

    /// How many bursts of activity the last 1.28 s hold. Speech comes in bursts; a fan that starts is a single one.
    var bursts: Int { (history & ~(history >> 1)).nonzeroBitCount }
}
