import COpenSSL

@testable import MediaCore

/// A peer on bare OpenSSL, for what no association of ours would do. It trusts everybody's certificate that matches,
/// repeats nothing, and needs a link without loss.
final class OpenSSLPeer {
    private let ssl: OpaquePointer
    private let channel: DTLSDatagramChannel
    private let certificate = DTLSLink.clientCertificate
    private var arena = TransmitArena(byteCapacity: 1 << 16, maximumEntries: 64)
    private var nextSequence: UInt64 = 0

    /// - Parameter profiles: What to put into `use_srtp`; nil leaves the extension out.
    init(
        role: DTLSRole, trusts fingerprint: CertificateFingerprint, profiles: String? = "SRTP_AES128_CM_SHA1_80",
        configure: (OpaquePointer) -> Void = { _ in }
    ) throws {
        channel = DTLSDatagramChannel(fingerprints: [fingerprint])
        guard let ssl = SSL_new(certificate.shared.context), let bio = BIO_new(certificate.shared.method) else {
            throw DTLSError.cryptography("SSL_new")
        }
        self.ssl = ssl
        let pointer = Unmanaged.passUnretained(channel).toOpaque()
        BIO_set_data(bio, pointer)
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, 0, pointer)
        _ = sluice_SSL_set_mtu(ssl, 1200)
        if let profiles { _ = SSL_set_tlsext_use_srtp(ssl, profiles) }
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        configure(ssl)
    }

    deinit {
        SSL_free(ssl)
    }

    var isConnected: Bool { SSL_is_init_finished(ssl) == 1 }

    /// The datagrams of the first flight.
    func start() -> [[UInt8]] {
        SSL_do_handshake(ssl)
        return take()
    }

    /// Takes a datagram; returns the answer.
    func receive(_ datagram: [UInt8]) -> [[UInt8]] {
        var reader = WireReader(datagram.span.bytes)
        while let record = try? DTLSRecord(&reader) {
            channel.offering(record.bytes) {
                var buffer: UInt8 = 0
                if SSL_do_handshake(ssl) == 1 { SSL_read(ssl, &buffer, 1) }
            }
        }
        ERR_clear_error()
        return take()
    }

    func write(_ bytes: [UInt8]) -> [[UInt8]] {
        SSL_write(ssl, bytes, Int32(bytes.count))
        return take()
    }

    private func take() -> [[UInt8]] {
        arena.removeAll()
        var flight = channel.takeOutgoing()
        flight.send(nextSequence: &nextSequence, to: DTLSLink.path, transmit: &arena)
        var datagrams: [[UInt8]] = []
        for entry in arena.entries { datagrams.append(arena.datagram(entry).array) }
        return datagrams
    }
}
