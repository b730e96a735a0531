internal import CIPsecMB

/// What encrypts and decrypts packets: intel-ipsec-mb where it is installed and the processor has AES instructions,
/// libcrypto elsewhere. RTCP of the profiles with HMAC-SHA1 goes by libcrypto always.
///
/// An engine makes its own. Client transports that run on one thread share one: it holds some 300 kB of working memory
/// of intel-ipsec-mb, which is for one thread at a time.
public final class SRTPCipherLibrary {
    /// An implementation of SRTP's transforms.
    public enum Backend: Sendable {
        /// OpenSSL's libcrypto: everywhere.
        case libcrypto
        /// Intel's multi-buffer library: about four times as fast, on x86-64 with AES-NI.
        case ipsecMB
    }

    /// The implementation in use.
    public let backend: Backend

    /// nil with libcrypto.
    let ipsecMB: OpaquePointer?

    /// Takes the fastest implementation there is.
    public convenience init() {
        self.init(ipsecMB: sluice_ipsecmb_open())
    }

    /// libcrypto, whatever else there is.
    public static func libcrypto() -> SRTPCipherLibrary {
        SRTPCipherLibrary(ipsecMB: nil)
    }

    private init(ipsecMB: OpaquePointer?) {
        self.ipsecMB = ipsecMB
        backend = ipsecMB == nil ? .libcrypto : .ipsecMB
    }

    deinit {
        if let ipsecMB { sluice_ipsecmb_close(ipsecMB) }
    }

    /// The implementation's name, with its version where several are known to work: for logs.
    public var name: String {
        guard let ipsecMB else { return "libcrypto" }
        let version = sluice_ipsecmb_version(ipsecMB)
        return "intel-ipsec-mb \(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)"
    }
}
