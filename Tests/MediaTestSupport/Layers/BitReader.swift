/// Reads bits, the highest first; nil beyond the end.
struct BitReader {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read(_ bits: Int) -> Int? {
        guard position + bits <= bytes.count * 8 else { return nil }
        var value = 0
        for _ in 0..<bits {
            value = value << 1 | Int(bytes[position / 8] >> (7 - UInt8(position % 8)) & 1)
            position += 1
        }
        return value
    }

    /// A number below `values`. Source: AOM, RTP payload format for AV1, appendix A.8.1.
    mutating func readNonSymmetric(below values: Int) -> Int? {
        let width = Int.bitWidth - values.leadingZeroBitCount
        let short = 1 << width - values
        guard let head = read(width - 1) else { return nil }
        guard head >= short else { return head }
        guard let extra = read(1) else { return nil }
        return head << 1 + extra - short
    }
}
