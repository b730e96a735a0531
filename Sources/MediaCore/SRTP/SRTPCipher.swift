/// A backend that encrypts and decrypts RTP packets of one transport in one direction.
///
/// It knows keys and nothing else: indexes are given, replay is the receiver's matter. Jobs come as arrays so that a
/// backend may keep several in flight; a synchronous one loops. It works on the jobs that are `.pending` and leaves
/// the others alone. It neither allocates nor locks.
protocol SRTPCipher: ~Copyable {
    /// Encrypts and authenticates; the outcome becomes `.success` or `.unprotectable`.
    mutating func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>)

    /// Authenticates and decrypts; the outcome becomes `.success`, `.tooShort` or `.authentication`.
    mutating func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>)
}
