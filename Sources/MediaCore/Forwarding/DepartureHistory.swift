internal import CPrefetch

/// What left a transport under which transport-wide number, for the last of them.
///
/// It holds few at first. Once the receiver reports on them it grows, as far as departures come faster than reports: at
/// 50 Mbit/s and a round trip of half a second thousands are under way.
package struct DepartureHistory: ~Copyable {
    package struct Entry: BitwiseCopyable {
        /// The transport-wide number; with the slot it tells one lap of the ring from another.
        let number: UInt16
        /// The datagram's length in the lower 11 bits, the probe cluster in the upper 5.
        private let lengthAndProbe: UInt16
        /// The consumer whose packet it was.
        let consumer: SlotID
        /// The low bits of the packet's own extended sequence number there.
        let sequenceNumber: UInt32
        /// When it left, in microseconds without the two lowest bits, which hold the fate; wraps.
        fileprivate var departure: UInt32

        /// What the length of a longer datagram is taken for.
        static let maximumByteCount = 2047

        static let none = Entry(
            number: 0, byteCount: 0, consumer: SlotID(index: 0, generation: 0), sequenceNumber: 0,
            at: MediaInstant(nanoseconds: 0))

        @inline(__always)
        package init(
            number: UInt16, byteCount: Int, consumer: SlotID, sequenceNumber: Int64, probe: ProbeCluster.ID? = nil,
            at instant: MediaInstant
        ) {
            self.number = number
            let length = UInt16(truncatingIfNeeded: max(0, min(byteCount, Self.maximumByteCount)))
            lengthAndProbe = length | UInt16(probe ?? 0) << 11
            self.consumer = consumer
            self.sequenceNumber = UInt32(truncatingIfNeeded: sequenceNumber)
            departure = UInt32(truncatingIfNeeded: instant.nanoseconds / 1000) & ~3
        }

        /// The datagram's length.
        var byteCount: Int { Int(lengthAndProbe & 0x7FF) }

        /// The probe cluster it was sent for.
        var probe: ProbeCluster.ID? { lengthAndProbe >> 11 == 0 ? nil : UInt8(lengthAndProbe >> 11) }

        /// How long ago it left, to 4 µs.
        func age(at instant: MediaInstant) -> MediaDuration {
            .microseconds(Int64(UInt32(truncatingIfNeeded: instant.nanoseconds / 1000) &- (departure & ~3)))
        }

        /// When it left, to 4 µs: the same whenever it is asked, and for all that left at one instant.
        func departure(asOf instant: MediaInstant) -> MediaInstant {
            MediaInstant(nanoseconds: instant.nanoseconds / 1000 &* 1000) - age(at: instant)
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
        /// It had not arrived when it was reported on, and is given up.
        case lost
        /// It arrived.
        case acknowledged
        /// It had not arrived when it was reported on, and may be late.
        case missing
    }

    /// More than half a second of a 5 Mbit/s stream: feedback comes every 50 to 250 ms.
    static let initialCapacity = 512
    /// Two seconds and more of 50 Mbit/s; 320 KiB.
    static let maximumCapacity = 16_384

    /// What was reported on is kept for so long, as what is reported lost may arrive yet.
    private static let reportedTime: UInt32 = 1_500_000
    /// What was not reported on, in microseconds.
    private static let unreportedTime: UInt32 = 2_000_000

    private var entries: UnsafeMutableBufferPointer<Entry>
    private var mask = Self.initialCapacity - 1
    /// What is younger, in microseconds, may have to make way for a newer one only if there is no more memory for it.
    private var keptTime: UInt32 = 0

    /// How many departures it remembers.
    package var capacity: Int { mask + 1 }

    package init() {
        entries = .allocate(capacity: Self.initialCapacity)
        entries.initialize(repeating: .none)
    }

    deinit {
        entries.deallocate()
    }

    /// Somebody reports on what leaves: it is kept until then.
    mutating func expectReports() {
        if capacity < Self.maximumCapacity { keptTime = Self.unreportedTime }
    }

    @inline(__always)
    package mutating func remember(_ entry: Entry) {
        let slot = Int(entry.number) & mask
        if entry.departure &- entries[slot].departure < keptTime { keep(entries[slot], from: entry) }
        entries[Int(entry.number) & mask] = entry
    }

    /// Grows rather than have a newer entry overwrite one that is still of use.
    @inline(never)
    private mutating func keep(_ entry: Entry, from newer: Entry) {
        let isReported = entry.fate != .unknown
        guard entry.consumer.generation != 0, entry.number != newer.number,
            !isReported || newer.departure &- entry.departure < Self.reportedTime
        else { return }
        let larger = UnsafeMutableBufferPointer<Entry>.allocate(capacity: 2 * capacity)
        larger.initialize(repeating: .none)
        mask = larger.count - 1
        for entry in entries where entry.consumer.generation != 0 { larger[Int(entry.number) & mask] = entry }
        entries.deallocate()
        entries = larger
        if capacity == Self.maximumCapacity { keptTime = 0 }
    }

    /// Takes no more news of a departure.
    mutating func ignore(_ number: UInt16) {
        unsafeEntry(number)?.pointee.fate = .acknowledged
    }

    /// What left under a number; nil when that is too long ago.
    func entry(_ number: UInt16) -> Entry? {
        unsafeEntry(number)?.pointee
    }

    /// The same in place, to note its fate. Valid until something else is remembered.
    @inline(always)
    func unsafeEntry(_ number: UInt16) -> UnsafeMutablePointer<Entry>? {
        guard let base = entries.baseAddress else { return nil }
        let entry = base + (Int(number) & mask)
        return entry.pointee.number == number && entry.pointee.consumer.generation != 0 ? entry : nil
    }

    /// Starts to fetch where departures from a number on will be remembered.
    func prefetch(from number: UInt16, count: Int) {
        let first = Int(number) & mask
        guard let base = entries.baseAddress else { return }
        sluice_prefetch(base + first, min(count, capacity - first) * MemoryLayout<Entry>.stride)
    }
}
