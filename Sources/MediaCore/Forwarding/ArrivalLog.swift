/// What arrived of a producer, in order of arrival. Each consumer reads it at its own pace: how far it has come is all
/// that is kept for it, so one that never reads costs nothing, and what one can't send yet is not queued twice.
struct ArrivalLog: ~Copyable {
    struct Entry {
        /// The stream, and the packet's extended sequence number there.
        var stream: SlotID
        var sequenceNumber: Int64
    }

    /// More than a second of video at 8 Mbit/s: nobody waits longer.
    static let capacity = 1024

    private var entries: UnsafeMutableBufferPointer<Entry>
    /// How many packets were ever entered: the position of the next one.
    private(set) var end: UInt64 = 0

    init() {
        entries = .allocate(capacity: Self.capacity)
        entries.initialize(repeating: Entry(stream: SlotID(index: 0, generation: 0), sequenceNumber: 0))
    }

    deinit {
        entries.deallocate()
    }

    /// The position of the oldest packet that is kept.
    var start: UInt64 { end - min(end, UInt64(Self.capacity)) }

    mutating func append(_ entry: Entry) {
        entries[Int(truncatingIfNeeded: end) & (Self.capacity - 1)] = entry
        end += 1
    }

    /// The packet at a position from `start` up to `end`.
    subscript(_ position: UInt64) -> Entry {
        entries[Int(truncatingIfNeeded: position) & (Self.capacity - 1)]
    }
}
