/// The extended sequence numbers of a stream's packets, in order of arrival. Each consumer reads it at its own pace: how
/// far it has come is all that is kept for it, so one that never reads costs nothing, and what one can't send yet is not
/// queued twice.
struct ArrivalLog: ~Copyable {
    /// More than a second of video at 8 Mbit/s: nobody waits longer.
    static let capacity = 1024

    private var numbers: UnsafeMutableBufferPointer<Int64>
    /// How many packets were ever entered: the position of the next one.
    private(set) var end: UInt64 = 0
    /// Which entries stand behind packets that were not entered, by their places.
    private var resumptions: UnsafeMutableBufferPointer<UInt64>
    /// Whether there ever were any.
    private(set) var hasResumptions = false

    init() {
        resumptions = .allocate(capacity: Self.capacity / 64)
        resumptions.initialize(repeating: 0)
        numbers = .allocate(capacity: Self.capacity)
        numbers.initialize(repeating: 0)
    }

    deinit {
        resumptions.deallocate()
        numbers.deallocate()
    }

    /// The position of the oldest packet that is kept.
    var start: UInt64 { end - min(end, UInt64(Self.capacity)) }

    /// Enters a packet. `isResumption` says that packets before it were not: numbers are to go on without a hole.
    mutating func append(_ extendedSequenceNumber: Int64, isResumption: Bool = false) {
        let place = Int(truncatingIfNeeded: end) & (Self.capacity - 1)
        numbers[place] = extendedSequenceNumber
        if isResumption || hasResumptions {
            let bit: UInt64 = 1 << UInt64(place & 63)
            if isResumption { resumptions[place >> 6] |= bit } else { resumptions[place >> 6] &= ~bit }
            hasResumptions = true
        }
        end += 1
    }

    /// Whether packets before the one at this position were not entered.
    func isResumption(_ position: UInt64) -> Bool {
        guard hasResumptions else { return false }
        let place = Int(truncatingIfNeeded: position) & (Self.capacity - 1)
        return resumptions[place >> 6] & (1 << UInt64(place & 63)) != 0
    }

    /// The packet at a position from `start` up to `end`.
    subscript(_ position: UInt64) -> Int64 {
        numbers[Int(truncatingIfNeeded: position) & (Self.capacity - 1)]
    }
}
