import MediaCore

/// Takes an input apart into operands. Past its end everything is 0 or empty.
struct FuzzInput {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: RawSpan) {
        self.bytes = bytes.array
    }

    var isAtEnd: Bool { offset >= bytes.count }

    mutating func byte() -> UInt8 {
        guard !isAtEnd else { return 0 }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func word() -> UInt16 {
        let high = UInt16(byte())
        return high << 8 | UInt16(byte())
    }

    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(offset + count, bytes.count)
        defer { offset = end }
        return Array(bytes[offset..<end])
    }

    /// Bytes behind a byte that counts them.
    mutating func block() -> [UInt8] {
        take(Int(byte()))
    }
}
