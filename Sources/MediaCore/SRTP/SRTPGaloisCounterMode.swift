/// The AEAD transforms on one key: AES in Galois/counter mode, tags of 16 bytes.
///
/// Source: RFC 7714, sections 8 and 9.
struct SRTPGaloisCounterMode: ~Copyable {
    private let context: AESContext
    private let vector: SRTPInitializationVector

    init(_ keys: borrowing SRTPSessionKeys, encrypting: Bool) throws(SRTPError) {
        context = try AESContext(.galoisCounter, key: keys.encryptionKey, encrypting: encrypting)
        vector = SRTPInitializationVector(salt: keys.salt)
    }

    @inline(always)
    func protect(_ job: inout SRTPJob) {
        let tail = job.destination + job.payload.count
        let done =
            context.start(vector.galoisCounter(ssrc: job.ssrc, index: job.index))
            && context.authenticate(job.header)
            && context.transform(job.payload, into: job.destination)
            && context.transform(job.payloadTail, into: tail)
            && context.finish(tag: tail + job.payloadTail.count)
        job.outcome = done ? .success : .unprotectable
    }

    @inline(always)
    func unprotect(_ job: inout SRTPJob) {
        let count = job.payload.count - 16
        let ciphertext = UnsafeRawBufferPointer(rebasing: job.payload[0..<count])
        let authentic =
            context.start(vector.galoisCounter(ssrc: job.ssrc, index: job.index))
            && context.authenticate(job.header)
            && context.transform(ciphertext, into: job.destination)
            && context.verify(tag: job.payload.baseAddress.unsafelyUnwrapped + count)
        // What stands there now is the attacker's choice of plaintext.
        if !authentic { job.destination.initializeMemory(as: UInt8.self, repeating: 0, count: count) }
        job.outcome = authentic ? .success : .authentication
    }

    /// Header, ciphertext, tag, then E bit and index.
    func protectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, trailer: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        let header = UnsafeRawBufferPointer(rebasing: packet[0..<8])
        destination.copyMemory(from: packet.baseAddress.unsafelyUnwrapped, byteCount: 8)
        var trailer = trailer.bigEndian
        (destination + packet.count + 16).copyMemory(from: &trailer, byteCount: 4)
        return startRTCP(header, ssrc: ssrc, trailer: trailer)
            && context.transform(UnsafeRawBufferPointer(rebasing: packet[8...]), into: destination + 8)
            && context.finish(tag: destination + packet.count)
    }

    func unprotectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, trailer: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        let base = packet.baseAddress.unsafelyUnwrapped
        let end = packet.count - 20
        destination.copyMemory(from: base, byteCount: 8)
        let authentic =
            startRTCP(UnsafeRawBufferPointer(rebasing: packet[0..<8]), ssrc: ssrc, trailer: trailer.bigEndian)
            && context.transform(UnsafeRawBufferPointer(rebasing: packet[8..<end]), into: destination + 8)
            && context.verify(tag: base + end)
        if !authentic { destination.initializeMemory(as: UInt8.self, repeating: 0, count: end) }
        return authentic
    }

    private func startRTCP(_ header: UnsafeRawBufferPointer, ssrc: UInt32, trailer: UInt32) -> Bool {
        let index = UInt64(UInt32(bigEndian: trailer) & 0x7FFF_FFFF)
        return context.start(vector.galoisCounter(ssrc: ssrc, index: index))
            && context.authenticate(header)
            && withUnsafeBytes(of: trailer) { context.authenticate($0) }
    }
}
