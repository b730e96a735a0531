import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens for HTTP/1.1, within limits.
final class HTTPServer: Sendable {
    /// The address it listens on.
    let address: SocketAddress

    private let listener: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let counter: ConnectionCounter

    private init(
        listener: any Channel, address: SocketAddress, group: MultiThreadedEventLoopGroup, counter: ConnectionCounter
    ) {
        self.listener = listener
        self.address = address
        self.group = group
        self.counter = counter
    }

    /// Binds `host`, an address literal, and begins to answer.
    static func start(
        host: String, port: Int, limits: HTTPLimits, router: SignalingRouter
    ) async throws -> HTTPServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let counter = ConnectionCounter(
            maximum: limits.maximumConnections, maximumPerSource: limits.maximumConnectionsPerSource)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var decoding = NIOHTTPDecoderLimitConfiguration()
                    decoding.maxHeaderFieldSize = limits.maximumHeaderSize
                    decoding.maxHeaderListSize = limits.maximumHeaderSize
                    decoding.maxHeaderFieldCount = limits.maximumHeaderCount
                    let decoder = HTTPRequestDecoder(
                        leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop,
                        limitConfiguration: decoding)
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(decoder), HTTPResponseEncoder(),
                        HTTPConnectionHandler(router: router, limits: limits, counter: counter),
                    ])
                }
            }
        do {
            let listener = try await bootstrap.bind(host: host, port: port).get()
            guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
            return HTTPServer(listener: listener, address: address, group: group, counter: counter)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// The connections open now.
    var connectionCount: Int { counter.count }

    /// Stops listening, and cuts off whoever is still connected.
    func stop() async {
        try? await listener.close()
        try? await group.shutdownGracefully()
    }
}
