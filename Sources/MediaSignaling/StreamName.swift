/// The name of a stream: `{room}.{name}`, or `{name}` for a stream that is a room of its own. Each part is 1 to 64 of
/// `A`-`Z`, `a`-`z`, `0`-`9`, `_` and `-`.
struct StreamName: Hashable, Sendable, Encodable, CustomStringConvertible {
    let description: String

    /// What streams that can be watched on one connection have in common. A stream alone shares it with nobody, not
    /// even with a room of its name: that one ends in a dot.
    let room: String

    /// Returns nil for any other text.
    init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 2, omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ (1...64).contains($0.count) && $0.allSatisfy(Self.isAllowed) })
        else { return nil }
        description = String(text)
        room = parts.count == 2 ? String(description.prefix { $0 != "." }) + "." : description
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
