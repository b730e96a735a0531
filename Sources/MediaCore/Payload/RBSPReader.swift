/// A cursor over the bits of a NAL unit, without the bytes that keep start codes out of it.
///
/// Source: ITU-T H.264, section 7.3.1 and 9.1; H.265 is the same.
struct RBSPReader: ~Escapable {
    private let bytes: RawSpan
    private var offset: Int
    private var current: UInt8 = 0
    private var bitsLeft = 0
    private var zeros = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    mutating func readFlag() throws(WireError) -> Bool {
        if bitsLeft == 0 {
            current = try bytes.uint8(at: offset)
            offset += 1
            if zeros >= 2 && current == 3 {
                current = try bytes.uint8(at: offset)
                offset += 1
                zeros = 0
            }
            zeros = current == 0 ? zeros + 1 : 0
            bitsLeft = 8
        }
        bitsLeft -= 1
        return current >> UInt8(bitsLeft) & 1 != 0
    }

    /// The next `count` bits, at most 32.
    mutating func read(_ count: Int) throws(WireError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count { value = value << 1 | (try readFlag() ? 1 : 0) }
        return value
    }

    mutating func skip(_ count: Int) throws(WireError) {
        for _ in 0..<count { _ = try readFlag() }
    }

    /// An Exp-Golomb code, below 2^32 - 1.
    mutating func readCode() throws(WireError) -> Int {
        var zeros = 0
        while try !readFlag() {
            zeros += 1
            guard zeros < 32 else { throw .truncated }
        }
        return (1 << zeros) - 1 + Int(try read(zeros))
    }

    /// A signed Exp-Golomb code.
    mutating func readSignedCode() throws(WireError) -> Int {
        let code = try readCode()
        return code & 1 != 0 ? (code + 1) / 2 : -(code / 2)
    }
}
