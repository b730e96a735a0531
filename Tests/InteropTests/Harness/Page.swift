import Foundation

/// A page of a browser, and the one peer connection in it.
struct Page: Sendable {
    let context: any ScriptContext

    /// The value of a JavaScript expression, awaited when it is a promise.
    func evaluate<Value: Decodable & Sendable>(_ expression: String, as type: Value.Type = Value.self) async throws
        -> Value
    {
        let wrapped = "(async () => JSON.stringify([await (\(expression))]))()"
        let text = try await context.text(of: wrapped)
        guard let value = try JSONDecoder().decode([Value].self, from: Data(text.utf8)).first
        else { throw ScriptFailure(description: "nothing came back from \(expression)") }
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
