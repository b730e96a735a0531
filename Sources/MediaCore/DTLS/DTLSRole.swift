/// Which side of the handshake an association plays: `setup:active` is the client, `setup:passive` the server.
///
/// Source: RFC 5763, section 5.
enum DTLSRole: Sendable {
    case client
    case server
}
