/// The extended sequence numbers of a stream's packets, in order of arrival. Each consumer reads it at its own pace: how
/// far it has come is all that is kept for it, so one that never reads costs nothing, and what one can't send yet is not
/// queued twice.
struct ArrivalLog: ~Copyable {
    /// More than a second of video at 8 Mbit/s: nobody waits longer.
    static let capacity = 1024

    private var numbers: UnsafeMutableBufferPointer<Int64>
    /// How many packets were ever entered: the position of the next one.
    private(set) var end: UInt64 = 0

    init() {
        numbers = .allocate(capacity: Self.capacity)
        numbers.initialize(repeating: 0)
    }

    deinit {
        numbers.deallocate()
    }

    /// The position of the oldest packet that is kept.
    var start: UInt64 { end - min(end, UInt64(Self.capacity)) }

    mutating func append(_ extendedSequenceNumber: Int64) {
        numbers[Int(truncatingIfNeeded: end) & (Self.capacity - 1)] = extendedSequenceNumber
        end += 1
    }

    /// The packet at a position from `start` up to `end`.
    subscript(_ position: UInt64) -> Int64 {
        numbers[Int(truncatingIfNeeded: position) & (Self.capacity - 1)]
    }
}
