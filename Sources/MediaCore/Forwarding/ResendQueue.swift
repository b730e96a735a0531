/// Packets that were asked for again and wait for their turn, oldest first: at most so many, further ones are refused.
struct ResendQueue {
    struct Entry {
        var consumer: SlotID
        /// The low bits of the packet's extended sequence number there.
        var sequenceNumber: UInt32
    }

    /// A quarter of a second of 10 Mbit/s: what is lost beyond that is asked for again.
    static let capacity = 256

    private var entries: [Entry] = []
    private var first = 0

    var isEmpty: Bool { first == entries.count }

    /// Whether the entry was taken.
    mutating func append(_ entry: Entry) -> Bool {
        guard entries.count - first < Self.capacity else { return false }
        if first > 0, entries.count == entries.capacity {
            entries.removeFirst(first)
            first = 0
        }
        entries.append(entry)
        return true
    }

    /// The oldest; nil when there is none.
    mutating func popFirst() -> Entry? {
        guard first < entries.count else { return nil }
        let entry = entries[first]
        first += 1
        if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            first = 0
        }
        return entry
    }
}
