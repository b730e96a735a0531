/// A page of Chromium.
struct DevToolsContext: ScriptContext {
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

    func text(of expression: String) async throws -> String {
        let evaluated: Evaluated = try await pipe.call(
            "Runtime.evaluate", Evaluate(expression: expression), session: session)
        if let exception = evaluated.exceptionDetails {
            throw ScriptFailure(description: exception.exception?.description ?? exception.text)
        }
        return evaluated.result.value ?? ""
    }
}
