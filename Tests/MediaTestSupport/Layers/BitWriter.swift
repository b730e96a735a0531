/// Bits, the highest first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var count = 0

    mutating func append(_ value: Int, _ bits: Int) {
        for bit in (0..<bits).reversed() {
            if count % 8 == 0 { bytes.append(0) }
            bytes[count / 8] |= UInt8(value >> bit & 1) << (7 - count % 8)
            count += 1
        }
    }

    /// A number below `values`. Source: AOM, RTP payload format for AV1, appendix A.8.1.
    mutating func appendNonSymmetric(_ value: Int, below values: Int) {
        var (width, rest) = (0, values)
        while rest != 0 {
            width += 1
            rest >>= 1
        }
        let short = 1 << width - values
        if value < short {
            append(value, width - 1)
        } else {
            append(value + short, width)
        }
    }
}
