import NIOCore
import NIOHTTP1

/// An admitted request.
struct SignalingRequest {
    let route: SignalingRoute
    let method: HTTPMethod
    /// The `If-Match` fields, joined; nil when there is none.
    let ifMatch: String?
    var body = ByteBuffer()

    init(route: SignalingRoute, head: HTTPRequestHead) {
        self.route = route
        method = head.method
        let fields = head.headers["if-match"]
        ifMatch = fields.isEmpty ? nil : fields.joined(separator: ", ")
    }

    /// The body as text; nil when it isn't UTF-8.
    var text: String? {
        String(validating: body.readableBytesView, as: UTF8.self)
    }
}
