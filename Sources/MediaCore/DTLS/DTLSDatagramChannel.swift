import COpenSSL

/// Where OpenSSL reads from, writes to, and asks whether to trust the peer: the far end of its BIO and of its
/// certificate verification.
///
/// A memory BIO would be a stream, and lose where datagrams begin.
final class DTLSDatagramChannel {
    /// What AES-GCM adds to a record, in bytes, and OpenSSL forgets when it fills a datagram.
    static let protectionOverhead = 24

    /// The record OpenSSL may read next. Set only for the length of one call into OpenSSL.
    private var incoming: UnsafeRawBufferPointer?
    private var nextIncomingSequence: UInt64 = 0
    private var outgoing = DTLSFlight()
    private let fingerprints: [CertificateFingerprint]
    /// Whether the peer showed a certificate that matches a fingerprint. Never true otherwise.
    private(set) var isPeerAuthenticated = false
    /// Whether the peer showed one that matches none.
    private(set) var hasMismatch = false

    init(fingerprints: [CertificateFingerprint]) {
        self.fingerprints = fingerprints
    }

    /// Runs `body` while OpenSSL can read `record`, once.
    func offering<Result>(_ record: RawSpan, _ body: () -> Result) -> Result {
        record.withUnsafeBytes { bytes in
            incoming = bytes
            defer { incoming = nil }
            return body()
        }
    }

    /// What OpenSSL has written since the last call.
    func takeOutgoing() -> DTLSFlight {
        defer { outgoing = DTLSFlight() }
        return outgoing
    }

    /// Gives a plaintext record the next sequence number as OpenSSL shall see it.
    ///
    /// Replay protection without authentication protects nobody, and one forged record with a high number would make
    /// every later one look old. Repeated handshake messages are known by their own numbers.
    private func renumberPlaintext(_ record: UnsafeMutableRawBufferPointer) {
        guard record.count >= DTLSRecord.headerSize, record[3] == 0, record[4] == 0 else { return }
        for index in 0..<6 {
            record[5 + index] = UInt8(truncatingIfNeeded: nextIncomingSequence >> UInt64(40 - 8 * index))
        }
        nextIncomingSequence &+= 1
    }

    /// Compares the peer's certificate with every fingerprint, in constant time.
    ///
    /// Source: RFC 8122, section 5.
    private func authenticate(_ certificate: OpaquePointer) -> Bool {
        var isMatch = false
        for fingerprint in fingerprints {
            guard let digest = DTLSCertificate.digest(of: certificate, fingerprint.algorithm),
                digest.count == fingerprint.digest.count
            else { continue }
            isMatch = CRYPTO_memcmp(digest, fingerprint.digest, digest.count) == 0 || isMatch
        }
        isPeerAuthenticated = isMatch
        hasMismatch = !isMatch
        return isMatch
    }
}

extension DTLSDatagramChannel {
    /// The BIO that ends in a channel, which it does not own. Made once for each context.
    static func makeMethod() -> OpaquePointer? {
        guard let method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams") else { return nil }
        let isComplete =
            BIO_meth_set_create(
                method,
                { bio in
                    BIO_set_init(bio, 1)
                    return 1
                }) == 1
            && BIO_meth_set_write(
                method,
                { bio, bytes, count in
                    guard let channel = DTLSDatagramChannel.of(bio), let bytes, count > 0 else { return 0 }
                    sluice_BIO_clear_retry_flags(bio)
                    // A full flight is a lost datagram, not an error: OpenSSL would give up for good.
                    _ = channel.outgoing.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                    return count
                }) == 1
            && BIO_meth_set_read(
                method,
                { bio, buffer, count in
                    guard let channel = DTLSDatagramChannel.of(bio), let buffer, count > 0 else { return 0 }
                    sluice_BIO_clear_retry_flags(bio)
                    guard let record = channel.incoming, let base = record.baseAddress else {
                        sluice_BIO_set_retry_read(bio)
                        return -1
                    }
                    channel.incoming = nil
                    // As with a socket, what the buffer has no room for is lost.
                    let taken = min(record.count, Int(count))
                    let copy = UnsafeMutableRawBufferPointer(start: buffer, count: taken)
                    copy.copyMemory(from: UnsafeRawBufferPointer(start: base, count: taken))
                    channel.renumberPlaintext(copy)
                    return Int32(truncatingIfNeeded: taken)
                }) == 1
            && BIO_meth_set_ctrl(
                method,
                { _, command, _, _ in
                    switch command {
                    case BIO_CTRL_FLUSH: 1
                    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: DTLSDatagramChannel.protectionOverhead
                    default: 0
                    }
                }) == 1
        guard isComplete else {
            BIO_meth_free(method)
            return nil
        }
        return method
    }

    /// Replaces the verification of certificate chains: peers sign their own, and SDP tells which one is right.
    static func installVerification(in context: OpaquePointer) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_cert_verify_callback(
            context,
            { store, _ in
                guard let store, let certificate = X509_STORE_CTX_get0_cert(store),
                    let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
                    let channel = SSL_get_ex_data(OpaquePointer(ssl), 0)
                else { return 0 }
                let isTrusted = Unmanaged<DTLSDatagramChannel>.fromOpaque(channel).takeUnretainedValue()
                    .authenticate(certificate)
                // This error is the one that tells the peer `bad_certificate`, as RFC 8122 wants.
                X509_STORE_CTX_set_error(store, isTrusted ? X509_V_OK : X509_V_ERR_CERT_REJECTED)
                return isTrusted ? 1 : 0
            }, nil)
    }

    private static func of(_ bio: OpaquePointer?) -> DTLSDatagramChannel? {
        guard let data = BIO_get_data(bio) else { return nil }
        return Unmanaged<DTLSDatagramChannel>.fromOpaque(data).takeUnretainedValue()
    }
}
