/// How far an agent is, in the W3C's words for RTCIceTransportState.
enum ICEState: String, Sendable {
    /// Nothing has happened.
    case new
    /// Checks are under way and no path is selected; or ICE restarted and the new session has selected none.
    case checking
    /// A path is selected.
    case connected
    /// Consent ran out: nothing may be sent until a restart.
    case disconnected
}
