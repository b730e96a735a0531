/// A keyframe of another stream that a consumer is to go on with.
struct PendingChange {
    /// Its first packet's number.
    var start: Int64
    /// When it was noticed.
    var noticed: MediaInstant
    /// The old source's newest picture then; none behind it is begun.
    var lastTimestamp: UInt32?
    /// Whether any was left out for that.
    var hasLeftOut = false
}
