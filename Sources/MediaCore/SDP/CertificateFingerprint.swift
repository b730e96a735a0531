/// A certificate's hash as it stands in `a=fingerprint`.
///
/// Source: RFC 8122, section 5.
public struct CertificateFingerprint: Hashable, Sendable {
    /// A hash function that is accepted; MD5, MD2 and SHA-1 are not.
    public enum Algorithm: String, CaseIterable, Sendable {
        /// SHA-256, 32 bytes.
        case sha256 = "sha-256"
        /// SHA-384, 48 bytes.
        case sha384 = "sha-384"
        /// SHA-512, 64 bytes.
        case sha512 = "sha-512"

        /// Length of the hash in bytes.
        public var byteCount: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    /// The hash function.
    public var algorithm: Algorithm
    /// The hash, as long as the algorithm makes it.
    public var digest: [UInt8]

    /// Creates a fingerprint; nil when the digest's length is not the algorithm's.
    public init?(algorithm: Algorithm, digest: [UInt8]) {
        guard digest.count == algorithm.byteCount else { return nil }
        self.algorithm = algorithm
        self.digest = digest
    }
}
