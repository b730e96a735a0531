/// Which side of a stream a session is on; the raw value is its protocol.
enum StreamRole: String, Sendable {
    /// WHIP. Source: RFC 9725.
    case publish = "whip"
    /// WHEP. Source: draft-ietf-wish-whep.
    case watch = "whep"
}
