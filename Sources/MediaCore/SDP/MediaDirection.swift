/// Which way a media section flows, seen from who wrote it.
///
/// Source: RFC 8866, section 6.7.
package enum MediaDirection: String, Sendable {
    /// Both ways.
    case sendrecv
    /// Its author only sends.
    case sendonly
    /// Its author only receives.
    case recvonly
    /// Neither way.
    case inactive

    /// Whether the author sends.
    var sends: Bool { self == .sendrecv || self == .sendonly }
    /// Whether the author receives.
    var receives: Bool { self == .sendrecv || self == .recvonly }
}
