public import MediaCore

/// Datagrams on their way, in virtual time.
public struct SimulatedNetwork: Sendable {
    /// A datagram that arrives.
    public struct Delivery: Sendable {
        /// When it arrives.
        public var instant: MediaInstant
        /// Where it goes.
        public var destination: TransportAddress
        /// Where it comes from.
        public var source: TransportAddress
        /// Its bytes.
        public var bytes: [UInt8]
        fileprivate var order: UInt64
    }

    private var waiting: [Delivery] = []
    private var order: UInt64 = 0

    /// Creates a network on which nothing travels.
    public init() {}

    /// When the next datagram arrives; nil when none is on its way.
    public var nextArrival: MediaInstant? { waiting.last?.instant }

    /// Puts a datagram on the way over a link.
    public mutating func send(
        _ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress,
        over link: inout SimulatedLink, at instant: MediaInstant
    ) {
        for arrival in link.send(byteCount: bytes.count + 28, at: instant) {
            order += 1
            let delivery = Delivery(
                instant: arrival, destination: destination, source: source, bytes: bytes, order: order)
            // Latest first, so that the next one is taken from the end.
            var low = 0
            var high = waiting.count
            while low < high {
                let middle = (low + high) / 2
                let other = waiting[middle]
                if (other.instant, other.order) > (delivery.instant, delivery.order) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            waiting.insert(delivery, at: low)
        }
    }

    /// Takes a datagram that arrives at or before `instant`; nil when there is none.
    public mutating func takeArrival(at instant: MediaInstant) -> Delivery? {
        guard let next = waiting.last, next.instant <= instant else { return nil }
        return waiting.removeLast()
    }
}
