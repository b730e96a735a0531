/// A setting that can't be used: the text names it and what it accepts, in one line.
public struct ConfigurationError: Error, CustomStringConvertible {
    /// One line for a person.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
