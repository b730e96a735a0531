/// Where an association stands. Source: W3C RTCDtlsTransportState.
enum DTLSState: String, Sendable {
    case new
    case connecting
    case connected
    case closed
    case failed
}
