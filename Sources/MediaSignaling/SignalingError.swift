import MediaCore
import NIOHTTP1

/// Why a request was refused.
enum SignalingError: Error {
    case draining
    case sessionLimit
    case streamTaken
    case nobodyPublishes(StreamName)
    case unknownSession
    case preconditionRequired
    case preconditionFailed
    case tooManyUpdates
    case tooManyChanges
    case invalidRequest(String)
    case unknownVideo
    case engine(MediaEngineError, StreamRole)

    /// The refusal as HTTP says it.
    var reply: HTTPReply {
        switch self {
        case .draining:
            HTTPReply(.serviceUnavailable, reason: "the server is shutting down").with("retry-after", "5")
        case .sessionLimit:
            HTTPReply(.serviceUnavailable, reason: "the server is at its limit of sessions").with("retry-after", "5")
        case .streamTaken: HTTPReply(.conflict, reason: "somebody publishes this stream already")
        case .nobodyPublishes(let stream): HTTPReply(.notFound, reason: "nobody publishes \(stream)")
        case .unknownSession: HTTPReply(.notFound, reason: "there is no such session")
        case .preconditionRequired:
            HTTPReply(.preconditionRequired, reason: "If-Match is required: the session's ETag, or * to restart ICE")
        case .preconditionFailed: HTTPReply(.preconditionFailed, reason: "If-Match is not the session's ETag")
        case .tooManyUpdates:
            HTTPReply(.tooManyRequests, reason: "too many updates of one session at once").with("retry-after", "1")
        case .tooManyChanges:
            HTTPReply(.tooManyRequests, reason: "too many changes of one session").with("retry-after", "1")
        case .invalidRequest(let text): HTTPReply(.badRequest, reason: text)
        case .unknownVideo: HTTPReply(.notFound, reason: "the session has no video of this mediaId")
        case .engine(let error, let role): Self.reply(to: error, role: role)
        }
    }

    private static func reply(to error: MediaEngineError, role: StreamRole) -> HTTPReply {
        switch error {
        case .malformedOffer: HTTPReply(.badRequest, reason: error.description)
        case .noCommonCodec where role == .watch: HTTPReply(.notAcceptable, reason: error.description)
        case .noCommonCodec, .unacceptableOffer: HTTPReply(.unprocessableEntity, reason: error.description)
        case .unknownTransport: HTTPReply(.notFound, reason: error.description)
        case .unknownProducer, .unknownConsumer, .unknownSpeakerGroup: HTTPReply(.notFound, reason: error.description)
        case .invalidPreference, .invalidBitrate: HTTPReply(.badRequest, reason: error.description)
        case .tooManyTransports, .stopped:
            HTTPReply(.serviceUnavailable, reason: error.description).with("retry-after", "5")
        case .invalidConfiguration, .cryptography: HTTPReply(.internalServerError, reason: "internal error")
        }
    }
}
