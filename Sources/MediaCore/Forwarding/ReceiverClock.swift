/// Extends the reference times of feedback messages, which wrap every twelve days, and tells when they can't be true.
///
/// The receiver's clock has any epoch, and runs about as fast as ours. Source:
/// draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
struct ReceiverClock {
    /// The unit of reference times.
    static let unit = MediaDuration.milliseconds(64)

    /// How far it may go wrong against our clock from one message to the next, in units: ten seconds.
    private static let tolerance: Int64 = 156
    /// So many messages that contradict what came before, but not each other, are believed.
    private static let convincingCount = 3

    private struct Sight {
        var reference: Int64
        var instant: MediaInstant

        /// The extended reference time nearest to what our clock lets us expect, and how far it is from that.
        func extended(_ reference: UInt32, at instant: MediaInstant) -> (reference: Int64, deviation: Int64) {
            let expected = self.reference &+ (instant - self.instant).nanoseconds / ReceiverClock.unit.nanoseconds
            let step = reference &- UInt32(truncatingIfNeeded: expected)
            let deviation = Int64(Int32(bitPattern: step << 8) >> 8)
            return (expected &+ deviation, deviation)
        }
    }

    private var last: Sight?
    /// What contradicted it last, and how often in a row.
    private var other: (sight: Sight, count: Int)?

    /// The extended reference time of a message that came at an instant; nil when the receiver's clock can't have run
    /// there since the last message.
    mutating func extended(_ reference: UInt32, at instant: MediaInstant) -> Int64? {
        guard let last else {
            let sight = Sight(reference: Int64(reference & 0xFF_FFFF), instant: instant)
            self.last = sight
            return sight.reference
        }
        let (extended, deviation) = last.extended(reference, at: instant)
        let sight = Sight(reference: extended, instant: instant)
        if abs(deviation) <= Self.tolerance {
            self.last = sight
            other = nil
            return extended
        }
        var count = 1
        if let other, abs(other.sight.extended(reference, at: instant).deviation) <= Self.tolerance {
            count = other.count + 1
        }
        guard count >= Self.convincingCount else {
            other = (sight, count)
            return nil
        }
        self.last = sight
        other = nil
        return extended
    }
}
