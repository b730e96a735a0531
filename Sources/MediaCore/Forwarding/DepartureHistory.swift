internal import CPrefetch

/// What left a transport under which transport-wide number, for the last of them.
struct DepartureHistory: ~Copyable {
    struct Entry {
        /// The transport-wide number; with the slot it tells one lap of the ring from another.
        let number: UInt16
        /// The datagram's length.
        let byteCount: UInt16
        /// The consumer whose packet it was.
        let consumer: SlotID
        /// The low bits of the packet's own extended sequence number there.
        let sequenceNumber: UInt32
        /// When it left, in microseconds without the two lowest bits, which hold the fate; wraps.
        private var departure: UInt32

        static let none = Entry(
            number: 0, byteCount: 0, consumer: SlotID(index: 0, generation: 0), sequenceNumber: 0,
            at: MediaInstant(nanoseconds: 0))

        init(number: UInt16, byteCount: Int, consumer: SlotID, sequenceNumber: Int64, at instant: MediaInstant) {
            self.number = number
            self.byteCount = UInt16(clamping: byteCount)
            self.consumer = consumer
            self.sequenceNumber = UInt32(truncatingIfNeeded: sequenceNumber)
            departure = UInt32(truncatingIfNeeded: instant.nanoseconds / 1000) & ~3
        }

        /// How long ago it left, to 4 µs.
        func age(at instant: MediaInstant) -> MediaDuration {
            .microseconds(Int64(UInt32(truncatingIfNeeded: instant.nanoseconds / 1000) &- (departure & ~3)))
        }

        /// What the receiver said of it.
        var fate: Fate {
            get { Fate(rawValue: departure & 3) ?? .unknown }
            set { departure = departure & ~3 | newValue.rawValue }
        }
    }

    /// What became of a departure, as far as its receiver reports.
    enum Fate: UInt32 {
        /// Nothing was said of it.
        case unknown
        /// It had not arrived when it was reported on.
        case lost
        /// It arrived.
        case acknowledged
    }

    /// More than half a second of a 5 Mbit/s stream: feedback comes every 50 to 250 ms.
    static let capacity = 512

    private var entries: UnsafeMutableBufferPointer<Entry>

    init() {
        entries = .allocate(capacity: Self.capacity)
        entries.initialize(repeating: .none)
    }

    deinit {
        entries.deallocate()
    }

    mutating func remember(_ entry: Entry) {
        entries[Int(entry.number) & (Self.capacity - 1)] = entry
    }

    /// What left under a number; nil when that is too long ago.
    func entry(_ number: UInt16) -> Entry? {
        unsafeEntry(number)?.pointee
    }

    /// The same in place, to note its fate. Valid until something else is remembered.
    @inline(always)
    func unsafeEntry(_ number: UInt16) -> UnsafeMutablePointer<Entry>? {
        guard let base = entries.baseAddress else { return nil }
        let entry = base + (Int(number) & (Self.capacity - 1))
        return entry.pointee.number == number && entry.pointee.consumer.generation != 0 ? entry : nil
    }

    /// Starts to fetch where departures from a number on will be remembered.
    func prefetch(from number: UInt16, count: Int) {
        let first = Int(number) & (Self.capacity - 1)
        guard let base = entries.baseAddress else { return }
        sluice_prefetch(base + first, min(count, Self.capacity - first) * MemoryLayout<Entry>.stride)
    }
}
