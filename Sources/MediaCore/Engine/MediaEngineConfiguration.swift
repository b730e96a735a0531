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
    /// Whether sound is repeated (RFC 2198) for watchers that offer that and lose much of it. Turn it off where browsers
    /// encrypt sound from end to end: their scripts would be given the repetition with it.
    public var repeatsLostAudio = true
    /// The bounds of what the link to a watcher is taken to carry, and where that begins.
    public var bitrateLimits = BitrateLimits()
    /// In what groups packets leave: what the link carries in so much time, at once. 1 to 40 ms.
    public var pacingQuantum: MediaDuration = .milliseconds(5)
    /// Makes what finds out what the link to a watcher carries, within the limits it is given.
    public var makeEstimator: @Sendable (BitrateLimits) -> any BandwidthEstimator = {
        GoogleCongestionControl(limits: $0)
    }

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
        guard (MediaDuration.milliseconds(1)...(.milliseconds(40))).contains(pacingQuantum) else {
            throw .invalidConfiguration("pacingQuantum must be 1 to 40 milliseconds")
        }
        guard bitrateLimits.minimum >= 5000 else {
            throw .invalidConfiguration("bitrateLimits.minimum must be 5000 bit/s at least")
        }
        guard (bitrateLimits.minimum...max(bitrateLimits.minimum, bitrateLimits.maximum)).contains(bitrateLimits.start)
        else {
            throw .invalidConfiguration(
                "bitrateLimits.start must be from bitrateLimits.minimum to bitrateLimits.maximum")
        }
        guard bitrateLimits.maximum <= 1_000_000_000 else {
            throw .invalidConfiguration("bitrateLimits.maximum must be 1000000000 bit/s at most")
        }
    }
}
