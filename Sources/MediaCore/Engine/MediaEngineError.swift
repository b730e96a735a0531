/// Why the engine refused a command.
public enum MediaEngineError: Error, Sendable, CustomStringConvertible {
    /// What was given is no SDP, or no SDP fragment; the text is one line that names the line and what is wrong.
    case malformedDescription(String)
    /// The offer can't receive any codec that the producers send; the text is one line that names them.
    case noCommonCodec(String)
    /// The offer can't be served; the text is one line that names the line of the offer and what is wrong.
    case unacceptableOffer(String)
    /// A configuration value out of range; the text names the field and the range.
    case invalidConfiguration(String)
    /// The transport has closed.
    case unknownTransport
    /// The producer has closed.
    case unknownProducer
    /// There are as many transports as the configuration allows.
    case tooManyTransports
    /// The system's cryptography failed.
    case cryptography(String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .malformedDescription(let text), .noCommonCodec(let text), .unacceptableOffer(let text),
            .invalidConfiguration(let text):
            text
        case .unknownTransport: "the session has closed"
        case .unknownProducer: "the stream has closed"
        case .tooManyTransports: "the engine is at its limit of transports"
        case .cryptography(let text): "cryptography failed: \(text)"
        }
    }
}
