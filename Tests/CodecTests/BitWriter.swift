/// Bits, the most significant first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var used = 0

    /// Appends the lowest bits of a value.
    mutating func write(_ value: Int, bits: Int) {
        for bit in stride(from: bits - 1, through: 0, by: -1) {
            if used % 8 == 0 { bytes.append(0) }
            if value >> bit & 1 == 1 { bytes[bytes.count - 1] |= 0x80 >> UInt8(used % 8) }
            used += 1
        }
    }

    /// Appends a value below `limit`, in as few bits as it may take. Source: AV1 specification, section 4.10.7.
    mutating func write(_ value: Int, below limit: Int) {
        var width = 0
        while limit >> width > 0 { width += 1 }
        let short = 1 << width - limit
        if value < short {
            write(value, bits: width - 1)
        } else {
            write(value + short, bits: width)
        }
    }
}
