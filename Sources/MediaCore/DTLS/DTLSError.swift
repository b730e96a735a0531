/// Why a certificate or an association could not be made.
public enum DTLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no fingerprint to know the peer by.
    case missingFingerprint
    /// There is no SRTP profile to offer.
    case missingProfile
    /// `maximumDatagramSize` is out of range: 256 to 1500 bytes.
    case maximumDatagramSizeOutOfRange(Int)
    /// OpenSSL refused; the text is the name of its function.
    case cryptography(String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .missingFingerprint: "remoteFingerprints is empty: at least one is needed"
        case .missingProfile: "profiles is empty: at least one is needed"
        case .maximumDatagramSizeOutOfRange(let size): "maximumDatagramSize is \(size): it must be 256 to 1500"
        case .cryptography(let function): "cryptography failed: \(function)"
        }
    }
}
