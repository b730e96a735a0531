import CMediaIO
import MediaCore

/// Receives datagrams in batches into memory that is allocated once.
struct Receiver: ~Copyable {
    /// How the kernel's messages are laid out in memory.
    struct Layout {
        /// How many messages one call receives at most.
        var slotCount: Int
        /// The room for one of them.
        var slotSize: Int
        /// The distance from one to the next.
        var stride: Int

        /// A datagram a message.
        static let datagrams = Layout(slotCount: 64, slotSize: 2048, stride: 2048)
        /// A run of datagrams a message. The stride is no power of two, so that the beginnings of the slots, which are
        /// most of what is used, don't fall on the same few lines of the processor's caches.
        static let segments = Layout(slotCount: 32, slotSize: 65_536, stride: 65_536 + 17 * 64)
    }

    /// Larger than any datagram that WebRTC sends over an Ethernet path.
    static let maximumByteCount = 2048

    private(set) var batch: DatagramBatch
    private let layout: Layout
    private let vector: OpaquePointer
    private let messages: UnsafeMutablePointer<sluice_received>
    private(set) var datagramCount: UInt64 = 0
    private(set) var messageCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0
    private(set) var truncated: UInt64 = 0
    private(set) var calls: UInt64 = 0
    private(set) var errors: UInt64 = 0

    init(layout: Layout = .datagrams) {
        self.layout = layout
        var batch = DatagramBatch(byteCapacity: layout.stride * layout.slotCount)
        vector = sluice_receive_vector_create(
            UInt32(layout.slotCount), batch.unsafeSlab.baseAddress, layout.slotSize, layout.stride)
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
            record(message, at: index * layout.stride, path)
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
                datagramCount &+= 1
                byteCount &+= UInt64(next - offset)
            } else {
                truncated &+= 1
            }
            offset = next
        } while offset < end
    }
}
