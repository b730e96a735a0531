import MediaCore

/// One datagram to send: where its bytes are in its storage, and where it goes.
struct PendingDatagram: Equatable {
    var offset: Int
    var count: Int
    var path: NetworkPath
}

/// Datagrams that wait, in order, for room in a socket's send buffer. Bounded in bytes and in number; memory is
/// allocated once.
struct SendQueue: ~Copyable {
    private let storage: UnsafeMutableRawPointer
    private let byteCapacity: Int
    private let maximumCount: Int
    private var datagrams: [PendingDatagram] = []
    private var head = 0
    private var tail = 0
    /// How many datagrams were dropped because the queue was full.
    private(set) var drops: UInt64 = 0

    init(byteCapacity: Int, maximumCount: Int) {
        self.byteCapacity = byteCapacity
        self.maximumCount = maximumCount
        storage = .allocate(byteCount: byteCapacity, alignment: 16)
        datagrams.reserveCapacity(maximumCount * 2)
    }

    deinit {
        storage.deallocate()
    }

    var isEmpty: Bool { head == datagrams.count }
    var count: Int { datagrams.count - head }
    /// What the datagrams' offsets are counted from.
    var base: UnsafeRawPointer { UnsafeRawPointer(storage) }

    /// The datagram `index` places behind the first.
    subscript(_ index: Int) -> PendingDatagram { datagrams[head + index] }

    /// Copies a datagram in; drops it, and counts that, when the queue is full.
    mutating func append(_ datagram: PendingDatagram, from source: UnsafeRawPointer) {
        if datagram.count > byteCapacity - tail || datagrams.count == maximumCount * 2 { compact() }
        guard count < maximumCount, datagram.count <= byteCapacity - tail else {
            drops &+= 1
            return
        }
        storage.advanced(by: tail).copyMemory(from: source.advanced(by: datagram.offset), byteCount: datagram.count)
        datagrams.append(PendingDatagram(offset: tail, count: datagram.count, path: datagram.path))
        tail += datagram.count
    }

    /// Forgets the first `count` datagrams.
    mutating func removeFirst(_ count: Int) {
        head += count
        guard isEmpty else { return }
        datagrams.removeAll(keepingCapacity: true)
        head = 0
        tail = 0
    }

    /// Moves what waits to the front, if that frees at least half of the memory: so that each byte is moved once on
    /// average, however slowly the socket drains.
    private mutating func compact() {
        guard !isEmpty else { return }
        let start = datagrams[head].offset
        guard start >= byteCapacity / 2 || head >= maximumCount else { return }
        storage.copyMemory(from: storage.advanced(by: start), byteCount: tail - start)
        datagrams.removeFirst(head)
        for index in datagrams.indices { datagrams[index].offset -= start }
        head = 0
        tail -= start
    }
}
