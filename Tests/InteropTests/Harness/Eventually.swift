/// A condition that did not come true in time.
struct Overdue: Error, CustomStringConvertible {
    var description: String
}

/// Asks again and again until the answer is not nil; throws when that takes longer than `limit`.
func eventually<Value>(
    _ what: String, within limit: Duration, every pause: Duration = .milliseconds(100),
    _ answer: () async throws -> Value?
) async throws -> Value {
    let start = ContinuousClock.now
    while true {
        if let value = try await answer() { return value }
        if ContinuousClock.now - start > limit { throw Overdue(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: pause)
    }
}

/// Waits until the condition holds; throws when that takes longer than `limit`.
func eventually(
    _ what: String, within limit: Duration, every pause: Duration = .milliseconds(100),
    holds condition: () async throws -> Bool
) async throws {
    try await eventually(what, within: limit, every: pause) { try await condition() ? () : nil }
}
