/// Datagrams to send: their bytes side by side in one piece of memory, and a list of what goes where.
///
/// Capacity is fixed. What does not fit is refused, and the refusal counted, so a flood costs no memory. Consecutive
/// entries for one path lie side by side: a sender can hand them to the kernel as one segmented message.
public struct TransmitArena: ~Copyable {
    /// One datagram.
    public struct Entry: Sendable {
        /// Where the datagram starts in `bytes`.
        public var offset: Int
        /// Its length in bytes.
        public var count: Int
        /// Where it goes.
        public var path: NetworkPath
    }

    private var storage: ByteStorage
    /// The datagrams in the order they are to be sent.
    public private(set) var entries: [Entry] = []
    private let maximumEntries: Int
    private(set) var byteCount = 0
    /// How many datagrams were refused since the arena was made because it was full.
    public private(set) var refused: UInt64 = 0

    /// Allocates an arena of `byteCapacity` bytes for at most `maximumEntries` datagrams.
    public init(byteCapacity: Int = 1 << 20, maximumEntries: Int = 2048) {
        storage = ByteStorage(byteCount: byteCapacity)
        self.maximumEntries = maximumEntries
        entries.reserveCapacity(maximumEntries)
    }

    /// Whether there is nothing to send.
    public var isEmpty: Bool { entries.isEmpty }

    /// The memory that entries index.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = storage.bytes
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes of one datagram.
    @_lifetime(borrow self)
    public func datagram(_ entry: Entry) -> RawSpan {
        let span = storage.bytes.extracting(entry.offset..<(entry.offset + entry.count))
        return _overrideLifetime(span, borrowing: self)
    }

    /// Whether one more datagram of `count` bytes fits.
    func hasRoom(_ count: Int) -> Bool {
        hasRoom(1, each: count)
    }

    /// Whether `datagrams` more of `count` bytes each fit.
    func hasRoom(_ datagrams: Int, each count: Int) -> Bool {
        hasRoom(datagrams, total: count * datagrams)
    }

    /// Whether `datagrams` more fit that have so many bytes together.
    func hasRoom(_ datagrams: Int, total: Int) -> Bool {
        entries.count <= maximumEntries - datagrams && total <= storage.byteCount - byteCount
    }

    /// Copies a datagram in. Returns false, and counts the refusal, when there is no room.
    @discardableResult
    mutating func append(_ datagram: RawSpan, to path: NetworkPath) -> Bool {
        guard hasRoom(datagram.byteCount) else {
            refused &+= 1
            return false
        }
        let offset = byteCount
        datagram.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            storage.unsafeBase.advanced(by: offset).copyMemory(
                from: base, byteCount: source.count)
        }
        commit(datagram.byteCount, to: path)
        return true
    }

    /// Where the next datagram would be written. Check `hasRoom` first, write, then `commit`.
    var unsafeTail: UnsafeMutableRawPointer {
        storage.unsafeBase.advanced(by: byteCount)
    }

    /// Makes the `count` bytes written at the tail a datagram.
    mutating func commit(_ count: Int, to path: NetworkPath) {
        entries.append(Entry(offset: byteCount, count: count, path: path))
        byteCount += count
    }

    /// Takes back the last datagrams; there are at least so many.
    mutating func removeLast(_ count: Int) {
        byteCount = entries[entries.count - count].offset
        entries.removeLast(count)
    }

    /// Forgets every datagram, keeping the memory.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        byteCount = 0
    }
}
