/// Where a browser runs scripts: a page, by whatever protocol.
protocol ScriptContext: Sendable {
    /// The string that a JavaScript expression gives, awaited when it is a promise.
    func text(of expression: String) async throws -> String
}

/// A script that threw, or gave something else than asked for.
struct ScriptFailure: Error, CustomStringConvertible {
    var description: String
}
