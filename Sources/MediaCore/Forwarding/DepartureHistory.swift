/// Which packet left a transport under which transport-wide number, for the last of them.
struct DepartureHistory: ~Copyable {
    struct Entry {
        /// The transport-wide number; with the slot it tells one lap of the ring from another.
        var number: UInt16 = 0
        /// The consumer whose packet it was, and the packet's own extended sequence number there.
        var consumer = SlotID(index: 0, generation: 0)
        var sequenceNumber: Int64 = -1
    }

    /// More than half a second of a 5 Mbit/s stream: feedback comes every 50 to 250 ms.
    static let capacity = 512

    private var entries: UnsafeMutableBufferPointer<Entry>

    init() {
        entries = .allocate(capacity: Self.capacity)
        entries.initialize(repeating: Entry())
    }

    deinit {
        entries.deallocate()
    }

    mutating func remember(_ entry: Entry) {
        entries[Int(entry.number) & (Self.capacity - 1)] = entry
    }

    /// What left under a number; nil when that is too long ago.
    func entry(_ number: UInt16) -> Entry? {
        let entry = entries[Int(number) & (Self.capacity - 1)]
        return entry.number == number && entry.sequenceNumber >= 0 ? entry : nil
    }
}
