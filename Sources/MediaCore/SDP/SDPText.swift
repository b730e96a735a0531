/// The character classes of SDP's grammar.
enum SDPText {
    /// Whether it is a `token` of at most `maximum` characters. Source: RFC 8866, section 9.
    static func isToken(_ text: some StringProtocol, maximum: Int) -> Bool {
        let utf8 = text.utf8
        return !utf8.isEmpty && utf8.count <= maximum && utf8.allSatisfy(isTokenCharacter)
    }

    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x41...0x5A, 0x5E...0x7E: true
        default: false
        }
    }

    /// Whether it consists of `ice-char` and its length is in `lengths`. Source: RFC 8839, section 5.1.
    static func isICECharacters(_ text: some StringProtocol, lengths: ClosedRange<Int>) -> Bool {
        let utf8 = text.utf8
        return lengths.contains(utf8.count)
            && utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }
    }

    /// Whether it can be a `rid-id` that fits a one-byte header extension. Source: RFC 8851, section 10.
    static func isRestrictionIdentifier(_ text: some StringProtocol) -> Bool {
        let utf8 = text.utf8
        return (1...16).contains(utf8.count)
            && utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// Whether it is all visible ASCII and spaces, so that it can be repeated to someone else.
    static func isVisible(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// A decimal number without sign; nil for anything else or out of the type's range.
    static func decimal<Number: FixedWidthInteger & UnsignedInteger>(_ text: some StringProtocol) -> Number? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return nil }
        return Number(text)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
