internal import CIPsecMB
internal import COpenSSL

/// The AEAD transforms on intel-ipsec-mb: one packet after the other, which is as fast as it gets.
///
/// Its key serves one direction of either RTP or RTCP. Source: RFC 7714, sections 8 and 9.
struct IPsecMBGaloisCounterMode: ~Copyable {
    private let handle: OpaquePointer
    private let key: OpaquePointer
    private let vector: SRTPInitializationVector

    /// Expands the key. The handle must outlive the value's use.
    init(_ keys: borrowing SRTPSessionKeys, handle: OpaquePointer) throws(SRTPError) {
        let bytes = keys.encryptionKey
        guard let key = sluice_ipsecmb_gcm_key_make(handle, bytes.baseAddress, bytes.count) else { throw .cryptography }
        self.handle = handle
        self.key = key
        vector = SRTPInitializationVector(salt: keys.salt)
    }

    deinit {
        sluice_ipsecmb_gcm_key_free(key)
    }

    /// Starts to fetch the key's kilobyte into the cache.
    func prefetch() {
        sluice_ipsecmb_gcm_key_prefetch(key)
        vector.prefetch()
    }

    func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        for position in jobs.indices where jobs[position].outcome == .pending {
            let job = jobs[position]
            guard job.fitsDatagram(tagLength: 16) else {
                jobs[position].outcome = .unprotectable
                continue
            }
            sluice_ipsecmb_gcm_seal(
                handle, key, vector.galoisCounter(ssrc: job.ssrc, index: job.index), job.header.baseAddress,
                job.header.count, job.payload.baseAddress, job.payload.count, job.payloadTail.baseAddress,
                job.payloadTail.count, job.destination)
            jobs[position].outcome = .success
        }
    }

    func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        for position in jobs.indices where jobs[position].outcome == .pending {
            let job = jobs[position]
            let count = job.payload.count - 16
            guard count >= 0, job.fitsDatagram(tagLength: 0) else {
                jobs[position].outcome = .tooShort
                continue
            }
            let payload = job.payload.baseAddress.unsafelyUnwrapped
            var tag: UInt128 = 0
            sluice_ipsecmb_gcm_open(
                handle, key, vector.galoisCounter(ssrc: job.ssrc, index: job.index), job.header.baseAddress,
                job.header.count, payload, count, job.destination, &tag)
            let authentic = CRYPTO_memcmp(&tag, payload + count, 16) == 0
            // What stands there now is the attacker's choice of plaintext.
            if !authentic { job.destination.initializeMemory(as: UInt8.self, repeating: 0, count: count) }
            jobs[position].outcome = authentic ? .success : .authentication
        }
    }

    // MARK: RTCP

    /// Header, ciphertext, tag, then E bit and index: 20 bytes more than the packet, which has at least 8.
    func protectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, index: UInt32, into destination: UnsafeMutableRawPointer
    ) {
        let base = packet.baseAddress.unsafelyUnwrapped
        let header = base.loadUnaligned(as: UInt64.self)
        let word = (1 << 31 | index).bigEndian
        var associated = (header, word)
        destination.storeBytes(of: header, as: UInt64.self)
        sluice_ipsecmb_gcm_seal(
            handle, key, vector.galoisCounter(ssrc: ssrc, index: UInt64(index)), &associated, Self.associatedByteCount,
            base + 8, packet.count - 8, nil, 0, destination + 8)
        destination.storeBytes(of: word, toByteOffset: packet.count + 16, as: UInt32.self)
    }

    /// Takes an encrypted packet of at least 28 bytes. Returns false when it is not authentic.
    func unprotectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, index: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        let base = packet.baseAddress.unsafelyUnwrapped
        let end = packet.count - 20
        let header = base.loadUnaligned(as: UInt64.self)
        var associated = (header, (1 << 31 | index).bigEndian)
        var tag: UInt128 = 0
        destination.storeBytes(of: header, as: UInt64.self)
        sluice_ipsecmb_gcm_open(
            handle, key, vector.galoisCounter(ssrc: ssrc, index: UInt64(index)), &associated, Self.associatedByteCount,
            base + 8, end - 8, destination + 8, &tag)
        let authentic = CRYPTO_memcmp(&tag, base + end, 16) == 0
        // What stands there now is the attacker's choice of plaintext.
        if !authentic { destination.initializeMemory(as: UInt8.self, repeating: 0, count: end) }
        return authentic
    }

    /// What is authenticated and not encrypted: the header, then the word with E bit and index, which stands elsewhere
    /// in the packet. Source: RFC 7714, section 9.2.
    private static let associatedByteCount = 12
}
