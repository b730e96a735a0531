/// What an answer says about our own end of the transport.
package struct LocalTransportDescription: Equatable, Sendable {
    /// The ICE credentials made for this session.
    var credentials: ICECredentials
    /// All our candidates: none follow later.
    var candidates: [ICECandidate]
    /// The hash of the certificate we present.
    var fingerprint: CertificateFingerprint

    /// Creates a description.
    package init(credentials: ICECredentials, candidates: [ICECandidate], fingerprint: CertificateFingerprint) {
        self.credentials = credentials
        self.candidates = candidates
        self.fingerprint = fingerprint
    }
}
