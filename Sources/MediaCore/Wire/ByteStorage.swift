/// A fixed piece of contiguous memory that its owner reads and writes through spans.
struct ByteStorage: ~Copyable {
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

    /// The bytes, for writing.
    var mutableBytes: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            let span = MutableRawSpan(_unsafeBytes: memory)
            return _overrideLifetime(span, mutating: &self)
        }
    }

    /// The memory itself, for ciphers that work from one storage into another. Offsets from it are the caller's to
    /// check.
    var unsafeBase: UnsafeMutableRawPointer {
        memory.baseAddress.unsafelyUnwrapped
    }
}
