/// A small seeded generator: the same seed gives the same numbers on every machine.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Evenly from 0 up to, not including, 1.
    mutating func nextUnit() -> Double {
        Double(next() >> 11) / 9_007_199_254_740_992  // 2^53
    }
}
