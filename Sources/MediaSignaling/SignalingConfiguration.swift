import MediaCore

/// How signalling is served. The defaults listen on loopback, without tokens.
public struct SignalingConfiguration: Sendable {
    /// The address to listen on: an IPv4 or IPv6 literal.
    public var host = "127.0.0.1"
    /// The TCP port; 0 takes a free one.
    public var port: UInt16 = 8080
    /// The bearer tokens. All three are required unless `host` is a loopback address.
    public var tokens = AccessTokens()
    /// Sessions at a time, publishers and watchers together.
    public var maximumSessions = 4096
    /// What publishers are asked to send.
    public var publishing = PublishingRates()
    /// What one HTTP client may take up.
    public var limits = HTTPLimits()

    /// Creates the default configuration.
    public init() {}

    /// Checks that the server may listen where it is told to.
    func validate() throws(ConfigurationError) {
        guard let address = TransportAddress(host, port: port) else {
            throw ConfigurationError("http: \"\(LogText.escaped(host))\" is not an IP address")
        }
        let missing = AccessTokens.Purpose.allCases.filter { !tokens.isSet($0) }.map(\.environmentName)
        guard address.isLoopback || missing.isEmpty else {
            throw ConfigurationError(
                "http: others reach \(host), so tokens are required: set \(missing.joined(separator: ", "))")
        }
    }
}
