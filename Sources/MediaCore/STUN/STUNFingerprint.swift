/// FINGERPRINT: the CRC-32 of ITU V.42, exclusive-ored with a constant.
///
/// Source: RFC 8489, section 14.7.
enum STUNFingerprint {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    /// The attribute's value for a message that ends where the attribute starts; its length field already counts it.
    static func value(of bytes: RawSpan) -> UInt32 {
        let checksum = bytes.withUnsafeBytes { bytes in
            bytes.reduce(UInt32.max) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
        }
        return ~checksum ^ 0x5354_554E
    }
}
