import NIOHTTP1

/// What a path names.
enum SignalingRoute: Hashable, Sendable {
    case page
    case health
    case statistics
    /// `/whip/{stream}` or `/whep/{stream},...`.
    case endpoint(StreamRole, StreamList)
    /// `/whip/{stream}/{session}` or `/whep/{stream},.../{session}`.
    case session(StreamRole, StreamList, SessionID)
    /// A session's layers: its path with `/layer` behind.
    case layers(StreamRole, StreamList, SessionID)
    /// What a publisher is asked to send, or what a watcher is sent: its session's path with `/bitrate` behind.
    case bitrate(StreamRole, StreamList, SessionID)

    /// Why a path names nothing.
    enum Problem: Error {
        case unknownPath
        case streams(StreamList.Problem)
        case publishesSeveral
    }

    init(target: String) throws(Problem) {
        let path = target.prefix { $0 != "?" }
        switch path {
        case "/": self = .page
        case "/health": self = .health
        case "/stats": self = .statistics
        default:
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard (3...5).contains(parts.count), parts[0].isEmpty, let role = StreamRole(rawValue: String(parts[1]))
            else { throw .unknownPath }
            let streams = try Self.streams(parts[2])
            guard role == .watch || streams.names.count == 1 else { throw .publishesSeveral }
            if parts.count == 3 {
                self = .endpoint(role, streams)
            } else {
                guard let session = SessionID(parts[3]) else { throw .unknownPath }
                switch parts.count == 4 ? nil : parts[4] {
                case nil: self = .session(role, streams, session)
                case "layer": self = .layers(role, streams, session)
                case "bitrate": self = .bitrate(role, streams, session)
                default: throw .unknownPath
                }
            }
        }
    }

    private static func streams(_ text: Substring) throws(Problem) -> StreamList {
        do throws(StreamList.Problem) {
            return try StreamList(text)
        } catch {
            throw .streams(error)
        }
    }

    /// The methods it answers.
    var methods: [HTTPMethod] {
        switch self {
        case .page, .health, .statistics: [.GET, .HEAD, .OPTIONS]
        case .endpoint: [.POST, .OPTIONS]
        case .session: [.PATCH, .DELETE, .OPTIONS]
        case .layers(.publish, _, _): [.GET, .HEAD, .OPTIONS]
        case .layers(.watch, _, _), .bitrate: [.GET, .HEAD, .POST, .OPTIONS]
        }
    }

    /// The methods as a header value.
    var allow: String { methods.map(\.rawValue).joined(separator: ", ") }

    /// Which token it needs, if any.
    var purpose: AccessTokens.Purpose? {
        switch self {
        case .page, .health: nil
        case .statistics: .administer
        case .endpoint(let role, _), .session(let role, _, _), .layers(let role, _, _), .bitrate(let role, _, _):
            role == .publish ? .publish : .watch
        }
    }

    /// The media type of the bodies it takes.
    var contentType: String? {
        switch self {
        case .page, .health, .statistics, .layers(.publish, _, _): nil
        case .layers(.watch, _, _), .bitrate: "application/json"
        case .endpoint: "application/sdp"
        case .session: "application/trickle-ice-sdpfrag"
        }
    }

    /// The length of the bodies it takes, in bytes; nil when only the server's limit counts.
    var maximumBodySize: Int? {
        switch self {
        case .layers, .bitrate: 4096
        default: nil
        }
    }

    /// The header that tells which bodies it takes.
    var acceptName: String {
        if case .session = self { "accept-patch" } else { "accept-post" }
    }

    /// `reply` with what every answer of this route carries: scripts of any page may use WHIP and WHEP, since no
    /// credentials but a token that the script itself holds count.
    func decorate(_ reply: HTTPReply) -> HTTPReply {
        switch self {
        case .page, .health, .statistics: reply
        case .endpoint, .session, .layers, .bitrate:
            reply.with("access-control-allow-origin", "*")
                .with(
                    "access-control-expose-headers",
                    "Location, ETag, Accept-Post, Accept-Patch, Allow, Link, Retry-After, WWW-Authenticate")
        }
    }

    /// The answer to OPTIONS. Source: RFC 9725, section 4.2 and 4.3; the Fetch standard.
    var options: HTTPReply {
        let reply = decorate(HTTPReply(.noContent)).with("allow", allow)
        guard purpose != nil, purpose != .administer else { return reply }
        return (contentType.map { reply.with(acceptName, $0) } ?? reply)
            .with("access-control-allow-methods", allow)
            .with("access-control-allow-headers", "Authorization, Content-Type, If-Match, Previous-Session")
            .with("access-control-max-age", "600")
    }
}

extension SignalingRoute.Problem {
    /// The refusal as HTTP says it.
    var reply: HTTPReply {
        switch self {
        case .unknownPath: HTTPReply(.notFound, reason: "there is nothing here")
        case .publishesSeveral: HTTPReply(.badRequest, reason: "a session publishes one stream")
        case .streams(.invalidName):
            HTTPReply(
                .badRequest, reason: "a stream name is {room}.{name} or {name}, each 1 to 64 of A-Z, a-z, 0-9, _ and -")
        case .streams(.tooMany):
            HTTPReply(.badRequest, reason: "a session watches \(StreamList.maximumCount) streams at most")
        case .streams(.twice(let stream)): HTTPReply(.badRequest, reason: "\(stream) is there twice")
        case .streams(.differentRooms(let first, let other)):
            HTTPReply(.badRequest, reason: "\(first) and \(other) are not of one room")
        }
    }
}
