public import Logging
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// WHIP and WHEP, health, statistics and a page, over HTTP/1.1, in front of media workers.
///
/// Source: RFC 9725; draft-ietf-wish-whep.
public final class SignalingServer: Sendable {
    /// Where the page is, such as `http://127.0.0.1:8080/`.
    public let url: String
    /// The TCP port it listens on.
    public let port: Int

    let registry: StreamRegistry
    let http: HTTPServer
    private let eventReaders: [Task<Void, Never>]

    /// Starts to serve `backends`, which stay the caller's to shut down.
    ///
    /// - Throws: `ConfigurationError` when a token is missing on an address that others reach, or the address can't be
    ///   listened on.
    public init(
        configuration: SignalingConfiguration, backends: [any MediaBackend], logger: Logger
    ) async throws(ConfigurationError) {
        try configuration.validate()
        let registry = StreamRegistry(
            backends: backends, maximumSessions: configuration.maximumSessions,
            publishing: configuration.publishing, logger: logger)
        let limits = configuration.limits
        let router = SignalingRouter(
            registry: registry, backends: backends, tokens: configuration.tokens,
            limiter: RateLimiter(perSecond: limits.requestsPerSecond, burst: limits.requestBurst), page: StartPage())
        do {
            http = try await HTTPServer.start(
                host: configuration.host, port: Int(configuration.port), limits: limits, router: router)
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw ConfigurationError("http: can't listen on \(configuration.host):\(configuration.port): \(reason)")
        }
        port = http.address.port ?? Int(configuration.port)
        let isIPv6 = configuration.host.contains(":")
        url = "http://\(isIPv6 ? "[\(configuration.host)]" : configuration.host):\(port)/"
        self.registry = registry
        eventReaders = backends.enumerated().map { worker, backend in
            Task {
                for await event in backend.events { await registry.handle(event, from: worker) }
            }
        }
    }

    /// Ends every session, telling the peers, and refuses new ones with 503; goes on answering.
    public func drain() async {
        await registry.drain()
    }

    /// Stops listening and cuts off whoever is still connected.
    public func stop() async {
        await http.stop()
        for reader in eventReaders { reader.cancel() }
    }
}
