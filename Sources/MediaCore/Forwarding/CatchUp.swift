/// What a watcher who begins in the middle of things has yet to get of the time before: the packets of its source from the
/// keyframe on, in order.
struct CatchUp {
    /// The next number, and the last.
    var next: Int64
    let last: Int64
    /// How the pictures are squeezed into the time there is; nil when they keep their own.
    var squeeze: Squeeze?

    /// Pictures that stand a tick apart, up to the newest one, which has its own time.
    struct Squeeze {
        /// The picture at hand: its timestamp, and how many came before it.
        var timestamp: UInt32
        var index = 0
        let pictureCount: Int
        /// The newest picture's timestamp, and what is added to it.
        let newest: UInt32
        let offset: UInt32

        /// What is added to the timestamps of a packet's picture.
        mutating func offset(of packet: StoredPacket) -> UInt32 {
            if packet.timestamp != timestamp { (index, timestamp) = (index + 1, packet.timestamp) }
            let behind = UInt32(truncatingIfNeeded: pictureCount - 1 - index)
            return newest &+ offset &- behind &- timestamp
        }
    }
}
