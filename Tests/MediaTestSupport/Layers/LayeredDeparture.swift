public import MediaCore

/// One packet as the engine sent it to a watcher.
public struct LayeredDeparture: Sendable {
    /// Its number without wraps.
    public var index: UInt64
    /// When the engine sent it.
    public var instant: MediaInstant
    /// The RTP timestamp.
    public var timestamp: UInt32
    /// The RTP marker.
    public var marker: Bool
    /// The payload without padding.
    public var payload: [UInt8]
    /// The dependency descriptor; empty for none.
    public var descriptor: [UInt8]

    /// A departure, made by hand.
    public init(
        index: UInt64, instant: MediaInstant, timestamp: UInt32, marker: Bool, payload: [UInt8], descriptor: [UInt8]
    ) {
        self.index = index
        self.instant = instant
        self.timestamp = timestamp
        self.marker = marker
        self.payload = payload
        self.descriptor = descriptor
    }
}
