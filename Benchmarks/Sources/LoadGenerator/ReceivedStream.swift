/// One stream as one subscriber gets it: what came, what came twice, what belongs to which packet of its publisher.
struct ReceivedStream {
    /// Numbers behind the highest that a packet may have and still be told from a duplicate.
    static let windowSize = 1024

    let ssrc: UInt32
    /// The published stream; -1 until a decrypted packet has told.
    var source = -1
    /// The publisher's number is the received one, extended, plus this.
    private var offset: Int64 = 0
    private var highest: Int64 = 0
    private let window: UnsafeMutablePointer<UInt64>
    /// Packets of the measured range, each counted once.
    var unique = 0
    var duplicates = 0
    /// Too old to tell.
    var late = 0
    /// Decrypted packets that showed that the numbers did not run on as they had.
    var jumps = 0

    init(ssrc: UInt32) {
        self.ssrc = ssrc
        window = .allocate(capacity: Self.windowSize / 64)
        window.initialize(repeating: 0, count: Self.windowSize / 64)
    }

    /// Learns from a decrypted packet which number of the publisher a sequence number stands for.
    mutating func bind(source: Int, index: UInt64, sequenceNumber: UInt16) {
        if self.source == source, extended(sequenceNumber) + offset == Int64(index) { return }
        if self.source >= 0 { jumps += 1 }
        self.source = source
        highest = Int64(sequenceNumber)
        offset = Int64(index) - highest
        window.update(repeating: 0, count: Self.windowSize / 64)
    }

    private func extended(_ sequenceNumber: UInt16) -> Int64 {
        highest + Int64(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest)))
    }

    /// Counts a packet. Returns its publisher's number when it came for the first time.
    mutating func receive(_ sequenceNumber: UInt16) -> UInt64? {
        let number = extended(sequenceNumber)
        if number > highest {
            let first = max(highest + 1, number - Int64(Self.windowSize) + 1)
            for skipped in first...number { window[word(skipped)] &= ~bit(skipped) }
            highest = number
        } else if highest - number >= Int64(Self.windowSize) {
            late += 1
            return nil
        }
        guard window[word(number)] & bit(number) == 0 else {
            duplicates += 1
            return nil
        }
        window[word(number)] |= bit(number)
        return UInt64(bitPattern: number + offset)
    }

    /// The highest sequence number with the count of its wraps, as a receiver report has it.
    var highestReceived: UInt32 { UInt32(truncatingIfNeeded: highest) }

    private func word(_ number: Int64) -> Int { Int(truncatingIfNeeded: number >> 6) & (Self.windowSize / 64 - 1) }
    private func bit(_ number: Int64) -> UInt64 { 1 << UInt64(truncatingIfNeeded: number & 63) }
}
