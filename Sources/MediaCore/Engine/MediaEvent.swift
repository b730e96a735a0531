/// What the engine tells its owner.
public enum MediaEvent: Sendable {
    /// ICE and DTLS are done: media flows both ways.
    case transportConnected(TransportID)
    /// A transport has gone, its ids with it. Its name is the one it was created with.
    case transportClosed(TransportID, name: String, reason: TransportCloseReason)
    /// Which layers of a video nobody watches any more: its publisher may stop them until somebody does. Layers that are
    /// not named are watched. Comes whenever that changes.
    case unwatchedLayers(ProducerID, [LayerPosition])
    /// What a watcher gets of a video from now on, nil for nothing, and why. Comes whenever either changes.
    case layerAllocated(ConsumerID, LayerPosition?, AllocationReason)
    /// Who is the dominant speaker of a group; nil when the last one has left. Comes when that changes, once a second at
    /// most but for those who leave.
    case dominantSpeaker(SpeakerGroupID, ProducerID?)
}

/// Why a transport closed.
public enum TransportCloseReason: String, Sendable {
    /// The owner closed it.
    case requested
    /// The peer sent close_notify.
    case closeNotify = "close-notify"
    /// The peer sent BYE for everything it published.
    case goodbye
    /// No authenticated check arrived within the consent timeout. Source: RFC 7675, section 5.1.
    case consentExpired = "consent-expired"
    /// DTLS did not finish in time after creation.
    case handshakeTimeout = "handshake-timeout"
    /// DTLS failed: the certificate is not the one the SDP announced, or the two ends have nothing in common.
    case handshakeFailed = "handshake-failed"
}
