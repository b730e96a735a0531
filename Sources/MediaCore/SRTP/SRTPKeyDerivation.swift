internal import COpenSSL

/// Session keys from a master key: AES in counter mode as pseudo-random function, key derivation rate 0.
///
/// Source: RFC 3711, section 4.3; for a 96-bit salt RFC 7714, section 11; for 256-bit keys RFC 6188, section 3.
struct SRTPKeyDerivation: ~Copyable {
    /// What a derived key is for.
    enum Label: UInt8 {
        case rtpEncryption = 0
        case rtpAuthentication = 1
        case rtpSalt = 2
        case rtcpEncryption = 3
        case rtcpAuthentication = 4
        case rtcpSalt = 5
    }

    private let context: AESContext
    private let salt: SRTPInitializationVector

    /// Takes a master key of 16 or 32 bytes and a master salt of 12 or 14.
    init(_ master: SRTPKeyingMaterial.MasterKey) throws(SRTPError) {
        context = try master.key.span.bytes.withUnsafeBytes { key throws(SRTPError) in
            try AESContext(.counter, key: key, encrypting: true)
        }
        salt = master.salt.span.bytes.withUnsafeBytes { SRTPInitializationVector(salt: $0) }
    }

    /// Fills `destination` with the key of a label. Returns false when libcrypto fails.
    func derive(_ label: Label, into destination: UnsafeMutableRawBufferPointer) -> Bool {
        guard let base = destination.baseAddress else { return false }
        destination.initializeMemory(as: UInt8.self, repeating: 0)
        // The key stream itself is the key. Encrypting the zeros where they stand leaves no copy of it behind.
        return context.start(salt.keyDerivation(label: label.rawValue))
            && context.transform(UnsafeRawBufferPointer(destination), into: base)
    }
}
