internal import COpenSSL

/// The first of SRTP's transforms on one key: AES in counter mode, then HMAC-SHA1 cut to 10 bytes.
///
/// Source: RFC 3711, sections 3.3, 3.4, 4.1.1 and 4.2.1.
struct SRTPCounterMode: ~Copyable {
    private static let tagLength = 10

    private let context: AESContext
    private let vector: SRTPInitializationVector
    private let authenticator: HMACSHA1

    init(_ keys: borrowing SRTPSessionKeys) throws(SRTPError) {
        // Counter mode decrypts by encrypting.
        context = try AESContext(.counter, key: keys.encryptionKey, encrypting: true)
        vector = SRTPInitializationVector(salt: keys.salt)
        authenticator = HMACSHA1(key: keys.authenticationKey)
    }

    @inline(always)
    func protect(_ job: inout SRTPJob) {
        let count = job.payload.count + job.payloadTail.count
        guard context.start(vector.counter(ssrc: job.ssrc, index: job.index)),
            context.transform(job.payload, into: job.destination),
            context.transform(job.payloadTail, into: job.destination + job.payload.count)
        else {
            job.outcome = .unprotectable
            return
        }
        let code = authenticator.code(
            job.header, UnsafeRawBufferPointer(start: job.destination, count: count),
            trailer: UInt32(truncatingIfNeeded: job.index >> 16))
        (job.destination + count).copyMemory(from: code, byteCount: Self.tagLength)
        job.outcome = .success
    }

    @inline(always)
    func unprotect(_ job: inout SRTPJob) {
        let count = job.payload.count - Self.tagLength
        let ciphertext = UnsafeRawBufferPointer(rebasing: job.payload[0..<count])
        let code = authenticator.code(
            job.header, ciphertext, trailer: UInt32(truncatingIfNeeded: job.index >> 16))
        let tag = job.payload.baseAddress.unsafelyUnwrapped + count
        let authentic =
            CRYPTO_memcmp(code, tag, Self.tagLength) == 0
            && context.start(vector.counter(ssrc: job.ssrc, index: job.index))
            && context.transform(ciphertext, into: job.destination)
        if !authentic { job.destination.initializeMemory(as: UInt8.self, repeating: 0, count: count) }
        job.outcome = authentic ? .success : .authentication
    }

    /// Header, ciphertext, E bit and index, then the tag.
    func protectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, trailer: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        destination.copyMemory(from: packet.baseAddress.unsafelyUnwrapped, byteCount: 8)
        guard context.start(vector.counter(ssrc: ssrc, index: UInt64(trailer & 0x7FFF_FFFF))),
            context.transform(UnsafeRawBufferPointer(rebasing: packet[8...]), into: destination + 8)
        else { return false }
        let code = authenticator.code(
            UnsafeRawBufferPointer(start: destination, count: packet.count),
            UnsafeRawBufferPointer(start: nil, count: 0), trailer: trailer)
        withUnsafeBytes(of: trailer.bigEndian) {
            (destination + packet.count).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: 4)
        }
        (destination + packet.count + 4).copyMemory(from: code, byteCount: Self.tagLength)
        return true
    }

    func unprotectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, trailer: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        let base = packet.baseAddress.unsafelyUnwrapped
        let end = packet.count - Self.tagLength - 4
        let code = authenticator.code(
            UnsafeRawBufferPointer(rebasing: packet[0..<end]), UnsafeRawBufferPointer(start: nil, count: 0),
            trailer: trailer)
        guard CRYPTO_memcmp(code, base + end + 4, Self.tagLength) == 0,
            context.start(vector.counter(ssrc: ssrc, index: UInt64(trailer & 0x7FFF_FFFF))),
            context.transform(UnsafeRawBufferPointer(rebasing: packet[8..<end]), into: destination + 8)
        else { return false }
        destination.copyMemory(from: base, byteCount: 8)
        return true
    }
}
