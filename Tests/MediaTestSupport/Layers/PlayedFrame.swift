public import MediaCore

/// A frame as far as it was sent to a watcher.
public struct PlayedFrame: Sendable {
    /// What became of it.
    public enum State: Sendable {
        /// Whole, and so is all it refers to.
        case decodable
        /// The network took part of it, or of what it refers to.
        case excused
        /// It can't be decoded, and nothing excuses that.
        case broken
    }

    /// Which encoding it is of.
    public var encoding: Int
    /// Its number in the encoding.
    public var number: Int
    /// Which stretch of one encoding without a change it belongs to.
    public var run: Int
    /// Where its packets stand among all that were sent, in the order of their numbers.
    public var packets: [Int]
    /// When its first packet was sent.
    public var instant: MediaInstant
    /// What became of it.
    public var state = State.decodable
}
