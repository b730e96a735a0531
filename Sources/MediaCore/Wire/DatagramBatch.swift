/// A batch of received datagrams: their bytes in one slab, and where each begins, how long it is and whence it came.
public struct DatagramBatch: ~Copyable {
    /// One received datagram.
    public struct Entry: Sendable {
        /// Where the datagram starts in the slab.
        public var offset: Int
        /// Its length in bytes.
        public var count: Int
        /// The peer's address and the local address it came to.
        public var path: NetworkPath

        /// Creates an entry.
        public init(offset: Int, count: Int, path: NetworkPath) {
            self.offset = offset
            self.count = count
            self.path = path
        }
    }

    private var storage: ByteStorage
    /// The datagrams in order of arrival.
    public private(set) var entries: [Entry] = []
    /// How many bytes of the slab `append` has used.
    private var byteCount = 0

    /// Allocates a slab of `byteCapacity` bytes.
    public init(byteCapacity: Int) {
        storage = ByteStorage(byteCount: byteCapacity)
    }

    /// The slab's size in bytes.
    public var byteCapacity: Int { storage.byteCount }

    /// The slab, for the kernel to write into.
    public var unsafeSlab: UnsafeMutableRawBufferPointer {
        mutating get { UnsafeMutableRawBufferPointer(start: storage.unsafeBase, count: storage.byteCount) }
    }

    /// Records a datagram that was written into the slab. Traps when it lies outside: the caller wrote it there.
    public mutating func record(_ entry: Entry) {
        precondition(entry.offset >= 0 && entry.count >= 0 && entry.count <= storage.byteCount - entry.offset)
        entries.append(entry)
    }

    /// Copies a datagram into the slab; returns false when it is full. For tests and simulation.
    @discardableResult
    public mutating func append(_ datagram: RawSpan, from path: NetworkPath) -> Bool {
        guard datagram.byteCount <= storage.byteCount - byteCount else { return false }
        let offset = byteCount
        datagram.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            storage.unsafeBase.advanced(by: offset).copyMemory(from: base, byteCount: source.count)
        }
        byteCount += datagram.byteCount
        record(Entry(offset: offset, count: datagram.byteCount, path: path))
        return true
    }

    /// The bytes of one datagram.
    @_lifetime(borrow self)
    public func datagram(_ entry: Entry) -> RawSpan {
        let span = storage.bytes.extracting(entry.offset..<(entry.offset + entry.count))
        return _overrideLifetime(span, borrowing: self)
    }

    /// Forgets every datagram, keeping the memory.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        byteCount = 0
    }
}
