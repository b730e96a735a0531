import CMediaIO
import MediaCore

/// Hands one socket's datagrams to the kernel, in order, many at a time.
///
/// A datagram the kernel refuses is counted and skipped; when the socket's buffer is full the rest waits in a queue.
struct SendLane: ~Copyable {
    /// How messages reach the kernel: `sluice_send`, or in tests something that refuses on purpose.
    typealias Transmit = @convention(c) (Int32, OpaquePointer?, UInt32, UInt32) -> Int32

    static let vectorCapacity = 128

    private let socket: Int32
    private let transmit: Transmit
    private let vector: OpaquePointer
    /// What the vector's messages are, in order.
    private var loaded: [PendingDatagram] = []
    private var queue: SendQueue
    private(set) var datagramsSent: UInt64 = 0
    private(set) var bytesSent: UInt64 = 0
    private(set) var calls: UInt64 = 0
    /// Refusals, indexed by the raw value of `sluice_refusal`.
    private(set) var refusals = [UInt64](repeating: 0, count: Int(SLUICE_OTHER.rawValue) + 1)

    init(socket: Int32, transmit: @escaping Transmit, queueBytes: Int, queueCount: Int) {
        self.socket = socket
        self.transmit = transmit
        vector = sluice_send_vector_create(UInt32(Self.vectorCapacity))
        loaded.reserveCapacity(Self.vectorCapacity)
        queue = SendQueue(byteCapacity: queueBytes, maximumCount: queueCount)
    }

    deinit {
        sluice_send_vector_free(vector)
    }

    /// Whether datagrams wait until the socket is writable.
    var isBlocked: Bool { !queue.isEmpty }
    var queueCount: Int { queue.count }
    var queueDrops: UInt64 { queue.drops }

    /// Takes a datagram, whose bytes must stay in place until `flush`.
    mutating func append(_ datagram: PendingDatagram, from base: UnsafeRawPointer, locals: borrowing LocalAddressTable)
    {
        guard queue.isEmpty else {
            queue.append(datagram, from: base)
            return
        }
        load(datagram, from: base, locals: locals)
        if loaded.count == Self.vectorCapacity { flush(from: base) }
    }

    /// Sends what `append` has taken; queues what the socket has no room for.
    mutating func flush(from base: UnsafeRawPointer) {
        let handled = transmitLoaded()
        for datagram in loaded[handled...] { queue.append(datagram, from: base) }
        loaded.removeAll(keepingCapacity: true)
    }

    /// Sends from the queue, now that the socket has room.
    mutating func resume(locals: borrowing LocalAddressTable) {
        while !queue.isEmpty {
            for index in 0..<min(queue.count, Self.vectorCapacity) {
                load(queue[index], from: queue.base, locals: locals)
            }
            let count = loaded.count
            let handled = transmitLoaded()
            loaded.removeAll(keepingCapacity: true)
            queue.removeFirst(handled)
            if handled < count { return }
        }
    }

    private mutating func load(
        _ datagram: PendingDatagram, from base: UnsafeRawPointer, locals: borrowing LocalAddressTable
    ) {
        let address = datagram.path.remote
        var remote = sluice_address(high: address.high, low: address.low, port: address.port)
        var local = locals[datagram.path.local]
        sluice_send_vector_set(
            vector, UInt32(loaded.count), base.advanced(by: datagram.offset), datagram.count, &remote, &local)
        loaded.append(datagram)
    }

    /// Returns how many messages are dealt with, sent or refused; the rest found the socket's buffer full.
    private mutating func transmitLoaded() -> Int {
        var start = 0
        while start < loaded.count {
            calls &+= 1
            let result = transmit(socket, vector, UInt32(start), UInt32(loaded.count))
            if result > 0 {
                let end = start + Int(result)
                for datagram in loaded[start..<end] { bytesSent &+= UInt64(datagram.count) }
                datagramsSent &+= UInt64(result)
                start = end
                continue
            }
            let refusal = sluice_refusal_of(result)
            if refusal == SLUICE_WOULD_BLOCK { break }
            if refusal == SLUICE_INTERRUPTED { continue }
            // The kernel names an error only when the first message is at fault, so a message in the middle gets here
            // on a second try.
            refusals[Int(refusal.rawValue)] &+= 1
            start += 1
        }
        return start
    }
}
