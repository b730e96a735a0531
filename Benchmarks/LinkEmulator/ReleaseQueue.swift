/// Packets under way, the earliest first; those of the same instant in the order they came.
struct ReleaseQueue {
    struct Entry {
        var instant: UInt64
        var packet: [UInt8]
        fileprivate var number: UInt64

        fileprivate func precedes(_ other: Entry) -> Bool {
            (instant, number) < (other.instant, other.number)
        }
    }

    /// A binary heap.
    private var heap: [Entry] = []
    private var pushed: UInt64 = 0

    var count: Int { heap.count }
    var nextInstant: UInt64? { heap.first?.instant }

    mutating func push(_ packet: [UInt8], at instant: UInt64) {
        heap.append(Entry(instant: instant, packet: packet, number: pushed))
        pushed += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest packet out if its instant has come.
    mutating func pop(dueAt now: UInt64) -> [UInt8]? {
        guard let first = heap.first, first.instant <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].precedes(heap[least]) { least = child }
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first.packet
    }
}
