import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Decides who may do what, and has it done.
struct SignalingRouter: Sendable {
    enum Admission {
        case admitted(SignalingRoute)
        case refused(HTTPReply)
    }

    let registry: StreamRegistry
    let backends: [any MediaBackend]
    let tokens: AccessTokens
    let limiter: RateLimiter
    let page: StartPage
    let start = ContinuousClock.now

    // MARK: Before the body

    /// Judges a request by its header alone. `instant` is in monotonic nanoseconds.
    func admit(
        _ head: HTTPRequestHead, from source: HTTPSource, at instant: UInt64, maximumBodySize: Int
    ) -> Admission {
        do throws(Refusal) {
            return .admitted(try judge(head, source, instant, maximumBodySize))
        } catch {
            return .refused(error.route?.decorate(error.reply) ?? error.reply)
        }
    }

    private struct Refusal: Error {
        var reply: HTTPReply
        var route: SignalingRoute?
    }

    private func judge(
        _ head: HTTPRequestHead, _ source: HTTPSource, _ instant: UInt64, _ maximumBodySize: Int
    ) throws(Refusal) -> SignalingRoute {
        guard head.version.major == 1 else {
            throw Refusal(reply: HTTPReply(.httpVersionNotSupported, reason: "HTTP/1.1 is required"))
        }
        let hosts = head.headers["host"].count
        guard hosts == 1 || hosts == 0 && head.version.minor == 0 else {
            throw Refusal(reply: HTTPReply(.badRequest, reason: "one Host is required"))
        }
        let route = try route(head.uri)
        let refuse = { (reply: HTTPReply) in Refusal(reply: reply, route: route) }
        guard limiter.admit(source, at: instant) || isAlwaysServed(head, route) else {
            throw refuse(HTTPReply(.tooManyRequests, reason: "too many requests").with("retry-after", "1"))
        }
        guard route.methods.contains(head.method) else {
            let reason = "\(head.method.rawValue) is not allowed here"
            throw refuse(HTTPReply(.methodNotAllowed, reason: reason).with("allow", route.allow))
        }
        if let purpose = route.purpose, !tokens.isSet(purpose), !LoopbackCheck.passes(head.headers) {
            let reason = "without a token only this machine is served: Host and Origin must be localhost"
            throw Refusal(reply: HTTPReply(.forbidden, reason: reason))
        }
        if head.method == .OPTIONS { return route }
        try authorize(head, route)
        try checkBody(head, route, maximumBodySize)
        return route
    }

    /// A supervisor that asks how the server is must get an answer, and whoever ends a session relieves us.
    private func isAlwaysServed(_ head: HTTPRequestHead, _ route: SignalingRoute) -> Bool {
        guard route != .health else { return true }
        guard head.method == .DELETE, let purpose = route.purpose else { return false }
        let verdict = tokens.judge(head.headers["authorization"], for: purpose)
        return verdict == .granted || verdict == .open
    }

    private func route(_ target: String) throws(Refusal) -> SignalingRoute {
        do throws(SignalingRoute.Problem) {
            return try SignalingRoute(target: target)
        } catch {
            throw Refusal(reply: error.reply)
        }
    }

