internal import COpenSSL

/// An AES key schedule in counter or Galois/counter mode. It is made once; a packet sets only the initialization
/// vector. Nothing but `init` allocates.
struct AESContext: ~Copyable {
    enum Mode {
        case counter
        case galoisCounter
    }

    private let context: OpaquePointer

    /// Expands a key of 16 or 32 bytes.
    init(_ mode: Mode, key: UnsafeRawBufferPointer, encrypting: Bool) throws(SRTPError) {
        let cipher =
            switch (mode, key.count) {
            case (.counter, 16): EVP_aes_128_ctr()
            case (.counter, 32): EVP_aes_256_ctr()
            case (.galoisCounter, 16): EVP_aes_128_gcm()
            case (.galoisCounter, 32): EVP_aes_256_gcm()
            default: throw .keyLength(expected: 16, actual: key.count)
            }
        guard let context = EVP_CIPHER_CTX_new() else { throw .cryptography }
        let bytes = key.assumingMemoryBound(to: UInt8.self).baseAddress
        guard EVP_CipherInit_ex(context, cipher, nil, bytes, nil, encrypting ? 1 : 0) == 1 else {
            EVP_CIPHER_CTX_free(context)
            throw .cryptography
        }
        self.context = context
    }

    /// libcrypto wipes the schedule as it frees it.
    deinit {
        EVP_CIPHER_CTX_free(context)
    }

    /// Begins a message with its initialization vector: 16 bytes in counter mode, 12 in Galois/counter mode.
    @inline(always)
    func start(_ vector: UnsafeMutableRawPointer) -> Bool {
        // -1 keeps the direction the context was made for.
        EVP_CipherInit_ex(context, nil, nil, nil, vector.assumingMemoryBound(to: UInt8.self), -1) == 1
    }

    /// Authenticates bytes that are not encrypted.
    @inline(always)
    func authenticate(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var written: Int32 = 0
        return EVP_CipherUpdate(
            context, nil, &written, bytes.assumingMemoryBound(to: UInt8.self).baseAddress,
            Int32(truncatingIfNeeded: bytes.count)) == 1
    }

    /// Encrypts or decrypts bytes: as many as go in come out. None at all is well too.
    @inline(always)
    func transform(_ bytes: UnsafeRawBufferPointer, into destination: UnsafeMutableRawPointer) -> Bool {
        guard !bytes.isEmpty else { return true }
        var written: Int32 = 0
        return EVP_CipherUpdate(
            context, destination.assumingMemoryBound(to: UInt8.self), &written,
            bytes.assumingMemoryBound(to: UInt8.self).baseAddress, Int32(truncatingIfNeeded: bytes.count)) == 1
    }

    /// Ends an encrypted message and writes its 16-byte tag.
    @inline(always)
    func finish(tag: UnsafeMutableRawPointer) -> Bool {
        var written: Int32 = 0
        return EVP_CipherFinal_ex(context, tag.assumingMemoryBound(to: UInt8.self), &written) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1
    }

    /// Ends a decrypted message: whether its 16-byte tag verifies.
    @inline(always)
    func verify(tag: UnsafeRawPointer) -> Bool {
        var written: Int32 = 0
        var nothing: UInt8 = 0
        return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, UnsafeMutableRawPointer(mutating: tag)) == 1
            && EVP_CipherFinal_ex(context, &nothing, &written) == 1
    }
}
