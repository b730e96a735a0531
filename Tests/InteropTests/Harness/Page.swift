import Foundation

/// A page of a browser, and the one peer connection in it.
struct Page: Sendable {
    let pipe: DevToolsPipe
    let session: String

    private struct Evaluate: Encodable {
        var expression: String
        var awaitPromise = true
        var returnByValue = true
        var userGesture = true
    }

    private struct Evaluated: Decodable {
        struct Object: Decodable {
            var value: String?
            var description: String?
        }
        struct Exception: Decodable {
            var text: String
            var exception: Object?
        }
        var result: Object
        var exceptionDetails: Exception?
    }

    /// The value of a JavaScript expression, awaited when it is a promise.
    func evaluate<Value: Decodable & Sendable>(_ expression: String, as type: Value.Type = Value.self) async throws
        -> Value
    {
        let wrapped = "(async () => JSON.stringify([await (\(expression))]))()"
        let evaluated: Evaluated = try await pipe.call(
            "Runtime.evaluate", Evaluate(expression: wrapped), session: session)
        if let exception = evaluated.exceptionDetails {
            throw DevToolsPipe.Failure(description: exception.exception?.description ?? exception.text)
        }
        guard let value = try JSONDecoder().decode([Value].self, from: Data((evaluated.result.value ?? "").utf8)).first
        else { throw DevToolsPipe.Failure(description: "nothing came back from \(expression)") }
        return value
    }

    /// Calls a method of the page's peer.
    func call<Value: Decodable & Sendable>(_ method: String, _ arguments: String?..., as type: Value.Type = Value.self)
        async throws -> Value
    {
        let list = String(decoding: try JSONEncoder().encode(arguments), as: UTF8.self)
        return try await evaluate("peer.\(method)(...\(list))")
    }

    func loadPeer() async throws {
        let source = String(decoding: try JSONEncoder().encode([PeerScript.source]), as: UTF8.self)
        let _: Bool = try await evaluate("(0, eval)(\(source)[0])")
    }

    func report() async throws -> PeerReport { try await call("report") }

    /// Waits until the browser noticed that the other side is gone; tells when that was, in milliseconds since 1970.
    @discardableResult
    func seesTheEnd(within limit: Duration) async throws -> Double {
        try await eventually("the browser sees the end", within: limit) { try await report().endedAt }
    }
}
