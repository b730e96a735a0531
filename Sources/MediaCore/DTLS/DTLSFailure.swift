/// Why an association failed for good.
enum DTLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The peer's certificate is not one that the SDP announced.
    case fingerprintMismatch
    /// The peer sent no certificate.
    case missingCertificate
    /// No SRTP profile that both ends know, or no `use_srtp` at all.
    case noCommonProfile
    /// No cipher suite that both ends know.
    case noCommonCipher
    /// The peer does not bind its keys to the handshake. Source: RFC 7627.
    case noExtendedMasterSecret
    /// The peer has not answered any of our retransmissions.
    case timeout
    /// The peer broke the protocol; the number is OpenSSL's reason code (`SSL_R_...`).
    case handshake(Int32)

    /// One line for a person.
    var description: String {
        switch self {
        case .fingerprintMismatch: "the peer's certificate is not the one its SDP announced"
        case .missingCertificate: "the peer sent no certificate"
        case .noCommonProfile: "no common SRTP protection profile"
        case .noCommonCipher: "no common cipher suite"
        case .noExtendedMasterSecret: "the peer does not support the extended master secret"
        case .timeout: "the peer did not answer"
        case .handshake(let reason): "the handshake failed (OpenSSL reason \(reason))"
        }
    }
}
