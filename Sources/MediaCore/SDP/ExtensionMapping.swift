/// An `a=extmap` line: the identifier a section gives to a header extension.
///
/// Source: RFC 8285, section 5.
struct ExtensionMapping: Equatable, Sendable {
    /// 1 to 14, or 16 to 255 for the two-byte form.
    var identifier: UInt8
    /// Which way the extension is meant to go; nil when it follows the section.
    var direction: MediaDirection?
    /// What it is.
    var uri: String

    /// Parses the value; nil when it can't be read, or has an identifier that no packet can carry (0, the reserved 15,
    /// and the numbers above 255, which stand for a wish without an identifier).
    init?(parsing line: SDPLine) {
        let words = line.words
        guard words.count >= 2 else { return nil }
        let parts = words[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let identifier: UInt8 = SDPText.decimal(parts[0]), identifier != 0, identifier != 15 else { return nil }
        if parts.count == 2 {
            guard let direction = MediaDirection(rawValue: String(parts[1])) else { return nil }
            self.direction = direction
        }
        self.identifier = identifier
        uri = String(words[1])
    }

    /// The line that answers it when the answerer goes `answer`'s way with it: its direction is written only where the
    /// offer wrote one.
    func answered(_ answer: MediaDirection) -> SDPLine {
        let suffix = direction == nil ? "" : "/\(answer.rawValue)"
        return SDPLine("extmap", "\(identifier)\(suffix) \(uri)")
    }
}
