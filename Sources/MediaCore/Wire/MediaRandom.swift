/// The engine's source of randomness: the system's generator in production, a seeded one where runs must repeat.
public enum MediaRandom: RandomNumberGenerator, Sendable {
    /// The system's cryptographically secure generator.
    case system
    /// SplitMix64 from the given state. Predictable: for tests and simulation only.
    case seeded(UInt64)

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        switch self {
        case .system:
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        case .seeded(let state):
            let next = state &+ 0x9E37_79B9_7F4A_7C15
            self = .seeded(next)
            var mixed = next
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// `count` random bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var result = [UInt8]()
        result.reserveCapacity(count)
        var word: UInt64 = 0
        for index in 0..<count {
            if index % 8 == 0 { word = next() }
            result.append(UInt8(truncatingIfNeeded: word))
            word >>= 8
        }
        return result
    }

    /// `count` random characters of the ICE alphabet (letters, digits, `+` and `/`), six bits each.
    ///
    /// Source: RFC 8839, section 5.4.
    mutating func iceCharacters(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let text = bytes(count).map { alphabet[Int($0 & 63)] }
        return String(decoding: text, as: UTF8.self)
    }
}
