import NIOHTTP1

extension HTTPRequestHead {
    /// The stated length of the body; nil when none is stated. The decoder has refused what isn't a number.
    var bodyLength: Int? { headers["content-length"].first.flatMap { Int($0) } }

    /// Whether a body follows.
    var hasBody: Bool { headers.contains(name: "transfer-encoding") || (bodyLength ?? 0) > 0 }
}
