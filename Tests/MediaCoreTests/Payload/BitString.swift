/// Bits as a text of 0 and 1, and numbers put behind them.
struct BitString {
    private var bits: [UInt8] = []

    init(_ text: String = "") {
        for character in text where character != " " { bits.append(character == "1" ? 1 : 0) }
    }

    var count: Int { bits.count }

    mutating func put(_ value: Int, _ width: Int) {
        for index in 0..<width { bits.append(UInt8(value >> (width - 1 - index) & 1)) }
    }

    /// An Exp-Golomb code.
    mutating func putCode(_ value: Int) {
        let width = Int.bitWidth - (value + 1).leadingZeroBitCount
        put(value + 1, 2 * width - 1)
    }

    /// A number below a bound, as the dependency descriptor has it.
    mutating func putNonSymmetric(_ value: Int, below bound: Int) {
        var width = 0
        while bound >> width > 0 { width += 1 }
        let short = (1 << width) - bound
        if value < short { put(value, width - 1) } else { put(value + short, width) }
    }

    /// The bits, filled up with zeros.
    var bytes: [UInt8] {
        stride(from: 0, to: bits.count, by: 8).map { start in
            (0..<8).reduce(UInt8(0)) { $0 << 1 | (start + $1 < bits.count ? bits[start + $1] : 0) }
        }
    }
}
