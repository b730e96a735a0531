internal import CPrefetch

/// A number that names one element of a `SlotTable`, and never another that takes its place later.
package struct SlotID: Hashable, Sendable, BitwiseCopyable {
    var index: UInt32
    var generation: UInt32

    package init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// Noncopyable elements in contiguous memory, addressed by ids that expire when their element is removed.
struct SlotTable<Element: ~Copyable>: ~Copyable {
    private var elements: UnsafeMutablePointer<Element>
    /// Odd while the slot is taken; counts up at every insertion and removal.
    private var generations: [UInt32] = []
    private var free: [UInt32] = []
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 8
        elements = .allocate(capacity: 8)
    }

    deinit {
        for index in 0..<generations.count where generations[index] & 1 == 1 {
            (elements + index).deinitialize(count: 1)
        }
        elements.deallocate()
    }

    /// Puts an element in a free slot.
    mutating func insert(_ element: consuming Element) -> SlotID {
        let index: Int
        if let reused = free.popLast() {
            index = Int(reused)
        } else {
            index = generations.count
            if index == capacity { grow() }
            generations.append(0)
        }
        (elements + index).initialize(to: element)
        generations[index] &+= 1
        count += 1
        return SlotID(index: UInt32(index), generation: generations[index])
    }

    /// Takes an element out; nil when the id has expired.
    mutating func remove(_ id: SlotID) -> Element? {
        guard contains(id) else { return nil }
        generations[Int(id.index)] &+= 1
        free.append(id.index)
        count -= 1
        return (elements + Int(id.index)).move()
    }

    func contains(_ id: SlotID) -> Bool {
        Int(id.index) < generations.count && generations[Int(id.index)] == id.generation && id.generation & 1 == 1
    }

    /// The id of the element in a slot; nil when the slot is free or beyond the end.
    func id(at index: Int) -> SlotID? {
        guard index < generations.count, generations[index] & 1 == 1 else { return nil }
        return SlotID(index: UInt32(index), generation: generations[index])
    }

    /// How many slots were ever used: the bound for walking them with `id(at:)`.
    var slotCount: Int { generations.count }

    /// The element with an id that `contains` has confirmed; traps on an expired one.
    subscript(_ id: SlotID) -> Element {
        _read {
            precondition(contains(id), "expired slot id")
            yield elements[Int(id.index)]
        }
        _modify {
            precondition(contains(id), "expired slot id")
            yield &elements[Int(id.index)]
        }
    }

    /// Where the element with an id is, until the next insertion; nil when the id has expired. For whoever looks at one
    /// element many times.
    func unsafeElement(_ id: SlotID) -> UnsafeMutablePointer<Element>? {
        contains(id) ? elements + Int(id.index) : nil
    }

    /// Starts to fetch the first bytes of an element, which need not be there.
    func prefetch(_ id: SlotID, byteCount: Int) {
        sluice_prefetch(elements + Int(id.index), byteCount)
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        for index in 0..<generations.count where generations[index] & 1 == 1 {
            (larger + index).moveInitialize(from: elements + index, count: 1)
        }
        elements.deallocate()
        elements = larger
        capacity *= 2
    }
}
