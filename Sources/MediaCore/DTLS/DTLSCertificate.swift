import COpenSSL

/// A self-signed certificate with its private key, as WebRTC peers show each other.
///
/// Immutable, and shared by any number of associations. To rotate, make a new one for the transports to come.
public struct DTLSCertificate: Sendable {
    let shared: DTLSContext

    /// The SHA-256 hash that goes into `a=fingerprint`.
    public let fingerprint: CertificateFingerprint

    /// How long a certificate is valid, in seconds, counted from a day before it was made: peers' clocks differ.
    private static let validity: Int64 = 30 * 86_400

    /// Makes an ECDSA P-256 key and a certificate for it with random serial and subject, valid for 30 days.
    ///
    /// - Parameter unixSeconds: The wall clock, in seconds since 1970.
    /// - Throws: `DTLSError.cryptography` when OpenSSL refuses, such as for a year that a certificate can't hold.
    ///
    /// Source: RFC 8827, section 6.5.
    public static func make(unixSeconds: Int64) throws(DTLSError) -> DTLSCertificate {
        guard let generator = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
            throw .cryptography("EVP_PKEY_CTX_new_from_name")
        }
        defer { EVP_PKEY_CTX_free(generator) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(generator) == 1, EVP_PKEY_CTX_set_group_name(generator, "P-256") == 1,
            EVP_PKEY_generate(generator, &key) == 1, let key
        else { throw .cryptography("EVP_PKEY_generate") }
        defer { EVP_PKEY_free(key) }
        return try make(key: key, unixSeconds: unixSeconds)
    }

    private static func make(key: OpaquePointer, unixSeconds: Int64) throws(DTLSError) -> DTLSCertificate {
        guard let certificate = X509_new() else { throw .cryptography("X509_new") }
        defer { X509_free(certificate) }
        var serial: UInt64 = 0
        var subject: UInt64 = 0
        guard withUnsafeMutableBytes(of: &serial, { RAND_bytes($0.baseAddress, 8) }) == 1,
            withUnsafeMutableBytes(of: &subject, { RAND_bytes($0.baseAddress, 8) }) == 1
        else { throw .cryptography("RAND_bytes") }
        let name = X509_get_subject_name(certificate)
        let start = unixSeconds.subtractingReportingOverflow(86_400)
        let end = start.partialValue.addingReportingOverflow(validity)
        // MBSTRING_ASC is a macro that Swift can't import.
        let ascii: Int32 = 0x1001
        guard !start.overflow, !end.overflow,
            X509_set_version(certificate, 2) == 1,
            // Serial numbers are positive.
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1,
            X509_NAME_add_entry_by_txt(name, "CN", ascii, String(subject, radix: 16), -1, -1, 0) == 1,
            X509_set_issuer_name(certificate, name) == 1,
            ASN1_TIME_set(X509_getm_notBefore(certificate), Int(start.partialValue)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(certificate), Int(end.partialValue)) != nil,
            X509_set_pubkey(certificate, key) == 1,
            X509_sign(certificate, key, EVP_sha256()) > 0
        else { throw .cryptography("X509_sign") }
        guard let digest = digest(of: certificate, .sha256),
            let fingerprint = CertificateFingerprint(algorithm: .sha256, digest: digest)
        else { throw .cryptography("X509_digest") }
        return DTLSCertificate(
            shared: try DTLSContext(certificate: certificate, key: key), fingerprint: fingerprint)
    }

    /// A certificate's hash; nil when OpenSSL refuses.
    static func digest(
        of certificate: OpaquePointer, _ algorithm: CertificateFingerprint.Algorithm
    ) -> [UInt8]? {
        let function =
            switch algorithm {
            case .sha256: EVP_sha256()
            case .sha384: EVP_sha384()
            case .sha512: EVP_sha512()
            }
        let digest = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var length: UInt32 = 0
            let isDone = X509_digest(certificate, function, buffer.baseAddress, &length) == 1
            count = isDone ? Int(length) : 0
        }
        return digest.isEmpty ? nil : digest
    }
}