    /// Source: RFC 6750, section 3.
    private func authorize(_ head: HTTPRequestHead, _ route: SignalingRoute) throws(Refusal) {
        guard let purpose = route.purpose else { return }
        let challenge = #"Bearer realm="sluice""#
        let reply: HTTPReply
        switch tokens.judge(head.headers["authorization"], for: purpose) {
        case .granted, .open: return
        case .missing:
            reply = HTTPReply(.unauthorized, reason: "a bearer token is required").with("www-authenticate", challenge)
        case .unknown:
            reply = HTTPReply(.unauthorized, reason: "the token is not valid")
                .with("www-authenticate", challenge + #", error="invalid_token""#)
        case .insufficient:
            reply = HTTPReply(.forbidden, reason: "the token is for something else")
                .with("www-authenticate", challenge + #", error="insufficient_scope""#)
        }
        throw Refusal(reply: reply, route: route)
    }

    private func checkBody(
        _ head: HTTPRequestHead, _ route: SignalingRoute, _ maximumBodySize: Int
    ) throws(Refusal) {
        if let wanted = route.contentType, [.POST, .PATCH].contains(head.method) {
            let given = head.headers["content-type"]
            let type = given.first?.prefix { $0 != ";" && $0 != " " }.lowercased()
            guard given.count == 1, type == wanted else {
                let reply = HTTPReply(.unsupportedMediaType, reason: "the body must be \(wanted)")
                throw Refusal(reply: reply.with(route.acceptName, wanted), route: route)
            }
        }
        let maximumBodySize = min(maximumBodySize, route.maximumBodySize ?? .max)
        if let length = head.bodyLength, length > maximumBodySize {
            let reason = "the body is larger than \(maximumBodySize) bytes"
            throw Refusal(reply: HTTPReply(.payloadTooLarge, reason: reason), route: route)
        }
        guard head.headers["expect"].allSatisfy({ $0.lowercased() == "100-continue" }) else {
            throw Refusal(reply: HTTPReply(.expectationFailed, reason: "unknown expectation"), route: route)
        }
    }

    // MARK: After the body

    /// Does what an admitted request asks.
    func respond(to request: SignalingRequest) async -> HTTPReply {
        if request.method == .OPTIONS { return request.route.options }
        do throws(SignalingError) {
            return request.route.decorate(try await perform(request))
        } catch {
            return request.route.decorate(error.reply)
        }
    }

    private func perform(_ request: SignalingRequest) async throws(SignalingError) -> HTTPReply {
        switch request.route {
        case .page: return page.reply
        case .health: return await health()
        case .statistics: return await statistics()
        case .endpoint(let role, let streams):
            guard let offer = request.text else { return Self.notText }
            let created =
                switch role {
                case .publish: try await registry.publish(streams, offer: offer)
                case .watch: try await registry.watch(streams, offer: offer, previous: request.previousSession)
                }
            let location = "/\(role.rawValue)/\(streams)/\(created.session.text)"
            let reply = HTTPReply(.created, type: "application/sdp", body: created.answer)
                .with("location", location)
                .with("etag", created.entityTag.description)
            guard role == .watch else { return reply }
            return reply.with("link", "<\(location)/layer>; rel=\"urn:ietf:params:whep:ext:core:layer\"")
        case .session(let role, let streams, let session):
            if request.method == .DELETE {
                try await registry.end(session, role: role, streams: streams)
                return HTTPReply(.ok)
            }
            guard let fragment = request.text else { return Self.notText }
            let updated = try await registry.update(
                session, role: role, streams: streams, ifMatch: request.ifMatch, fragment: fragment)
            let reply =
                updated.answer.map { HTTPReply(.ok, type: "application/trickle-ice-sdpfrag", body: $0) }
                ?? HTTPReply(.noContent)
            return reply.with("etag", updated.entityTag.description)
        case .layers(.publish, let streams, let session):
            return Self.json(try await registry.unwatchedLayers(session, streams: streams))
        case .layers(.watch, let streams, let session):
            guard request.method == .POST else {
                return Self.json(try await registry.layers(session, streams: streams))
            }
            let change: LayerRequest
            do throws(LayerRequest.Problem) {
                change = try LayerRequest(json: request.body.readableBytesView)
            } catch {
                throw .invalidRequest(error.text)
            }
            return Self.json(try await registry.changeLayers(session, streams: streams, change))
        case .bitrate(let role, let streams, let session):
            guard request.method == .POST else {
                switch role {
                case .publish: return Self.json(try await registry.bitrate(session, streams: streams))
                case .watch: return Self.json(try await registry.outgoingBitrates(session, streams: streams))
                }
            }
            let change: BitrateRequest
            do throws(RequestMembers.Problem) {
                change = try BitrateRequest(json: request.body.readableBytesView)
            } catch {
                throw .invalidRequest(error.text)
            }
            switch role {
            case .publish: return Self.json(try await registry.changeBitrate(session, streams: streams, change))
            case .watch: return Self.json(try await registry.changeOutgoingBitrate(session, streams: streams, change))
            }
        }
    }

    private static let notText = HTTPReply(.badRequest, reason: "the body is not UTF-8 text")

    private func health() async -> HTTPReply {
        let isDraining = await registry.isDraining
        return HTTPReply(
            isDraining ? .serviceUnavailable : .ok, type: "text/plain; charset=utf-8",
            body: isDraining ? "draining\n" : "ok\n")
    }

    private func statistics() async -> HTTPReply {
        var workers: [WorkerReport] = []
        for backend in backends { workers.append(await backend.report()) }
        let report = StatisticsReport(
            uptime: (ContinuousClock.now - start) / .seconds(1), draining: await registry.isDraining,
            sessions: await registry.sessionCount, streams: await registry.streams(), workers: workers)
        return Self.json(report)
    }

    private static func json(_ report: some Encodable) -> HTTPReply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(report) else {
            return HTTPReply(.internalServerError, reason: "internal error")
        }
        return HTTPReply(.ok, type: "application/json", body: String(decoding: data, as: UTF8.self))
    }
}
