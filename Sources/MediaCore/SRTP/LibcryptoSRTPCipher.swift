/// The backend that runs everywhere: libcrypto, one packet after the other.
///
/// Its key schedule serves one direction of either RTP or RTCP.
struct LibcryptoSRTPCipher: ~Copyable, SRTPCipher {
    /// What the keys are for.
    enum Direction {
        case outbound
        case inbound
    }

    enum Transform: ~Copyable {
        case galoisCounter(SRTPGaloisCounterMode)
        case counter(SRTPCounterMode)
    }

    private let transform: Transform
    private let tagLength: Int

    init(_ keys: borrowing SRTPSessionKeys, direction: Direction) throws(SRTPError) {
        tagLength = keys.profile.tagLength
        transform =
            keys.profile.isAEAD
            ? .galoisCounter(try SRTPGaloisCounterMode(keys, encrypting: direction == .outbound))
            : .counter(try SRTPCounterMode(keys))
    }

    /// Derives the session keys of a master key, and takes them.
    init(
        profile: SRTPProfile, key: SRTPKeyingMaterial.MasterKey, for use: SRTPSessionKeys.Use, direction: Direction
    ) throws(SRTPError) {
        let keys = try SRTPSessionKeys.derived(from: key, profile: profile, for: use)
        self = try LibcryptoSRTPCipher(keys, direction: direction)
    }

    func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        for position in jobs.indices where jobs[position].outcome == .pending {
            guard jobs[position].fitsDatagram(tagLength: tagLength) else {
                jobs[position].outcome = .unprotectable
                continue
            }
            switch transform {
            case .galoisCounter(let transform): transform.protect(&jobs[position])
            case .counter(let transform): transform.protect(&jobs[position])
            }
        }
    }

    func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        for position in jobs.indices where jobs[position].outcome == .pending {
            guard jobs[position].payload.count >= tagLength, jobs[position].fitsDatagram(tagLength: 0) else {
                jobs[position].outcome = .tooShort
                continue
            }
            switch transform {
            case .galoisCounter(let transform): transform.unprotect(&jobs[position])
            case .counter(let transform): transform.unprotect(&jobs[position])
            }
        }
    }

    /// Protects an RTCP packet of at least 8 bytes under an index of 31 bits, into room for the packet, the tag and
    /// 4 bytes more. Returns false when libcrypto fails.
    func protectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, index: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        switch transform {
        case .galoisCounter(let transform):
            transform.protectRTCP(packet, ssrc: ssrc, trailer: 1 << 31 | index, into: destination)
        case .counter(let transform):
            transform.protectRTCP(packet, ssrc: ssrc, trailer: 1 << 31 | index, into: destination)
        }
    }

    /// Unprotects an encrypted RTCP packet of at least 12 bytes and a tag. Returns false when it is not authentic.
    func unprotectRTCP(
        _ packet: UnsafeRawBufferPointer, ssrc: UInt32, index: UInt32, into destination: UnsafeMutableRawPointer
    ) -> Bool {
        switch transform {
        case .galoisCounter(let transform):
            transform.unprotectRTCP(packet, ssrc: ssrc, trailer: 1 << 31 | index, into: destination)
        case .counter(let transform):
            transform.unprotectRTCP(packet, ssrc: ssrc, trailer: 1 << 31 | index, into: destination)
        }
    }
}
