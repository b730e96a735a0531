internal import COpenSSL

/// HMAC-SHA1 under one key. The states behind the padded key are computed once and copied for each message, so a
/// message allocates nothing.
///
/// Source: RFC 2104.
struct HMACSHA1: ~Copyable {
    static let byteCount = 20

    /// The state after the inner padded key, the one after the outer, and the one at work.
    private let states: UnsafeMutablePointer<SHA_CTX>
    private let digest: UnsafeMutablePointer<UInt8>

    /// Takes a key of at most 64 bytes.
    init(key: UnsafeRawBufferPointer) {
        states = .allocate(capacity: 3)
        states.initialize(repeating: SHA_CTX(), count: 3)
        digest = .allocate(capacity: Self.byteCount)
        digest.initialize(repeating: 0, count: Self.byteCount)
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { block in
            for (state, pad) in [UInt8(0x36), 0x5C].enumerated() {
                for offset in 0..<64 { block[offset] = pad ^ (offset < key.count ? key[offset] : 0) }
                _ = sluice_sha1_init(states + state)
                _ = sluice_sha1_update(states + state, block.baseAddress, 64)
            }
            OPENSSL_cleanse(block.baseAddress, 64)
        }
    }

    deinit {
        OPENSSL_cleanse(states, 3 * MemoryLayout<SHA_CTX>.stride)
        OPENSSL_cleanse(digest, Self.byteCount)
        states.deallocate()
        digest.deallocate()
    }

    /// The code of two pieces and a big-endian number side by side: 20 bytes, until the next call.
    func code(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, trailer: UInt32
    ) -> UnsafePointer<UInt8> {
        let work = states + 2
        work.update(from: states, count: 1)
        _ = sluice_sha1_update(work, first.baseAddress, first.count)
        if !second.isEmpty { _ = sluice_sha1_update(work, second.baseAddress, second.count) }
        var trailer = trailer.bigEndian
        _ = sluice_sha1_update(work, &trailer, 4)
        _ = sluice_sha1_final(digest, work)
        work.update(from: states + 1, count: 1)
        _ = sluice_sha1_update(work, digest, Self.byteCount)
        _ = sluice_sha1_final(digest, work)
        return UnsafePointer(digest)
    }
}
