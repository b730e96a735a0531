import CMediaIO
import MediaCore

/// Hands one socket's datagrams to the kernel, in order, many at a time.
///
/// Consecutive datagrams for one path leave as one message where their lengths allow. A message the kernel refuses is
/// counted and skipped; when the socket's buffer is full the rest waits in a queue.
struct SendLane: ~Copyable {
    /// How messages reach the kernel: `sluice_send`, or in tests something that refuses on purpose.
    typealias Transmit = @convention(c) (Int32, OpaquePointer?, UInt32, UInt32) -> Int32

    static let vectorCapacity = 128

    private let socket: Int32
    private let transmit: Transmit
    private let vector: OpaquePointer
    /// What is to be sent, in order: the first `messageCount`. Not an array, which would ask at every change whether it
    /// is shared.
    private let messages: UnsafeMutablePointer<SegmentedMessage>
    private var messageCount = 0
    private var queue: SendQueue
    private var gate: SegmentationGate
    private(set) var datagramsSent: UInt64 = 0
    private(set) var messagesSent: UInt64 = 0
    private(set) var bytesSent: UInt64 = 0
    private(set) var calls: UInt64 = 0
    /// How many messages were refused as such and then taken one datagram at a time.
    private(set) var segmentationRefusals: UInt64 = 0
    /// Refused datagrams, indexed by the raw value of `sluice_refusal`.
    private(set) var refusals = [UInt64](repeating: 0, count: Int(SLUICE_OTHER.rawValue) + 1)

    init(
        socket: Int32, family: Int32, segments: Bool, transmit: @escaping Transmit, queueBytes: Int, queueCount: Int
    ) {
        self.socket = socket
        self.transmit = transmit
        vector = sluice_send_vector_create(UInt32(Self.vectorCapacity), family)
        messages = .allocate(capacity: Self.vectorCapacity)
        queue = SendQueue(byteCapacity: queueBytes, maximumCount: queueCount)
        gate = SegmentationGate(isAvailable: segments)
    }

    deinit {
        sluice_send_vector_free(vector)
        messages.deallocate()
    }

    /// Whether datagrams wait until the socket is writable.
    var isBlocked: Bool { !queue.isEmpty }
    var queueCount: Int { queue.count }
    var queueDrops: UInt64 { queue.drops }
    /// Whether several datagrams may leave as one message.
    var isSegmenting: Bool { gate.isOpen }

    /// Takes a datagram, whose bytes must stay in place until `flush`.
    mutating func append(_ datagram: PendingDatagram, from base: UnsafeRawPointer, locals: borrowing LocalAddressTable)
    {
        if queue.isEmpty {
            if gather(datagram) { return }
            flush(from: base, locals: locals)
            if queue.isEmpty, gather(datagram) { return }
        }
        queue.append(datagram, from: base)
    }

    /// Sends what `append` has taken; queues what the socket has no room for.
    mutating func flush(from base: UnsafeRawPointer, locals: borrowing LocalAddressTable) {
        guard messageCount > 0 else { return }
        let handled = transmitGathered(from: base, locals: locals)
        for index in handled..<messageCount {
            while messages[index].count > 0 {
                queue.append(messages[index].first, from: base)
                messages[index].removeFirst()
            }
        }
        messageCount = 0
    }

    /// Sends from the queue, now that the socket has room.
    mutating func resume(locals: borrowing LocalAddressTable) {
        while !queue.isEmpty {
            var count = 0
            while count < queue.count, gather(queue[count]) { count += 1 }
            let handled = transmitGathered(from: queue.base, locals: locals)
            var left = 0
            for index in handled..<messageCount { left += messages[index].count }
            messageCount = 0
            queue.removeFirst(count - left)
            if left > 0 { return }
        }
    }

    /// Puts a datagram into the last message, or into one of its own. Returns false when there are enough messages.
    private mutating func gather(_ datagram: PendingDatagram) -> Bool {
        if gate.isOpen {
            if messageCount > 0, messages[messageCount - 1].join(datagram) { return true }
        } else {
            gate.passed()
        }
        guard messageCount < Self.vectorCapacity else { return false }
        messages.advanced(by: messageCount).initialize(to: SegmentedMessage(datagram))
        messageCount += 1
        return true
    }

    // MARK: The kernel

    /// Returns how many messages are dealt with, sent or refused; the rest found the socket's buffer full.
    private mutating func transmitGathered(from base: UnsafeRawPointer, locals: borrowing LocalAddressTable) -> Int {
        for index in 0..<messageCount { load(messages[index], at: index, from: base, locals: locals) }
        var start = 0
        while start < messageCount {
            let result = transmit(start..<messageCount)
            if result > 0 {
                let end = start + Int(result)
                for index in start..<end { count(messages[index]) }
                start = end
                continue
            }
            // The kernel names an error only when the first message is at fault, so a message in the middle gets here
            // on a second try.
            let refusal = sluice_refusal_of(result)
            if refusal == SLUICE_WOULD_BLOCK { break }
            if messages[start].count > 1, Self.mayConcernSegments(refusal) {
                guard transmitSingly(start, from: base, locals: locals) else { break }
            } else {
                refusals[Int(refusal.rawValue)] &+= UInt64(messages[start].count)
            }
            start += 1
        }
        return start
    }

    /// Sends a message's datagrams one by one. Returns false when the socket's buffer is full: the message then holds
    /// the rest.
    private mutating func transmitSingly(
        _ index: Int, from base: UnsafeRawPointer, locals: borrowing LocalAddressTable
    ) -> Bool {
        let sentBefore = datagramsSent
        defer {
            if datagramsSent != sentBefore {
                segmentationRefusals &+= 1
                gate.refused()
            }
        }
        while messages[index].count > 0 {
            let single = SegmentedMessage(messages[index].first)
            load(single, at: index, from: base, locals: locals)
            let result = transmit(index..<index + 1)
            if result > 0 {
                count(single)
            } else {
                let refusal = sluice_refusal_of(result)
                if refusal == SLUICE_WOULD_BLOCK { return false }
                refusals[Int(refusal.rawValue)] &+= 1
            }
            messages[index].removeFirst()
        }
        return true
    }

    /// Whether a message may have been refused for its shape, not for its destination.
    private static func mayConcernSegments(_ refusal: sluice_refusal) -> Bool {
        refusal == SLUICE_INVALID || refusal == SLUICE_TOO_LARGE || refusal == SLUICE_OTHER
    }

    private mutating func count(_ message: SegmentedMessage) {
        messagesSent &+= 1
        datagramsSent &+= UInt64(message.count)
        bytesSent &+= UInt64(message.byteCount)
        if message.count > 1 { gate.accepted() }
    }

    private mutating func transmit(_ range: Range<Int>) -> Int32 {
        while true {
            calls &+= 1
            let result = transmit(socket, vector, UInt32(range.lowerBound), UInt32(range.upperBound))
            if result > 0 || sluice_refusal_of(result) != SLUICE_INTERRUPTED { return result }
        }
    }

    private func load(
        _ message: SegmentedMessage, at index: Int, from base: UnsafeRawPointer, locals: borrowing LocalAddressTable
    ) {
        let address = message.path.remote
        var remote = sluice_address(high: address.high, low: address.low, port: address.port)
        var local = locals[message.path.local]
        sluice_send_vector_set(
            vector, UInt32(index), base.advanced(by: message.offset), message.byteCount, message.segmentSize, &remote,
            &local)
    }
}
