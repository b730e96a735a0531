import CMediaIO
import MediaCore

/// Receives datagrams in batches into memory that is allocated once.
struct Receiver: ~Copyable {
    /// How the kernel's messages are laid out in memory.
    struct Layout {
        /// How many messages one call receives at most.
        var slotCount: Int
        /// The room for one of them, in bytes.
        var slotSize: Int

        /// A datagram a message.
        static let datagrams = Layout(slotCount: 64, slotSize: 2048)
        /// A run of datagrams a message. Costs no more than the other for single datagrams, and less than a third for
        /// runs of five.
        static let segments = Layout(slotCount: 32, slotSize: 65_536)
    }

    /// Larger than any datagram that WebRTC sends over an Ethernet path.
    static let maximumByteCount = 2048

    private(set) var batch: DatagramBatch
    /// How many of the batch's datagrams look like RTP packets.
    private(set) var mediaCount = 0
    /// Whether the last of those leaves a frame open: no marker bit, and too large to be sound.
    private(set) var leavesFrameOpen = false
    private let slab: UnsafeRawPointer?
    private let layout: Layout
    private let vector: OpaquePointer
    private let messages: UnsafeMutablePointer<sluice_received>
    private(set) var datagramCount: UInt64 = 0
    private(set) var messageCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0
    private(set) var truncated: UInt64 = 0
    /// Datagrams with the mark CE, where the sockets tell it. The engine is not told: the feedback it sends has no place
    /// for marks.
    private(set) var congestionMarks: UInt64 = 0
    private(set) var calls: UInt64 = 0
    private(set) var errors: UInt64 = 0

    init(layout: Layout = .datagrams) {
        self.layout = layout
        var batch = DatagramBatch(byteCapacity: layout.slotSize * layout.slotCount)
        slab = UnsafeRawPointer(batch.unsafeSlab.baseAddress)
        vector = sluice_receive_vector_create(
            UInt32(layout.slotCount), batch.unsafeSlab.baseAddress, layout.slotSize)
        self.batch = batch
        messages = .allocate(capacity: layout.slotCount)
        messages.initialize(repeating: sluice_received(), count: layout.slotCount)
    }

    deinit {
        sluice_receive_vector_free(vector)
        messages.deallocate()
    }

    /// Replaces the batch by what the socket holds. Returns whether it may hold more.
    mutating func receive(from socket: Int32, locals: inout LocalAddressTable) -> Bool {
        batch.removeAll()
        mediaCount = 0
        leavesFrameOpen = false
        calls &+= 1
        let count = sluice_receive(vector, socket, messages)
        guard count >= 0 else {
            // An error that some earlier datagram met on its way, reported here and thereby cleared.
            errors &+= 1
            return false
        }
        for index in 0..<Int(count) {
            let message = messages[index]
            let source = message.source
            let remote = TransportAddress(high: source.high, low: source.low, port: source.port)
            let path = NetworkPath(remote: remote, local: locals.index(of: message.destination))
            messageCount &+= 1
            let datagramsBefore = datagramCount
            record(message, at: index * layout.slotSize, path)
            if message.has_experienced_congestion { congestionMarks &+= datagramCount &- datagramsBefore }
        }
        return Int(count) == layout.slotCount
    }

    /// Enters a message's datagrams into the batch, where they lie.
    private mutating func record(_ message: sluice_received, at start: Int, _ path: NetworkPath) {
        let end = start + Int(message.count)
        let segmentSize = message.segment_size == 0 ? Int(message.count) : Int(message.segment_size)
        var offset = start
        repeat {
            let next = min(offset + segmentSize, end)
            // What was cut off was cut off the end.
            if next - offset <= Self.maximumByteCount, !(message.is_truncated && next == end) {
                batch.record(.init(offset: offset, count: next - offset, path: path))
                look(at: offset, count: next - offset)
                datagramCount &+= 1
                byteCount &+= UInt64(next - offset)
            } else {
                truncated &+= 1
            }
            offset = next
        } while offset < end
    }

    /// Notes whether a datagram is a frame's. Source: RFC 7983, section 7; RFC 5761, section 4.
    private mutating func look(at offset: Int, count: Int) {
        guard count > 12, let slab else { return }
        let first = slab.load(fromByteOffset: offset, as: UInt8.self)
        let second = slab.load(fromByteOffset: offset + 1, as: UInt8.self)
        guard (128...191).contains(first), !(64...95).contains(second & 0x7F) else { return }
        mediaCount += 1
        leavesFrameOpen = second & 0x80 == 0 && count >= FrameCoalescing.openFrameByteCount
    }
}
