extension TransportFeedback {
    /// Appends everything behind the RTCP header. Receptions that are out of order or beyond `statusCount` must not
    /// occur: they are the caller's to avoid, and end the message early.
    func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: sender)
        bytes.append(bigEndian: media)
        bytes.append(bigEndian: baseSequenceNumber)
        bytes.append(bigEndian: statusCount)
        bytes.append(bigEndian24: referenceTime)
        bytes.append(feedbackCount)
        var statuses = Statuses(receptions: receptions, count: Int(statusCount))
        while let chunk = statuses.nextChunk() { bytes.append(bigEndian: chunk) }
        for reception in receptions.prefix(statuses.index) {
            if Statuses.symbol(of: reception) == 1 {
                bytes.append(UInt8(truncatingIfNeeded: reception.delta))
            } else {
                bytes.append(bigEndian: UInt16(bitPattern: reception.delta))
            }
        }
    }

    /// Packs statuses into chunks: runs where they are long, vectors elsewhere.
    private struct Statuses {
        let receptions: [Reception]
        let count: Int
        /// The next status to pack.
        var position = 0
        /// The first reception not packed.
        var index = 0

        init(receptions: [Reception], count: Int) {
            self.receptions = receptions
            self.count = count
        }

        /// 1 where the delta takes one byte, 2 where it takes two.
        static func symbol(of reception: Reception) -> UInt16 {
            (0...255).contains(reception.delta) ? 1 : 2
        }

        mutating func nextChunk() -> UInt16? {
            guard position < count else { return nil }
            let (symbol, length) = run()
            if length >= 14 || length == count - position || length >= 7 && hasLarge(in: 14) {
                if symbol != 0 { index += length }
                position += length
                return symbol << 13 | UInt16(length)
            }
            return hasLarge(in: 14) ? vector(bits: 2) : vector(bits: 1)
        }

        /// The status at the position and how often it repeats, up to what one chunk holds.
        private func run() -> (symbol: UInt16, length: Int) {
            let limit = min(count - position, 0x1FFF)
            guard index < receptions.count else { return (0, limit) }
            let gap = Int(receptions[index].offset) - position
            guard gap <= 0 else { return (0, min(gap, limit)) }
            let symbol = Self.symbol(of: receptions[index])
            var length = 1
            while length < limit, index + length < receptions.count,
                Int(receptions[index + length].offset) == position + length,
                Self.symbol(of: receptions[index + length]) == symbol
            {
                length += 1
            }
            return (symbol, length)
        }

        private func hasLarge(in width: Int) -> Bool {
            receptions[index...].prefix { Int($0.offset) < position + width }
                .contains { Self.symbol(of: $0) == 2 }
        }

        private mutating func vector(bits: Int) -> UInt16 {
            let capacity = 14 / bits
            var chunk: UInt16 = bits == 1 ? 0x8000 : 0xC000
            for step in 0..<capacity {
                guard index < receptions.count, Int(receptions[index].offset) == position + step else { continue }
                chunk |= Self.symbol(of: receptions[index]) << UInt16(14 - bits * (step + 1))
                index += 1
            }
            position += capacity
            return chunk
        }
    }
}
