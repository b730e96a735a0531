/// What one HTTP client may take up.
public struct HTTPLimits: Sendable {
    /// How long the request line and headers may take to arrive. 0.05 to 600 s.
    public var headerTimeout: Duration = .seconds(5)
    /// How long the body may take to arrive. 0.05 to 600 s.
    public var bodyTimeout: Duration = .seconds(10)
    /// How long a connection is kept without a request. 0.05 to 600 s.
    public var idleTimeout: Duration = .seconds(30)
    /// How long a client may take to accept a response. 0.05 to 600 s.
    public var writeTimeout: Duration = .seconds(10)
    /// How long what a refused client still sends is read and thrown away, so that it sees the answer and not a reset.
    public var lingerTimeout: Duration = .seconds(1)
    /// The request line and headers together, in bytes.
    public var maximumHeaderSize = 16 * 1024
    /// The number of header lines.
    public var maximumHeaderCount = 64
    /// The body, in bytes. More than a browser's offer to watch 32 streams at once, and all that the engine reads.
    public var maximumBodySize = 256 * 1024
    /// Connections at a time.
    public var maximumConnections = 1024
    /// Connections at a time from one source (an IPv4 address or an IPv6 /64).
    public var maximumConnectionsPerSource = 512
    /// Requests a second from one source, in the long run.
    public var requestsPerSecond = 50.0
    /// Requests from one source at once.
    public var requestBurst = 500.0

    /// Limits that suit a public server.
    public init() {}
}
