import CSRTP

@testable import MediaCore

/// A session of libsrtp2, the oracle: one direction of one transport, any source.
struct LibsrtpSession: ~Copyable {
    private static let isReady = srtp_init() == srtp_err_status_ok

    private var session: srtp_t?

    /// Makes a session; nil when libsrtp lacks the profile.
    init?(
        _ profile: SRTPProfile, _ master: SRTPKeyingMaterial.MasterKey, inbound: Bool,
        encryptsRTCP: Bool = true
    ) {
        guard Self.isReady else { return nil }
        var policy = srtp_policy_t()
        for part in [\srtp_policy_t.rtp, \.rtcp] {
            switch profile {
            case .aes128CMHMACSHA1_80: srtp_crypto_policy_set_rtp_default(&policy[keyPath: part])
            case .aeadAES128GCM: srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy[keyPath: part])
            case .aeadAES256GCM: srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy[keyPath: part])
            }
        }
        if !encryptsRTCP { policy.rtcp.sec_serv = sec_serv_auth }
        policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound
        policy.window_size = 128
        var key = master.key + master.salt
        let status = key.withUnsafeMutableBufferPointer {
            policy.key = $0.baseAddress
            return srtp_create(&session, &policy)
        }
        guard status == srtp_err_status_ok else { return nil }
    }

    deinit {
        srtp_dealloc(session)
    }

    /// A function of libsrtp that changes a packet where it stands.
    typealias Operation = (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> srtp_err_status_t

    /// Runs a function on a packet: its status, and the packet's new length.
    func run(_ operation: Operation, _ packet: UnsafeMutableRawPointer, count: Int) -> (srtp_err_status_t, Int) {
        var length = Int32(count)
        let status = operation(session, packet, &length)
        return (status, Int(length))
    }
}
