/// A stretch of a consumer's packets that came from one stream: what is the same for all of them.
struct SourceRun {
    var stream = SlotID(index: 0, generation: 0)
    /// The consumer's lowest sequence number of it: its own number wraps, and what is older was of another one.
    var first: Int64 = 0
    /// What is added to the stream's TL0PICIDX.
    var levelZeroOffset: UInt8 = 0
    /// What is added to the frame numbers of its dependency descriptors.
    var frameNumberOffset: UInt16 = 0
}
