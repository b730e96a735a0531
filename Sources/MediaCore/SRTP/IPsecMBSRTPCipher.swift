internal import CIPsecMB
internal import COpenSSL

/// The backend on intel-ipsec-mb. Its key schedule serves one direction of RTP.
struct IPsecMBSRTPCipher: ~Copyable, SRTPCipher {
    enum Transform: ~Copyable {
        case galoisCounter(IPsecMBGaloisCounterMode)
        case counter(IPsecMBCounterMode)
    }

    private let transform: Transform
    /// Keeps alive what the transform points to. Packets don't touch it, so they count no references.
    private let library: SRTPCipherLibrary

    /// Makes the cipher; nil when the library has not got intel-ipsec-mb.
    init?(_ keys: borrowing SRTPSessionKeys, library: SRTPCipherLibrary) throws(SRTPError) {
        guard let handle = library.ipsecMB else { return nil }
        if keys.profile.isAEAD {
            transform = .galoisCounter(try IPsecMBGaloisCounterMode(keys, handle: handle))
        } else {
            transform = .counter(try IPsecMBCounterMode(keys, handle: handle))
        }
        self.library = library
    }

    /// Starts to fetch a key that is large into the cache.
    func prefetch() {
        switch transform {
        case .galoisCounter(let transform): transform.prefetch()
        case .counter: break
        }
    }

    func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        switch transform {
        case .galoisCounter(let transform): transform.protect(jobs)
        case .counter(let transform): transform.protect(jobs)
        }
    }

    func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        switch transform {
        case .galoisCounter(let transform): transform.unprotect(jobs)
        case .counter(let transform): transform.unprotect(jobs)
        }
    }
}
