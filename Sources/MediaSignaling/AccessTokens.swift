import COpenSSL

/// The bearer tokens of a server. Only their digests are kept.
public struct AccessTokens: Sendable {
    /// What a token allows.
    public enum Purpose: CaseIterable, Sendable {
        /// Publishing a stream.
        case publish
        /// Watching a stream.
        case watch
        /// Reading `/stats`.
        case administer
    }

    /// What a request's credentials are worth.
    enum Verdict: Equatable {
        case granted
        /// No token is configured: anyone on this machine may.
        case open
        /// No credentials, or malformed ones.
        case missing
        /// A token nobody knows.
        case unknown
        /// A token for something else.
        case insufficient
    }

    private var digests: [Purpose: [UInt8]] = [:]

    /// No tokens: only a server that listens on loopback accepts that.
    public init() {}

    /// Sets the token for `purpose`. Throws when it isn't 8 to 512 characters of `A`-`Z`, `a`-`z`, `0`-`9` and
    /// `-._~+/=`. Source: RFC 6750, section 2.1.
    public mutating func set(_ token: String, for purpose: Purpose) throws(ConfigurationError) {
        guard (8...512).contains(token.utf8.count), token.utf8.allSatisfy(Self.isAllowed) else {
            throw ConfigurationError("a token is 8 to 512 characters of A-Z, a-z, 0-9 and -._~+/=")
        }
        digests[purpose] = Self.digest(token)
    }

    /// Whether a token is set for `purpose`.
    func isSet(_ purpose: Purpose) -> Bool { digests[purpose] != nil }

    /// Judges the `Authorization` header fields of a request.
    func judge(_ authorization: [String], for purpose: Purpose) -> Verdict {
        guard let wanted = digests[purpose] else { return .open }
        guard authorization.count == 1, let token = Self.bearerToken(authorization[0]) else { return .missing }
        let digest = Self.digest(token)
        // Equal digests mean equal tokens; comparing them tells neither length nor prefix by its time.
        if CRYPTO_memcmp(digest, wanted, wanted.count) == 0 { return .granted }
        let others = digests.values.filter { CRYPTO_memcmp(digest, $0, $0.count) == 0 }
        return others.isEmpty ? .unknown : .insufficient
    }

    private static func bearerToken(_ field: String) -> Substring? {
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = parts[1].drop { $0 == " " }
        guard !token.isEmpty, token.utf8.allSatisfy(isAllowed) else { return nil }
        return token
    }

    private static func digest(_ token: some StringProtocol) -> [UInt8] {
        let bytes = Array(token.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        SHA256(bytes, bytes.count, &digest)
        return digest
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~+/=".utf8.contains(byte)
        }
    }
}

extension AccessTokens.Purpose {
    /// The environment variable that holds the token.
    var environmentName: String {
        switch self {
        case .publish: "SLUICE_PUBLISH_TOKEN"
        case .watch: "SLUICE_WATCH_TOKEN"
        case .administer: "SLUICE_ADMIN_TOKEN"
        }
    }
}
