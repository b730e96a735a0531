internal import CIPsecMB
internal import COpenSSL

/// The AEAD transforms of RTP on intel-ipsec-mb: one packet after the other, which is as fast as it gets.
///
/// Source: RFC 7714, section 8.
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
}
