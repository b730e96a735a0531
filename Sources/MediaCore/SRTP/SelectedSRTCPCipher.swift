/// The backend of RTCP: intel-ipsec-mb for the AEAD profiles where the library has it, libcrypto for all else.
///
/// HMAC-SHA1 stays with libcrypto because intel-ipsec-mb is slower than that for a packet alone.
struct SelectedSRTCPCipher: ~Copyable {
    enum Transform: ~Copyable {
        case libcrypto(LibcryptoSRTPCipher)
        case galoisCounter(IPsecMBGaloisCounterMode)
    }

    private let transform: Transform
    /// Keeps alive what the transform points to.
    private let library: SRTPCipherLibrary

    /// Derives the session keys of RTCP from a master key.
    init(
        profile: SRTPProfile, key: SRTPKeyingMaterial.MasterKey, direction: LibcryptoSRTPCipher.Direction,
        library: SRTPCipherLibrary
    ) throws(SRTPError) {
        let keys = try SRTPSessionKeys.derived(from: key, profile: profile, for: .rtcp)
        self = try SelectedSRTCPCipher(keys, direction: direction, library: library)
    }

    init(
        _ keys: borrowing SRTPSessionKeys, direction: LibcryptoSRTPCipher.Direction, library: SRTPCipherLibrary
    ) throws(SRTPError) {
        if keys.profile.isAEAD, let handle = library.ipsecMB {
            transform = .galoisCounter(try IPsecMBGaloisCounterMode(keys, handle: handle))
        } else {
            transform = .libcrypto(try LibcryptoSRTPCipher(keys, direction: direction))
        }
        self.library = library
    }

    /// Protects a packet of at least 8 bytes; tag and index take `tagLength + 4` bytes more. Returns false when
    /// libcrypto fails.
    func protectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, index: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        switch transform {
        case .libcrypto(let cipher):
            return cipher.protectRTCP(packet, ssrc: ssrc, index: index, into: destination)
        case .galoisCounter(let transform):
            transform.protectRTCP(packet, ssrc: ssrc, index: index, into: destination)
            return true
        }
    }

    /// Unprotects an encrypted packet of at least 12 bytes and a tag. Returns false when it is not authentic.
    func unprotectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, index: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        switch transform {
        case .libcrypto(let cipher):
            cipher.unprotectRTCP(packet, ssrc: ssrc, index: index, into: destination)
        case .galoisCounter(let transform):
            transform.unprotectRTCP(packet, ssrc: ssrc, index: index, into: destination)
        }
    }
}
