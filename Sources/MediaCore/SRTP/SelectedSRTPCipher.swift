/// The backend that a library stands for, as a value: no packet pays for a choice made when the keys came.
enum SelectedSRTPCipher: ~Copyable, SRTPCipher {
    case libcrypto(LibcryptoSRTPCipher)
    case ipsecMB(IPsecMBSRTPCipher)

    /// Derives the session keys of RTP from a master key.
    init(
        profile: SRTPProfile, key: SRTPKeyingMaterial.MasterKey, direction: LibcryptoSRTPCipher.Direction,
        library: SRTPCipherLibrary
    ) throws(SRTPError) {
        let keys = try SRTPSessionKeys.derived(from: key, profile: profile, for: .rtp)
        self = try SelectedSRTPCipher(keys, direction: direction, library: library)
    }

    init(
        _ keys: borrowing SRTPSessionKeys, direction: LibcryptoSRTPCipher.Direction, library: SRTPCipherLibrary
    ) throws(SRTPError) {
        if let cipher = try IPsecMBSRTPCipher(keys, library: library) {
            self = .ipsecMB(cipher)
        } else {
            self = .libcrypto(try LibcryptoSRTPCipher(keys, direction: direction))
        }
    }

    /// Starts to fetch what the next `protect` will read, where it is known.
    func prefetch() {
        switch self {
        case .libcrypto: break
        case .ipsecMB(let cipher): cipher.prefetch()
        }
    }

    func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        switch self {
        case .libcrypto(let cipher): cipher.protect(jobs)
        case .ipsecMB(let cipher): cipher.protect(jobs)
        }
    }

    func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        switch self {
        case .libcrypto(let cipher): cipher.unprotect(jobs)
        case .ipsecMB(let cipher): cipher.unprotect(jobs)
        }
    }
}
