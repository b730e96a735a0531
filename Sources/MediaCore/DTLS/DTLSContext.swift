import COpenSSL

/// What every association with one certificate shares: OpenSSL's context, with certificate and key, and our BIO.
///
/// Nothing changes after `init`, and OpenSSL counts references atomically, so threads may share it.
final class DTLSContext: @unchecked Sendable {
    let context: OpaquePointer
    let method: OpaquePointer

    /// The handshake needs all of TLS 1.2's forward secrecy and none of its CBC. A peer's certificate may be RSA.
    private static let ciphers = """
        ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:\
        ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384
        """

    /// Keeps its own references to both.
    init(certificate: OpaquePointer, key: OpaquePointer) throws(DTLSError) {
        guard let context = SSL_CTX_new(DTLS_method()) else { throw .cryptography("SSL_CTX_new") }
        guard let method = DTLSDatagramChannel.makeMethod() else {
            SSL_CTX_free(context)
            throw .cryptography("BIO_meth_new")
        }
        self.context = context
        self.method = method
        guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw .cryptography("SSL_CTX_use_certificate")
        }
        guard sluice_SSL_CTX_set_only_dtls1_2(context) == 1,
            SSL_CTX_set_cipher_list(context, Self.ciphers) == 1,
            sluice_SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1,
            sluice_SSL_CTX_set_max_send_fragment(context, 1500) == 1
        else { throw .cryptography("SSL_CTX_set") }
        sluice_SSL_CTX_set_options(context)
        sluice_SSL_CTX_disable_session_cache(context)
        sluice_SSL_CTX_set_max_cert_list(context, DTLSRecord.maximumMessage)
        DTLSDatagramChannel.installVerification(in: context)
    }

    deinit {
        SSL_CTX_free(context)
        BIO_meth_free(method)
    }
}
