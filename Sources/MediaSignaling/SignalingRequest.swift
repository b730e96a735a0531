import NIOCore
import NIOHTTP1

/// An admitted request.
struct SignalingRequest {
    let route: SignalingRoute
    let method: HTTPMethod
    /// The `If-Match` fields, joined; nil when there is none.
    let ifMatch: String?
    /// The session that a watcher had before, as its `Location` named it: its link is taken to be the same.
    let previousSession: SessionID?
    var body = ByteBuffer()

    init(route: SignalingRoute, head: HTTPRequestHead) {
        self.route = route
        method = head.method
        let fields = head.headers["if-match"]
        ifMatch = fields.isEmpty ? nil : fields.joined(separator: ", ")
        let previous = head.headers["previous-session"]
        previousSession = previous.count == 1 ? previous[0].split(separator: "/").last.flatMap { SessionID($0) } : nil
    }

    /// The body as text; nil when it isn't UTF-8.
    var text: String? {
        String(validating: body.readableBytesView, as: UTF8.self)
    }
}
