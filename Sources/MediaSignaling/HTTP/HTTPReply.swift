import NIOHTTP1

/// A response, whole.
struct HTTPReply: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders = [:]
    var body = ""

    /// A response with a body.
    init(_ status: HTTPResponseStatus, type: String, body: String) {
        self.status = status
        self.body = body
        headers.add(name: "content-type", value: type)
    }

    /// A response without a body.
    init(_ status: HTTPResponseStatus) {
        self.status = status
    }

    /// A refusal with a one-line reason.
    init(_ status: HTTPResponseStatus, reason: String) {
        self.init(status, type: "text/plain; charset=utf-8", body: LogText.escaped(reason, limit: 300) + "\n")
    }

    /// The same response with one more header.
    func with(_ name: String, _ value: String) -> HTTPReply {
        var copy = self
        copy.headers.replaceOrAdd(name: name, value: value)
        return copy
    }
}
