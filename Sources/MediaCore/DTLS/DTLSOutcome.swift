/// What an input did to an association.
enum DTLSOutcome: Equatable, Sendable {
    /// The input was used; nothing to report.
    case nothing
    /// The handshake is complete and the peer authenticated: these are the keys. Reported once.
    case connected(SRTPKeyingMaterial)
    /// The peer closed the association under the association's own protection.
    case closed
    /// The association is of no more use.
    case failed(DTLSFailure)
    /// The datagram was not used.
    case dropped(DropReason)
}
