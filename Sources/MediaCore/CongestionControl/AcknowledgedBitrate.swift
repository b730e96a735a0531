/// How much arrives at the receiver, counted in slots of its clock.
///
/// A gap longer than `longestGap` is not part of any window: nothing was sent then, or the link stood still.
struct AcknowledgedBitrate: Sendable {
    /// How finely arrivals are told apart.
    static let slot = MediaDuration.milliseconds(20)
    /// How many slots are kept.
    static let slotCount: Int64 = 64
    /// What lies before a silence like this no longer counts.
    static let longestGap = MediaDuration.milliseconds(500)
    /// An arrival this much earlier than the last comes of a clock that was set anew.
    static let longestReordering = MediaDuration.seconds(1)
    /// No throughput is known before so much time.
    static let shortestWindow = MediaDuration.milliseconds(180)
    /// Nor of fewer packets.
    static let fewestPackets = 8

    /// Bytes by slot, in a ring.
    private var bytes: [UInt32] = []
    /// The first slot that counts, the last, and the last arrival.
    private var first: Int64 = 0
    private var newest: Int64 = 0
    private var last = MediaInstant(nanoseconds: 0)
    private var firstArrival = MediaInstant(nanoseconds: 0)
    private var packetCount = 0

    /// Notes a packet that arrived, by the receiver's clock.
    mutating func add(byteCount: Int, arrival: MediaInstant) {
        let index = Self.slotIndex(arrival)
        // Slots don't overflow where instants do.
        if bytes.isEmpty || index - newest > Self.longestGap.nanoseconds / Self.slot.nanoseconds
            || newest - index > Self.longestReordering.nanoseconds / Self.slot.nanoseconds
        {
            restart(at: arrival, index)
            return
        }
        if index > newest {
            var slot = newest &+ 1
            while slot <= index {
                bytes[Self.place(slot)] = 0
                slot &+= 1
            }
            newest = index
        }
        guard index > newest &- Self.slotCount, index >= first else { return }
        last = max(last, arrival)
        bytes[Self.place(index)] &+= UInt32(clamping: byteCount)
        packetCount = min(packetCount + 1, 1_000)
    }

    /// Throughput over the last while, in bit/s; nil while too little is known.
    func bitrate(over window: MediaDuration) -> Double? {
        guard packetCount >= Self.fewestPackets else { return nil }
        let slots = min(window.nanoseconds / Self.slot.nanoseconds, Self.slotCount - 1)
        let from = max(newest &- slots, first)
        let start = from == first ? firstArrival : MediaInstant(nanoseconds: from &* Self.slot.nanoseconds)
        let time = last - start
        guard time >= Self.shortestWindow else { return nil }
        var (sum, slot): (UInt64, Int64) = (0, from)
        while slot <= newest {
            sum &+= UInt64(bytes[Self.place(slot)])
            slot &+= 1
        }
        return Double(sum) * 8 / time.inSeconds
    }

    /// The first packet only opens the window: it arrived in time that is not part of it.
    private mutating func restart(at arrival: MediaInstant, _ index: Int64) {
        if bytes.isEmpty { bytes = [UInt32](repeating: 0, count: Int(Self.slotCount)) }
        (first, newest, last, firstArrival, packetCount) = (index, index, arrival, arrival, 0)
        bytes[Self.place(index)] = 0
    }

    private static func slotIndex(_ instant: MediaInstant) -> Int64 {
        let (quotient, remainder) = instant.nanoseconds.quotientAndRemainder(dividingBy: slot.nanoseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private static func place(_ slot: Int64) -> Int { Int(slot & (slotCount - 1)) }
}
