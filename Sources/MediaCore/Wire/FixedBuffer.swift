/// A few elements in memory of their own.
///
/// Where an `InlineArray` is read at an index that is not known when compiling, Swift 6.3 copies all that it is part of.
struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    private let elements: UnsafeMutablePointer<Element>
    private let mask: Int

    /// Allocates elements; `count` is a power of two.
    init(repeating element: Element, count: Int) {
        precondition(count > 0 && count & (count - 1) == 0)
        elements = .allocate(capacity: count)
        elements.initialize(repeating: element, count: count)
        mask = count - 1
    }

    deinit {
        elements.deallocate()
    }

    /// The element at an index, which goes round.
    @inline(__always)
    subscript(_ index: Int) -> Element {
        get { elements[index & mask] }
        nonmutating set { elements[index & mask] = newValue }
    }
}
