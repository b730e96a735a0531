/// Extends 16-bit RTP sequence numbers to 64 bits by taking the shorter way from the highest one seen.
///
/// The first number starts a range with room below it, so packets that arrive before it in order stay positive.
struct SequenceUnwrapper: Sendable {
    /// Where the first number lands: far enough from zero that reordering never goes below it.
    private static let origin: Int64 = 1 << 16

    /// The highest extended number accepted so far; nil before the first.
    private(set) var highest: Int64?

    /// The extended number for `sequenceNumber`, without remembering it.
    func extended(_ sequenceNumber: UInt16) -> Int64 {
        guard let highest else { return Self.origin + Int64(sequenceNumber) }
        let step = Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest))
        return highest &+ Int64(step)
    }

    /// Remembers an extended number once its packet has been authenticated.
    mutating func accept(_ extendedSequenceNumber: Int64) {
        highest = max(highest ?? extendedSequenceNumber, extendedSequenceNumber)
    }
}

/// Extends 32-bit RTP timestamps to 64 bits by taking the shorter way from the last one.
struct TimestampUnwrapper: Sendable {
    private var last: Int64?

    /// The extended timestamp; remembers it as the new reference.
    mutating func unwrap(_ timestamp: UInt32) -> Int64 {
        guard let last else {
            let first = Int64(1) << 32 + Int64(timestamp)
            self.last = first
            return first
        }
        let step = Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: last))
        let extended = last &+ Int64(step)
        self.last = extended
        return extended
    }
}
