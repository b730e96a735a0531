import COpenSSL

/// OpenSSL's part of an association: it is fed one record at a time, and leaves what it writes in the channel.
struct DTLSSession: ~Copyable {
    /// How far a handshake has come.
    enum Progress {
        case waiting
        case finished
        case failed(DTLSFailure)
    }

    /// What a record under the association's protection was.
    enum Reading {
        /// Not authentic, or nothing that matters.
        case nothing
        case applicationData
        /// The peer's close_notify or fatal alert.
        case closed
    }

    private let ssl: OpaquePointer
    // OpenSSL points at it without a reference, so it must outlive `ssl`: `deinit` runs before members go.
    private let channel: DTLSDatagramChannel
    private let role: DTLSRole
    // Holds the BIO_METHOD, which OpenSSL does not count.
    private let shared: DTLSContext

    init(
        role: DTLSRole, certificate: DTLSCertificate, fingerprints: [CertificateFingerprint],
        profiles: [SRTPProfile], maximumDatagramSize: Int
    ) throws(DTLSError) {
        ERR_clear_error()
        shared = certificate.shared
        channel = DTLSDatagramChannel(fingerprints: fingerprints)
        self.role = role
        guard let ssl = SSL_new(shared.context) else { throw .cryptography("SSL_new") }
        guard let bio = BIO_new(shared.method) else {
            SSL_free(ssl)
            throw .cryptography("BIO_new")
        }
        let pointer = Unmanaged.passUnretained(channel).toOpaque()
        BIO_set_data(bio, pointer)
        SSL_set_bio(ssl, bio, bio)
        let names = profiles.map(\.openSSLName).joined(separator: ":")
        let mtu = maximumDatagramSize - DTLSDatagramChannel.protectionOverhead
        // Unlike its neighbours, SSL_set_tlsext_use_srtp returns 0 for success.
        guard SSL_set_ex_data(ssl, 0, pointer) == 1, SSL_set_tlsext_use_srtp(ssl, names) == 0,
            sluice_SSL_set_mtu(ssl, mtu) == mtu
        else {
            SSL_free(ssl)
            throw .cryptography("SSL_set")
        }
        // OpenSSL reads the machine's clock; an hour keeps its own retransmission out of our way.
        DTLS_set_timer_cb(ssl) { _, _ in 3_600_000_000 }
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        self.ssl = ssl
    }

    deinit {
        SSL_free(ssl)
    }

    /// What OpenSSL has written since the last call.
    func takeOutgoing() -> DTLSFlight { channel.takeOutgoing() }

    /// Whether the peer's ChangeCipherSpec is in, so that the next thing can only be its Finished.
    var expectsFinished: Bool {
        let state = SSL_get_state(ssl)
        return state == TLS_ST_SR_CHANGE || state == TLS_ST_CR_CHANGE
    }

    /// The SRTP profile chosen so far.
    var profile: SRTPProfile? {
        guard let chosen = SSL_get_selected_srtp_profile(ssl) else { return nil }
        return UInt16(exactly: chosen.pointee.id).flatMap(SRTPProfile.init(rawValue:))
    }

    /// Writes the client's first flight.
    func start() -> Progress { advance() }

    /// Processes one record of the handshake.
    func handshake(_ record: RawSpan) -> Progress {
        channel.offering(record) { advance() }
    }

    private func advance() -> Progress {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            SSL_free_buffers(ssl)
            return .finished
        }
        let reason = ERR_GET_REASON(ERR_peek_error())
        ERR_clear_error()
        // Every fatal error leaves a reason. Without one OpenSSL waits for more, or has refused a fragment that doesn't
        // fit its message's others, which it calls a failed system call.
        if reason == 0 { return .waiting }
        if channel.hasMismatch { return .failed(.fingerprintMismatch) }
        return switch reason {
        case SSL_R_NO_SHARED_CIPHER: .failed(.noCommonCipher)
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .failed(.missingCertificate)
        default: .failed(.handshake(reason))
        }
    }

    /// The SRTP keys of a finished handshake.
    ///
    /// Source: RFC 5764, section 4.2.
    func keyingMaterial() throws(DTLSFailure) -> SRTPKeyingMaterial {
        guard channel.isPeerAuthenticated else { throw .fingerprintMismatch }
        guard sluice_SSL_has_extended_master_secret(ssl) == 1 else { throw .noExtendedMasterSecret }
        guard let profile else { throw .noCommonProfile }
        let (keyLength, saltLength) = (profile.keyLength, profile.saltLength)
        let label: StaticString = "EXTRACTOR-dtls_srtp"
        let byteCount = 2 * (keyLength + saltLength)
        let material = withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) {
            block -> SRTPKeyingMaterial? in
            defer { OPENSSL_cleanse(block.baseAddress, byteCount) }
            let isDone = label.withUTF8Buffer { label in
                label.withMemoryRebound(to: CChar.self) { label in
                    SSL_export_keying_material(
                        ssl, block.baseAddress?.assumingMemoryBound(to: UInt8.self), byteCount, label.baseAddress,
                        label.count, nil, 0, 0)
                }
            }
            guard isDone == 1 else { return nil }
            let salts = 2 * keyLength
            let client = SRTPKeyingMaterial.MasterKey(
                key: Array(block[0..<keyLength]), salt: Array(block[salts..<(salts + saltLength)]))
            let server = SRTPKeyingMaterial.MasterKey(
                key: Array(block[keyLength..<salts]), salt: Array(block[(salts + saltLength)..<byteCount]))
            return switch role {
            case .client: SRTPKeyingMaterial(profile: profile, local: client, remote: server)
            case .server: SRTPKeyingMaterial(profile: profile, local: server, remote: client)
            }
        }
        guard let material else { throw .handshake(ERR_GET_REASON(ERR_get_error())) }
        return material
    }

    /// Takes one record under the association's protection. Answers a close_notify with one.
    func read(_ record: RawSpan) -> Reading {
        let reading = channel.offering(record) { () -> Reading in
            withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 1) { buffer in
                var reading = Reading.nothing
                while true {
                    ERR_clear_error()
                    let count = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
                    guard count <= 0 else {
                        reading = .applicationData
                        continue
                    }
                    if SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 {
                        reading = .closed
                        _ = SSL_shutdown(ssl)
                    }
                    ERR_clear_error()
                    return reading
                }
            }
        }
        SSL_free_buffers(ssl)
        return reading
    }

    /// Writes a close_notify once the handshake has finished.
    func shutDown() {
        // SSL_free_buffers took the buffers, and OpenSSL 3.0 brings both back when it reads datagrams, but not when
        // it writes one: it would write to address 0.
        var byte: UInt8 = 0
        _ = SSL_peek(ssl, &byte, 1)
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
        SSL_free_buffers(ssl)
    }
}

extension SRTPProfile {
    fileprivate var openSSLName: String {
        switch self {
        case .aes128CMHMACSHA1_80: "SRTP_AES128_CM_SHA1_80"
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        }
    }
}
