/// Why a session description was refused.
package struct SDPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line at fault, counted from 1; 0 when no single line is.
    package let line: Int
    /// The reason: one line of visible ASCII, at most 200 characters, whatever the peer sent.
    package let text: String

    /// Creates an error. What `text` quotes of the peer's input is escaped and shortened here, so that it can go into
    /// a log or a response as it is.
    package init(line: Int, _ text: String) {
        self.line = line
        var safe = ""
        var length = 0
        for scalar in text.unicodeScalars {
            let piece = (32...126).contains(scalar.value) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
            length += piece.utf8.count
            guard length <= 197 else {
                safe += "..."
                break
            }
            safe += piece
        }
        self.text = safe
    }

    /// One line for a person, such as `line 12: a=rtcp-mux is required`.
    package var description: String { line == 0 ? text : "line \(line): \(text)" }
}
