import MediaCore

/// What happens when in a simulation: a heap by instant; what was put in first comes out first at the same instant.
struct EventQueue {
    /// What happens.
    enum Event {
        /// A packet reaches the next link on its way, or its end.
        case packet(WirePacket)
        /// A flow wanted to be woken.
        case wake(flow: Int)
    }

    private struct Entry {
        var instant: Int64
        var order: UInt64
        var event: Event

        func isBefore(_ other: Entry) -> Bool {
            instant != other.instant ? instant < other.instant : order < other.order
        }
    }

    private var heap: [Entry] = []
    private var count: UInt64 = 0

    /// When something happens next.
    var next: MediaInstant? { heap.first.map { MediaInstant(nanoseconds: $0.instant) } }

    mutating func add(_ event: Event, at instant: MediaInstant) {
        count += 1
        let entry = Entry(instant: instant.nanoseconds, order: count, event: event)
        heap.append(entry)
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.isBefore(heap[parent]) else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = entry
    }

    mutating func take() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.event }
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(last) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = last
        return first.event
    }
}
