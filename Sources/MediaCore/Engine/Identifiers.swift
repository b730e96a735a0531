/// Names a transport: one ICE and DTLS association with one peer. Expires when the transport closes.
public struct TransportID: Hashable, Sendable, CustomStringConvertible {
    let slot: SlotID

    /// A short text for logs.
    public var description: String { "transport-\(slot.index).\(slot.generation)" }
}

/// Names a producer: one media section that a peer sends. Expires when its transport closes.
public struct ProducerID: Hashable, Sendable, CustomStringConvertible {
    let slot: SlotID

    /// A short text for logs.
    public var description: String { "producer-\(slot.index).\(slot.generation)" }
}

/// Names a consumer: one producer's media on its way to one peer. Expires when its transport closes.
public struct ConsumerID: Hashable, Sendable, CustomStringConvertible {
    let slot: SlotID

    /// A short text for logs.
    public var description: String { "consumer-\(slot.index).\(slot.generation)" }
}
