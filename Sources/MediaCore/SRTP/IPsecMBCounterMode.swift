internal import CIPsecMB
internal import COpenSSL

/// AES in counter mode with HMAC-SHA1 for RTP on intel-ipsec-mb, which hashes several packets side by side.
///
/// Source: RFC 3711, sections 3.3, 4.1.1 and 4.2.1.
struct IPsecMBCounterMode: ~Copyable {
    private static let tagLength = 10
    /// Lanes without a packet cost as much as those with one: with 16 lanes, fewer packets are faster by libcrypto.
    private static let minimumBatch = 5

    private let handle: OpaquePointer
    private let key: OpaquePointer
    private let vector: SRTPInitializationVector
    private let single: SRTPCounterMode

    /// Expands the keys. The handle must outlive the value's use.
    init(_ keys: borrowing SRTPSessionKeys, handle: OpaquePointer) throws(SRTPError) {
        let single = try SRTPCounterMode(keys)
        let (encryption, authentication) = (keys.encryptionKey.baseAddress, keys.authenticationKey.baseAddress)
        guard let key = sluice_ipsecmb_counter_key_make(handle, encryption, authentication) else { throw .cryptography }
        self.single = single
        self.handle = handle
        self.key = key
        vector = SRTPInitializationVector(salt: keys.salt)
    }

    deinit {
        sluice_ipsecmb_counter_key_free(key)
    }

    func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        var pending = 0
        for position in jobs.indices where jobs[position].outcome == .pending {
            if jobs[position].fitsDatagram(tagLength: Self.tagLength) {
                pending += 1
            } else {
                jobs[position].outcome = .unprotectable
            }
        }
        var start = 0
        while pending >= Self.minimumBatch {
            var end = start
            while end < jobs.count, jobs[end].outcome != .pending || queueToProtect(jobs[end]) { end += 1 }
            sluice_ipsecmb_counter_finish(handle)
            let count = finishProtecting(jobs, start..<end)
            // A queue takes at least one packet.
            guard count > 0 else { break }
            pending -= count
            start = end
        }
        guard pending > 0 else { return }
        for position in start..<jobs.count where jobs[position].outcome == .pending {
            single.protect(&jobs[position])
        }
    }

    private func queueToProtect(_ job: SRTPJob) -> Bool {
        sluice_ipsecmb_counter_seal(
            handle, key, vector.counter(ssrc: job.ssrc, index: job.index), job.header.count, job.payload.baseAddress,
            job.payload.count, job.payloadTail.baseAddress, job.payloadTail.count, job.destination,
            UInt32(truncatingIfNeeded: job.index >> 16))
    }

    /// Writes tags and outcomes; returns how many packets there were.
    private func finishProtecting(_ jobs: UnsafeMutableBufferPointer<SRTPJob>, _ range: Range<Int>) -> Int {
        var count = 0
        for position in range where jobs[position].outcome == .pending {
            let job = jobs[position]
            if let code = sluice_ipsecmb_counter_code(handle, count) {
                let tag = job.destination + job.payload.count + job.payloadTail.count
                tag.copyMemory(from: code, byteCount: Self.tagLength)
                jobs[position].outcome = .success
            } else {
                jobs[position].outcome = .unprotectable
            }
            count += 1
        }
        return count
    }

    func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        var pending = 0
        for position in jobs.indices where jobs[position].outcome == .pending {
            if jobs[position].payload.count >= Self.tagLength, jobs[position].fitsDatagram(tagLength: 0) {
                pending += 1
            } else {
                jobs[position].outcome = .tooShort
            }
        }
        var start = 0
        while pending >= Self.minimumBatch {
            var end = start
            while end < jobs.count, jobs[end].outcome != .pending || queueToUnprotect(jobs[end]) { end += 1 }
            sluice_ipsecmb_counter_finish(handle)
            let count = finishUnprotecting(jobs, start..<end)
            // A queue takes at least one packet.
            guard count > 0 else { break }
            pending -= count
            start = end
        }
        guard pending > 0 else { return }
        for position in start..<jobs.count where jobs[position].outcome == .pending {
            single.unprotect(&jobs[position])
        }
    }

    private func queueToUnprotect(_ job: SRTPJob) -> Bool {
        sluice_ipsecmb_counter_open(
            handle, key, vector.counter(ssrc: job.ssrc, index: job.index), job.header.baseAddress, job.header.count,
            job.payload.baseAddress, job.payload.count - Self.tagLength, job.destination,
            UInt32(truncatingIfNeeded: job.index >> 16))
    }

    /// Compares tags and writes outcomes; returns how many packets there were.
    private func finishUnprotecting(_ jobs: UnsafeMutableBufferPointer<SRTPJob>, _ range: Range<Int>) -> Int {
        var count = 0
        for position in range where jobs[position].outcome == .pending {
            let job = jobs[position]
            let plaintextCount = job.payload.count - Self.tagLength
            let tag = job.payload.baseAddress.unsafelyUnwrapped + plaintextCount
            let code = sluice_ipsecmb_counter_code(handle, count)
            let authentic = code.map { CRYPTO_memcmp($0, tag, Self.tagLength) == 0 } ?? false
            if !authentic { job.destination.initializeMemory(as: UInt8.self, repeating: 0, count: plaintextCount) }
            jobs[position].outcome = authentic ? .success : .authentication
            count += 1
        }
        return count
    }
}
