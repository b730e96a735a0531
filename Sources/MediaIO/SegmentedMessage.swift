import MediaCore

/// Datagrams for one path that lie side by side and leave as one message, which the kernel cuts apart again.
///
/// All are equally long but the last, which may be shorter: the only shape the kernel accepts. A frame's packets, nearly
/// equal in length, thus make one message or a few. Whatever the lengths, taking each datagram into the message before
/// it where that is possible gives the fewest messages, for what remains of a message without its first datagram is
/// still one.
struct SegmentedMessage {
    /// The kernel's UDP_MAX_SEGMENTS; newer ones allow more.
    static let maximumCount = 64
    /// The most bytes an IPv4 datagram can carry, to which the kernel holds the whole message.
    static let maximumByteCount = 65_507

    /// Where the first datagram starts in its storage.
    private(set) var offset: Int
    /// The length of all datagrams.
    private(set) var byteCount: Int
    /// The length of each datagram but the last.
    private(set) var segmentSize: Int
    /// How many datagrams there are.
    private(set) var count = 1
    let path: NetworkPath

    /// A message that is one datagram.
    init(_ datagram: PendingDatagram) {
        offset = datagram.offset
        byteCount = datagram.count
        segmentSize = datagram.count
        path = datagram.path
    }

    /// Takes one more datagram behind the last one. Returns false when that can't be.
    mutating func join(_ datagram: PendingDatagram) -> Bool {
        guard
            datagram.offset == offset + byteCount, datagram.count <= segmentSize, datagram.count > 0,
            byteCount == count * segmentSize, count < Self.maximumCount,
            byteCount + datagram.count <= Self.maximumByteCount, datagram.path == path
        else { return false }
        byteCount += datagram.count
        count += 1
        return true
    }

    /// The first datagram.
    var first: PendingDatagram {
        PendingDatagram(offset: offset, count: min(segmentSize, byteCount), path: path)
    }

    /// Forgets the first datagram.
    mutating func removeFirst() {
        let length = min(segmentSize, byteCount)
        offset += length
        byteCount -= length
        count -= 1
    }
}
