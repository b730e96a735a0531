/// A username fragment and password of one ICE session.
///
/// Source: RFC 8839, section 5.4.
public struct ICECredentials: Hashable, Sendable {
    /// 4 to 256 characters of the ICE alphabet.
    public var usernameFragment: String
    /// 22 to 256 characters of the ICE alphabet.
    public var password: String

    /// Creates credentials.
    public init(usernameFragment: String, password: String) {
        self.usernameFragment = usernameFragment
        self.password = password
    }

    /// Fresh credentials: 48 bits of username fragment, 144 of password.
    public init(random: inout MediaRandom) {
        usernameFragment = random.iceCharacters(8)
        password = random.iceCharacters(24)
    }
}
