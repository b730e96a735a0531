/// Which part of ICE an agent plays.
///
/// Source: RFC 8445, section 2.5.
enum ICEMode: Sendable {
    /// The server: announces its addresses, answers checks, is always controlled.
    case lite
    /// A client: checks pairs and nominates one. Host candidates over UDP; it never takes the controlled role.
    case controlling
}
