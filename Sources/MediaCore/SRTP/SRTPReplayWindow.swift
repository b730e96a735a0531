/// Which of the last 128 packets of a source have come, and the highest index of all.
///
/// Source: RFC 3711, sections 3.3.1 and 3.3.2.
struct SRTPReplayWindow: Equatable, Sendable {
    /// The highest index that was authentic.
    private(set) var highest: UInt64 = 0
    /// Bit n is set when the packet n below the highest has come. None is set before the first.
    private var seen: UInt128 = 0

    /// The window of a source without packets.
    init() {}

    /// The window of a source of which only the highest index is remembered: all below counts as seen.
    init(resumingAbove highest: UInt64) {
        self.highest = highest
        seen = .max
    }

    /// The index that a sequence number most likely belongs to.
    ///
    /// Where the estimate falls below zero the roll-over counter stays zero: no packet has a lower index, so this is
    /// the one guess that can be right.
    func estimate(_ sequenceNumber: UInt16) -> UInt64 {
        let rollovers = highest >> 16
        let last = Int(UInt16(truncatingIfNeeded: highest))
        let number = Int(sequenceNumber)
        var guess = rollovers
        if last < 32_768 {
            if number - last > 32_768, rollovers > 0 { guess = rollovers - 1 }
        } else if last - 32_768 > number, rollovers < UInt64(UInt32.max) {
            guess = rollovers + 1
        }
        return guess << 16 | UInt64(sequenceNumber)
    }

    /// `.pending` for an index that would be new; `.replayed` or `.tooOld` for another.
    func check(_ index: UInt64) -> SRTPOutcome {
        guard seen != 0, index <= highest else { return .pending }
        let age = highest - index
        guard age < 128 else { return .tooOld }
        return seen >> UInt128(age) & 1 == 0 ? .pending : .replayed
    }

    /// Remembers an index that `check` let pass and whose packet is authentic.
    mutating func accept(_ index: UInt64) {
        if seen == 0 || index > highest {
            let step = index - (seen == 0 ? index : highest)
            seen = (step < 128 ? seen << UInt128(step) : 0) | 1
            highest = index
        } else if highest - index < 128 {
            seen |= 1 << UInt128(highest - index)
        }
    }
}
