@testable import MediaCore

extension SRTPCipherLibrary.Backend {
    /// The backends there are on this machine.
    static var available: [Self] {
        let best = SRTPCipherLibrary().backend
        return best == .libcrypto ? [.libcrypto] : [.libcrypto, best]
    }

    /// A library of the backend, which must be there.
    func library() -> SRTPCipherLibrary {
        let library = self == .libcrypto ? SRTPCipherLibrary.libcrypto() : SRTPCipherLibrary()
        precondition(library.backend == self)
        return library
    }
}
