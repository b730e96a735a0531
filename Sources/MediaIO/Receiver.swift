import CMediaIO
import MediaCore

/// Receives datagrams in batches into memory that is allocated once.
struct Receiver: ~Copyable {
    /// Larger than any datagram that WebRTC sends over an Ethernet path.
    static let slotSize = 2048
    static let slotCount = 64

    private(set) var batch: DatagramBatch
    private let vector: OpaquePointer
    private let datagrams: UnsafeMutablePointer<sluice_datagram>
    private(set) var datagramCount: UInt64 = 0
    private(set) var byteCount: UInt64 = 0
    private(set) var truncated: UInt64 = 0
    private(set) var calls: UInt64 = 0
    private(set) var errors: UInt64 = 0

    init() {
        var batch = DatagramBatch(byteCapacity: Self.slotSize * Self.slotCount)
        vector = sluice_receive_vector_create(
            UInt32(Self.slotCount), batch.unsafeSlab.baseAddress, Self.slotSize)
        self.batch = batch
        datagrams = .allocate(capacity: Self.slotCount)
        datagrams.initialize(repeating: sluice_datagram(), count: Self.slotCount)
    }

    deinit {
        sluice_receive_vector_free(vector)
        datagrams.deallocate()
    }

    /// Replaces the batch by what the socket holds. Returns whether it may hold more.
    mutating func receive(from socket: Int32, locals: inout LocalAddressTable) -> Bool {
        batch.removeAll()
        calls &+= 1
        let count = sluice_receive(vector, socket, datagrams)
        guard count >= 0 else {
            // An error that some earlier datagram met on its way, reported here and thereby cleared.
            errors &+= 1
            return false
        }
        for index in 0..<Int(count) {
            let datagram = datagrams[index]
            guard !datagram.is_truncated else {
                truncated &+= 1
                continue
            }
            let source = datagram.source
            let remote = TransportAddress(high: source.high, low: source.low, port: source.port)
            let path = NetworkPath(remote: remote, local: locals.index(of: datagram.destination))
            batch.record(.init(offset: index * Self.slotSize, count: Int(datagram.count), path: path))
            datagramCount &+= 1
            byteCount &+= UInt64(datagram.count)
        }
        return Int(count) == Self.slotCount
    }
}
