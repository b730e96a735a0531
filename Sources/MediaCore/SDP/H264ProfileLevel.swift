/// A `profile-level-id`: which H.264 streams a format means.
///
/// Source: RFC 6184, section 8.1, table 5.
struct H264ProfileLevel: Equatable, Sendable {
    /// The sub-profile that the profile and its constraint flags select.
    enum Profile: Equatable, Sendable {
        case constrainedBaseline
        case baseline
        case main
        case constrainedHigh
        case high
        /// Another one, by its two bytes.
        case other(UInt16)
    }

    var profile: Profile
    /// Ten times the level: 31 for 3.1.
    var level: UInt8

    /// What a format without the parameter means: baseline, level 1.
    static let unspecified = H264ProfileLevel(profile: .baseline, level: 10)

    private init(profile: Profile, level: UInt8) {
        self.profile = profile
        self.level = level
    }

    /// Parses six hexadecimal digits.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count == 6, text.first != "+", text.first != "-", let bits = UInt32(text, radix: 16) else {
            return nil
        }
        let constraints = UInt8(truncatingIfNeeded: bits >> 8)
        profile =
            switch (UInt8(truncatingIfNeeded: bits >> 16), constraints) {
            case (0x42, _) where constraints & 0x4F == 0x40: .constrainedBaseline
            case (0x4D, _) where constraints & 0x8F == 0x80: .constrainedBaseline
            case (0x58, _) where constraints & 0xCF == 0xC0: .constrainedBaseline
            case (0x42, _) where constraints & 0x4F == 0x00: .baseline
            case (0x58, _) where constraints & 0xCF == 0x80: .baseline
            case (0x4D, _) where constraints & 0xAF == 0x00: .main
            case (0x64, 0x00): .high
            case (0x64, 0x0C): .constrainedHigh
            default: .other(UInt16(truncatingIfNeeded: bits >> 8))
            }
        level = UInt8(truncatingIfNeeded: bits)
    }

    /// Whether a decoder of this profile decodes a stream of `stream`'s. Levels are not compared: browsers announce
    /// 3.1 and decode more, and allow the two directions to differ (`level-asymmetry-allowed`).
    func decodes(_ stream: H264ProfileLevel) -> Bool {
        if profile == stream.profile { return true }
        switch (stream.profile, profile) {
        case (.constrainedBaseline, .baseline), (.constrainedBaseline, .main), (.constrainedBaseline, .constrainedHigh),
            (.constrainedBaseline, .high), (.main, .high), (.constrainedHigh, .high):
            return true
        default:
            return false
        }
    }
}
