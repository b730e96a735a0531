/// What became of an SRTP job.
enum SRTPOutcome: UInt8, Sendable {
    /// Not done yet: a cipher works on pending jobs and leaves the others alone.
    case pending
    /// Protected; or authentic, new and decrypted.
    case success
    /// Shorter than a header and a tag, or longer than a datagram.
    case tooShort
    /// The tag does not verify.
    case authentication
    /// A packet seen before.
    case replayed
    /// A packet older than the replay window.
    case tooOld
    /// The key has seen as many sources as are kept apart.
    case sourceLimit
    /// Nothing was protected: the index has no number left under this key, or libcrypto failed.
    case unprotectable

    /// The counter that a job with this outcome belongs to; nil for one that went well.
    var dropReason: DropReason? {
        switch self {
        case .pending, .success: nil
        case .tooShort: .srtpTooShort
        case .authentication: .srtpAuthentication
        case .replayed: .srtpReplayed
        case .tooOld: .srtpTooOld
        case .sourceLimit: .srtpSourceLimit
        case .unprotectable: .outputNotReady
        }
    }
}
