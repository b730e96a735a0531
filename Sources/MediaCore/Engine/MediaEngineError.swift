/// Why the engine refused a command.
public enum MediaEngineError: Error, Sendable, CustomStringConvertible {
    /// The SDP can't be read; the text is one line that names the line and what is wrong.
    case malformedOffer(String)
    /// The offer can't be served; the text is one line that names the line of the offer and what is wrong.
    case unacceptableOffer(String)
    /// The offer can't receive the codec that is published; the text names it.
    case noCommonCodec(String)
    /// A configuration value out of range; the text names the field and the range.
    case invalidConfiguration(String)
    /// The transport has closed.
    case unknownTransport
    /// The producer has closed.
    case unknownProducer
    /// The consumer has closed.
    case unknownConsumer
    /// The group of speakers has been removed.
    case unknownSpeakerGroup
    /// A layer preference out of range; the text names the field and the range.
    case invalidPreference(String)
    /// A bit rate out of range; the text names the field and the range.
    case invalidBitrate(String)
    /// The engine's worker has been shut down.
    case stopped
    /// There are as many transports as the configuration allows.
    case tooManyTransports
    /// The system's cryptography failed.
    case cryptography(String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .malformedOffer(let text), .unacceptableOffer(let text), .noCommonCodec(let text),
            .invalidConfiguration(let text), .invalidPreference(let text), .invalidBitrate(let text):
            text
        case .unknownTransport: "the session has closed"
        case .unknownProducer: "the stream has closed"
        case .unknownConsumer: "the watched stream has closed"
        case .unknownSpeakerGroup: "the group of speakers has been removed"
        case .stopped: "the engine has stopped"
        case .tooManyTransports: "the engine is at its limit of transports"
        case .cryptography(let text): "cryptography failed: \(text)"
        }
    }
}
