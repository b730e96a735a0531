/// An ETag: a session's current ICE generation.
///
/// Source: RFC 9725, section 4.3.1; RFC 9110, section 8.8.3.
struct EntityTag: Sendable, Equatable, CustomStringConvertible {
    private let value: String

    /// The tag of an ICE generation: its username fragment, whose characters all may stand in a tag.
    init(usernameFragment: String) {
        value = usernameFragment
    }

    /// The header value.
    var description: String { "\"\(value)\"" }

    /// Whether an `If-Match` value names this tag. Strong comparison: weak tags match nothing.
    /// Source: RFC 9110, section 13.1.1.
    func matches(_ ifMatch: String) -> Bool {
        let entries = ifMatch.split(separator: ",", maxSplits: 16).map { $0.drop { $0 == " " || $0 == "\t" } }
        return entries.contains { entry in
            let trimmed = entry.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
            return String(trimmed) == "*" || String(trimmed) == description
        }
    }
}
