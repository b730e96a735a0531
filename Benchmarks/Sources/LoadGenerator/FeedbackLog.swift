/// The transport-wide numbers that came since the last feedback, and the message that tells of them.
///
/// Source: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
struct FeedbackLog {
    static let capacity = 400

    private let numbers = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
    private let times = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
    private(set) var count = 0
    private var messages: UInt8 = 0
    /// The number after the last one reported.
    private var next: UInt16?
    var media: UInt32 = 0

    var isFull: Bool { count == Self.capacity }

    mutating func append(_ number: UInt16, at nanoseconds: Int64, media: UInt32) {
        guard count < Self.capacity else { return }
        numbers[count] = number
        times[count] = nanoseconds
        count += 1
        self.media = media
    }

    /// The feedback message for what came since the last; nil when nothing did.
    mutating func message(sender: UInt32) -> [UInt8]? {
        guard count > 0 else { return nil }
        let base = next ?? numbers[0]
        var entries: [(position: Int, time: Int64)] = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            let position = Int(Int16(bitPattern: numbers[index] &- base))
            // Of what came late, and was reported as lost, nothing is said.
            if position >= 0, position < 2000 { entries.append((position, times[index])) }
        }
        count = 0
        entries.sort { $0.position < $1.position }
        guard let last = entries.last else { return nil }
        next = base &+ UInt16(last.position + 1)

        // Times count in quarters of a millisecond from a reference in steps of 64 ms.
        let reference = entries[0].time / 64_000_000
        var chunks: [UInt8] = []
        var deltas: [UInt8] = []
        var previous = reference * 256
        var position = 0
        var runSymbol = -1
        var runLength = 0
        func flush() {
            while runLength > 0 {
                let length = min(runLength, 8191)
                chunks += [UInt8(runSymbol << 5 | length >> 8), UInt8(length & 255)]
                runLength -= length
            }
        }
        func add(_ symbol: Int, _ number: Int) {
            guard number > 0 else { return }
            if symbol != runSymbol { flush() }
            runSymbol = symbol
            runLength += number
        }
        for entry in entries where entry.position >= position {
            add(0, entry.position - position)
            let time = entry.time / 250_000
            let delta = max(-32768, min(32767, time - previous))
            previous += delta
            if (0...255).contains(delta) {
                add(1, 1)
                deltas.append(UInt8(delta))
            } else {
                add(2, 1)
                let bits = UInt16(bitPattern: Int16(delta))
                deltas += [UInt8(bits >> 8), UInt8(bits & 255)]
            }
            position = entry.position + 1
        }
        flush()
        var bytes: [UInt8] = [0x8F, 205, 0, 0]
        bytes.append(word: sender)
        bytes.append(word: media)
        bytes += [UInt8(base >> 8), UInt8(base & 255), UInt8(position >> 8), UInt8(position & 255)]
        bytes.append(word: UInt32(truncatingIfNeeded: reference & 0xFF_FFFF) << 8 | UInt32(messages))
        messages &+= 1
        bytes += chunks + deltas
        while bytes.count % 4 != 0 { bytes.append(0) }
        let words = bytes.count / 4 - 1
        (bytes[2], bytes[3]) = (UInt8(words >> 8), UInt8(words & 255))
        return bytes
    }
}

extension [UInt8] {
    mutating func append(word: UInt32) {
        self += [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
    }
}
