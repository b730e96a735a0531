/// A fixed piece of contiguous memory that its owner reads and writes through spans.
///
/// Public only in name, it has no public member: the optimizer of Swift 6.3 inlines the deinitializer of what a public
/// noncopyable property holds into that property's setter, and stops the compiler when it is not public.
public struct ByteStorage: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    /// Allocates `byteCount` zeroed bytes.
    init(byteCount: Int) {
        memory = .allocate(byteCount: byteCount, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        memory.deallocate()
    }

    var byteCount: Int { memory.count }

    /// The bytes, for reading.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(memory))
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// The memory itself, for ciphers that work from one storage into another. Offsets from it are the caller's to
    /// check.
    var unsafeBase: UnsafeMutableRawPointer {
        memory.baseAddress.unsafelyUnwrapped
    }
}
