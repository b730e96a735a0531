internal import COpenSSL

/// A password, set up once for MESSAGE-INTEGRITY: a keyed HMAC-SHA1 context costs less to restart than to make.
///
/// Source: RFC 8489, section 14.5; short-term credentials, section 9.1.1.
package struct STUNIntegrityKey: ~Copyable {
    static let codeByteCount = 20

    /// Nil when there is no password, or the library failed: then nothing verifies and nothing is signed.
    private let context: OpaquePointer?

    /// A key that verifies nothing.
    init() {
        context = nil
    }

    /// The key of a password: its UTF-8 bytes.
    package init(password: String) {
        self.init(key: Array(password.utf8))
    }

    init(key: [UInt8]) {
        guard !key.isEmpty, let algorithm = EVP_MAC_fetch(nil, "HMAC", nil) else {
            context = nil
            return
        }
        let context = EVP_MAC_CTX_new(algorithm)
        EVP_MAC_free(algorithm)
        let isReady = "SHA1".withCString { name in
            let parameters = [
                OSSL_PARAM_construct_utf8_string("digest", UnsafeMutablePointer(mutating: name), 0),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(context, key, key.count, parameters) == 1
        }
        if !isReady { EVP_MAC_CTX_free(context) }
        self.context = isReady ? context : nil
    }

    deinit {
        EVP_MAC_CTX_free(context)
    }

    /// The code of the message whose MESSAGE-INTEGRITY attribute starts, or is to start, at `offset`. The length field
    /// that goes into it ends with that attribute, whatever follows.
    package func code(of message: RawSpan, integrityOffset offset: Int) -> InlineArray<20, UInt8>? {
        guard let context, offset >= STUNMessage.headerByteCount, offset <= message.byteCount,
            let length = UInt16(exactly: offset + 4 + Self.codeByteCount - STUNMessage.headerByteCount)
        else { return nil }
        var code = InlineArray<20, UInt8>(repeating: 0)
        let isDone = withUnsafeMutableBytes(of: &code) { code in
            message.withUnsafeBytes { message in
                withUnsafeBytes(of: length.bigEndian) { length in
                    let base = message.bindMemory(to: UInt8.self).baseAddress
                    var count = 0
                    return EVP_MAC_init(context, nil, 0, nil) == 1 && EVP_MAC_update(context, base, 2) == 1
                        && EVP_MAC_update(context, length.bindMemory(to: UInt8.self).baseAddress, 2) == 1
                        && EVP_MAC_update(context, base.map { $0 + 4 }, offset - 4) == 1
                        && EVP_MAC_final(
                            context, code.bindMemory(to: UInt8.self).baseAddress, &count, Self.codeByteCount) == 1
                        && count == Self.codeByteCount
                }
            }
        }
        return isDone ? code : nil
    }
}
