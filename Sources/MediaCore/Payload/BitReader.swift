/// A cursor over received bits, the highest of a byte first: every read is checked, and a read past the end throws.
struct BitReader: ~Escapable {
    private let bytes: RawSpan
    /// How many bits were read.
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// How many bits are left.
    var remaining: Int { bytes.byteCount * 8 - offset }

    /// The next `count` bits, at most 32, as a number.
    mutating func read(_ count: Int) throws(WireError) -> UInt32 {
        guard count >= 0, count <= 32, count <= remaining else { throw .truncated }
        var value: UInt32 = 0
        var left = count
        while left > 0 {
            let byte = UInt32(try bytes.uint8(at: offset >> 3))
            let available = 8 - (offset & 7)
            let taken = min(available, left)
            let piece = byte >> UInt32(available - taken) & ((1 << UInt32(taken)) &- 1)
            value = value << UInt32(taken) | piece
            offset += taken
            left -= taken
        }
        return value
    }

    /// The next bit.
    mutating func readFlag() throws(WireError) -> Bool {
        try read(1) != 0
    }

    mutating func skip(_ count: Int) throws(WireError) {
        guard count >= 0, count <= remaining else { throw .truncated }
        offset += count
    }

    /// A number below `bound`, in as few bits as that takes. Source: AOM, RTP payload format for AV1, appendix A.8.1.
    mutating func readNonSymmetric(_ bound: Int) throws(WireError) -> Int {
        guard bound > 0 else { throw .truncated }
        let width = Int.bitWidth - bound.leadingZeroBitCount
        let short = (1 << width) - bound
        let value = Int(try read(width - 1))
        if value < short { return value }
        return (value << 1) - short + Int(try read(1))
    }
}
