import NIOCore
import NIOHTTP1

/// One client's connection: a request at a time, each step under a deadline.
///
/// A request is admitted or refused when its headers are complete, before any of its body is taken.
final class HTTPConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Between requests; `begun` when a part of one may have arrived.
        case idle(begun: Bool)
        /// Admitted, the body is arriving.
        case readingBody(SignalingRequest)
        /// Refused, and without a body: the answer goes out when the request ends.
        case refusing(HTTPReply)
        /// The answer is being made or sent.
        case responding
        /// Answered for good: what still arrives is thrown away.
        case lingering
        case closed
    }

    private let router: SignalingRouter
    private let limits: HTTPLimits
    private let counter: ConnectionCounter
    private var state = State.idle(begun: true)
    private var source = HTTPSource(nil)
    private var isCounted = false
    private var isHead = false
    private var keepsAlive = true
    private var inputClosed = false
    private var deadline: Scheduled<Void>?
    /// What the decoder had already read behind the current request: bounded by one read, since reading then pauses.
    private var pending: CircularBuffer<Result<HTTPServerRequestPart, any Error>> = []
    private var readIsHeld = false
    private var isResuming = false

    init(router: SignalingRouter, limits: HTTPLimits, counter: ConnectionCounter) {
        self.router = router
        self.limits = limits
        self.counter = counter
    }

    // MARK: Arriving

    func channelActive(context: ChannelHandlerContext) {
        source = HTTPSource(context.remoteAddress)
        isCounted = counter.enter(source)
        if isCounted {
            setDeadline(limits.headerTimeout, context: context)
        } else {
            state = .responding
            keepsAlive = false
            let reply = HTTPReply(.serviceUnavailable, reason: "too many connections").with("retry-after", "5")
            write(reply, context: context).whenComplete { [channel = context.channel] _ in
                channel.close(promise: nil)
            }
            setDeadline(limits.lingerTimeout, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        deadline?.cancel()
        pending.removeAll()
        if isCounted { counter.leave(source) }
        isCounted = false
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(.success(unwrapInboundIn(data)), context: context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        receive(.failure(error), context: context)
    }

    private func receive(_ event: Result<HTTPServerRequestPart, any Error>, context: ChannelHandlerContext) {
        if case .responding = state {
            // One refused for its length, whose body goes on, is not kept alive: nothing of it matters.
            if keepsAlive { pending.append(event) }
        } else {
            process(event, context: context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Bytes came, and no complete header with them.
        if case .idle(begun: false) = state {
            state = .idle(begun: true)
            setDeadline(limits.headerTimeout, context: context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if case .responding = state, keepsAlive {
            readIsHeld = true
        } else {
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return }
        inputClosed = true
        switch state {
        case .responding: keepsAlive = false
        case .idle, .readingBody, .refusing, .lingering, .closed: close(context: context)
        }
    }

    // MARK: One request

    private func process(_ event: Result<HTTPServerRequestPart, any Error>, context: ChannelHandlerContext) {
        switch (state, event) {
        case (.idle, .success(.head(let head))):
            begin(head, context: context)
        case (.readingBody(var request), .success(.body(let bytes))):
            let limit = min(limits.maximumBodySize, request.route.maximumBodySize ?? .max)
            guard request.body.readableBytes + bytes.readableBytes <= limit else {
                let reply = HTTPReply(.payloadTooLarge, reason: "the body is larger than \(limit) bytes")
                return finish(request.route.decorate(reply), keepAlive: false, context: context)
            }
            // The state lets go of the buffer first, so that appending does not copy it.
            state = .responding
            request.body.writeImmutableBuffer(bytes)
            state = .readingBody(request)
        case (.readingBody(let request), .success(.end)):
            respond(to: request, context: context)
        case (.refusing(let reply), .success(.end)):
            finish(reply, keepAlive: true, context: context)
        case (.idle, .failure(let error)), (.readingBody, .failure(let error)), (.refusing, .failure(let error)):
            finish(Self.reply(to: error), keepAlive: false, context: context)
        case (.idle, .success), (.refusing, .success), (.readingBody, .success(.head)), (.responding, _),
            (.lingering, _), (.closed, _):
            break
        }
    }

    private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        isHead = head.method == .HEAD
        keepsAlive = head.isKeepAlive
        let now = NIODeadline.now().uptimeNanoseconds
        switch router.admit(head, from: source, at: now, maximumBodySize: limits.maximumBodySize) {
        case .refused(let reply) where head.hasBody:
            finish(reply, keepAlive: false, context: context)
        case .refused(let reply):
            state = .refusing(reply)
        case .admitted(let route):
            state = .readingBody(SignalingRequest(route: route, head: head))
            setDeadline(limits.bodyTimeout, context: context)
            if head.headers.contains(name: "expect") {
                context.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
            }
        }
    }

    private func respond(to request: SignalingRequest, context: ChannelHandlerContext) {
        state = .responding
        deadline?.cancel()
        let promise = context.eventLoop.makePromise(of: HTTPReply.self)
        let router = router
        promise.completeWithTask { await router.respond(to: request) }
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            guard case .responding = state else { return }
            let reply = (try? result.get()) ?? HTTPReply(.internalServerError, reason: "internal error")
            finish(reply, keepAlive: true, context: context)
        }
    }

    /// Sends `reply`; then goes on to the next request, or says goodbye.
    private func finish(_ reply: HTTPReply, keepAlive: Bool, context: ChannelHandlerContext) {
        state = .responding
        keepsAlive = keepsAlive && keepAlive && !inputClosed
        setDeadline(limits.writeTimeout, context: context)
        write(reply, context: context).assumeIsolated().whenComplete { [self] result in
            guard case .responding = state else { return }
            guard case .success = result, !inputClosed else { return close(context: context) }
            guard keepsAlive else { return linger(context: context) }
            state = .idle(begun: !pending.isEmpty)
            setDeadline(pending.isEmpty ? limits.idleTimeout : limits.headerTimeout, context: context)
            resume(context: context)
        }
    }

    /// Takes up what was read behind the request just answered. A loop, not a recursion: an answer may be out at once.
    private func resume(context: ChannelHandlerContext) {
        guard !isResuming else { return }
        isResuming = true
        defer { isResuming = false }
        while let event = pending.popFirst() {
            process(event, context: context)
            if case .responding = state { return }
        }
        if readIsHeld {
            readIsHeld = false
            context.read()
        }
    }

    private func write(_ reply: HTTPReply, context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        var head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
        head.headers.add(name: "date", value: WallTime.http())
        head.headers.add(name: "x-content-type-options", value: "nosniff")
        if !head.headers.contains(name: "cache-control") { head.headers.add(name: "cache-control", value: "no-store") }
        if reply.status != .noContent { head.headers.add(name: "content-length", value: "\(reply.body.utf8.count)") }
        if !keepsAlive { head.headers.add(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead, !reply.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
        }
        return context.writeAndFlush(wrapOutboundOut(.end(nil)))
    }

    // MARK: Leaving

    private func linger(context: ChannelHandlerContext) {
        state = .lingering
        pending.removeAll()
        setDeadline(limits.lingerTimeout, context: context)
        context.close(mode: .output, promise: nil)
        if readIsHeld {
            readIsHeld = false
            context.read()
        }
    }

    private func close(context: ChannelHandlerContext) {
        state = .closed
        deadline?.cancel()
        context.close(promise: nil)
    }

    private func setDeadline(_ duration: Duration, context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration)) { [self] in
            deadlinePassed(context: context)
        }
    }

    private func deadlinePassed(context: ChannelHandlerContext) {
        switch state {
        case .idle(begun: true):
            finish(HTTPReply(.requestTimeout, reason: "the header took too long"), keepAlive: false, context: context)
        case .readingBody(let request):
            let reply = HTTPReply(.requestTimeout, reason: "the body took too long")
            finish(request.route.decorate(reply), keepAlive: false, context: context)
        case .idle(begun: false), .refusing, .responding, .lingering, .closed:
            close(context: context)
        }
    }

    private static func reply(to error: any Error) -> HTTPReply {
        if error as? HTTPParserError == .headerOverflow {
            HTTPReply(.requestHeaderFieldsTooLarge, reason: "the header is too large")
        } else {
            HTTPReply(.badRequest, reason: "malformed HTTP request")
        }
    }
}
