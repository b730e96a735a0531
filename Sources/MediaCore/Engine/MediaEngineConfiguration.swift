/// How an engine behaves. The defaults suit a public server.
public struct MediaEngineConfiguration: Sendable {
    /// The addresses that answers announce, best first.
    public var candidates: [ICECandidate]
    /// How long a silent peer is kept. 1 to 600 s. Source: RFC 7675, section 5.1.
    public var consentTimeout: MediaDuration = .seconds(30)
    /// How long a new transport may take to finish DTLS. 1 to 600 s.
    public var handshakeTimeout: MediaDuration = .seconds(15)
    /// The most transports at a time. 1 to 65,535.
    public var maximumTransports = 4096
    /// The largest datagram to send, in bytes of UDP payload. 576 to 1,472.
    public var maximumDatagramSize = 1200
    /// Whether publishers that can are asked for redundant audio (RFC 2198). Without, it is taken from those that send it
    /// by themselves. Watchers that offer it get it as it comes, all others plain.
    public var prefersRedundantAudio = false

    /// Creates a configuration that announces the given addresses.
    public init(candidates: [ICECandidate]) {
        self.candidates = candidates
    }
}

extension MediaEngineConfiguration {
    /// Throws `MediaEngineError.invalidConfiguration`, naming the field and its range, for the first value out of range.
    func validate() throws(MediaEngineError) {
        let timeouts: ClosedRange<MediaDuration> = .seconds(1)...(.seconds(600))
        guard timeouts.contains(consentTimeout) else {
            throw .invalidConfiguration("consentTimeout must be 1 to 600 seconds")
        }
        guard timeouts.contains(handshakeTimeout) else {
            throw .invalidConfiguration("handshakeTimeout must be 1 to 600 seconds")
        }
        guard (1...65_535).contains(maximumTransports) else {
            throw .invalidConfiguration("maximumTransports must be 1 to 65535")
        }
        guard (576...1472).contains(maximumDatagramSize) else {
            throw .invalidConfiguration("maximumDatagramSize must be 576 to 1472 bytes")
        }
    }
}
