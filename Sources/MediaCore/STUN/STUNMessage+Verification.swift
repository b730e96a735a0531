internal import COpenSSL

extension STUNMessage {
    /// Whether MESSAGE-INTEGRITY is there and made with `key`. Compares in constant time.
    package func verifyIntegrity(in bytes: RawSpan, key: borrowing STUNIntegrityKey) -> Bool {
        guard let integrityOffset, integrityOffset + 4 + STUNIntegrityKey.codeByteCount <= bytes.byteCount,
            let code = key.code(of: bytes, integrityOffset: integrityOffset)
        else { return false }
        return bytes.withUnsafeBytes { bytes in
            code.span.withUnsafeBytes { code in
                CRYPTO_memcmp(code.baseAddress, bytes.baseAddress.map { $0 + integrityOffset + 4 }, code.count) == 0
            }
        }
    }

    /// Whether FINGERPRINT is there and right. It guards against mistaking other packets for STUN, not against anyone.
    package func verifyFingerprint(in bytes: RawSpan) -> Bool {
        guard let fingerprintOffset, fingerprintOffset <= bytes.byteCount,
            let received = try? bytes.uint32(at: fingerprintOffset + 4)
        else { return false }
        return received == STUNFingerprint.value(of: bytes.extracting(first: fingerprintOffset))
    }
}
