/// Deadlines of transports, earliest first.
///
/// An entry is added only when it is earlier than what the transport waits for already, so a transport has few entries
/// however often its deadline moves; one that comes up early is looked at and put back.
struct TimerQueue {
    struct Entry {
        var deadline: MediaInstant
        var transport: SlotID
    }

    private var heap: [Entry] = []

    var count: Int { heap.count }
    var earliest: Entry? { heap.first }

    mutating func insert(_ entry: Entry) {
        var index = heap.count
        heap.append(entry)
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].deadline < heap[parent].deadline else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    mutating func removeEarliest() -> Entry? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return last }
        heap[0] = last
        var index = 0
        while true {
            var smallest = index
            var child = 2 * index + 1
            while child < min(heap.count, 2 * index + 3) {
                if heap[child].deadline < heap[smallest].deadline { smallest = child }
                child += 1
            }
            guard smallest != index else { return first }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
