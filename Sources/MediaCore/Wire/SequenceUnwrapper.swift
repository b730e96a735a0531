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
