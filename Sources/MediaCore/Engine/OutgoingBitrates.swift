/// What goes to one watcher and what could, in bit/s on the wire, UDP and IP headers included.
public struct OutgoingBitrates: Hashable, Sendable {
    /// What its link is believed to carry.
    public var available: Int64
    /// The most that it is sent all the same; nil for no limit.
    public var limit: Int64?
    /// What the layers take that it was given, with its sound.
    public var allocated: Int64
    /// What the best layers would take that it asked for, with its sound.
    public var wanted: Int64
    /// What its link must be believed to carry before it is given more; nil when it has all that it asked for.
    public var next: Int64?
}
