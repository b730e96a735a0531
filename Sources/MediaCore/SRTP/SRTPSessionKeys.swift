internal import COpenSSL

/// The session keys of one direction's RTP or RTCP. The memory is wiped when they go.
struct SRTPSessionKeys: ~Copyable {
    /// RTP and RTCP never share a key.
    enum Use {
        case rtp
        case rtcp
    }

    let profile: SRTPProfile
    private let memory: UnsafeMutableRawBufferPointer

    /// The session keys of a master key.
    static func derived(
        from master: SRTPKeyingMaterial.MasterKey, profile: SRTPProfile, for use: Use
    ) throws(SRTPError) -> SRTPSessionKeys {
        guard master.key.count == profile.keyLength else {
            throw .keyLength(expected: profile.keyLength, actual: master.key.count)
        }
        guard master.salt.count == profile.saltLength else {
            throw .saltLength(expected: profile.saltLength, actual: master.salt.count)
        }
        let derivation = try SRTPKeyDerivation(master)
        let keys = SRTPSessionKeys(profile: profile)
        let isRTP = use == .rtp
        guard derivation.derive(isRTP ? .rtpEncryption : .rtcpEncryption, into: keys.encryptionSlice),
            derivation.derive(isRTP ? .rtpAuthentication : .rtcpAuthentication, into: keys.authenticationSlice),
            derivation.derive(isRTP ? .rtpSalt : .rtcpSalt, into: keys.saltSlice)
        else { throw .cryptography }
        return keys
    }

    /// Room for keys, all zeros.
    init(profile: SRTPProfile) {
        self.profile = profile
        memory = .allocate(byteCount: 72, alignment: 8)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    /// The encryption key: 16 or 32 bytes.
    var encryptionKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(encryptionSlice) }

    /// The key of HMAC-SHA1: 20 bytes, unused by the AEAD profiles.
    var authenticationKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(authenticationSlice) }

    /// The session salt: 12 or 14 bytes.
    var salt: UnsafeRawBufferPointer { UnsafeRawBufferPointer(saltSlice) }

    var encryptionSlice: UnsafeMutableRawBufferPointer { slice(0, profile.keyLength) }
    var authenticationSlice: UnsafeMutableRawBufferPointer { slice(32, HMACSHA1.byteCount) }
    var saltSlice: UnsafeMutableRawBufferPointer { slice(52, profile.saltLength) }

    private func slice(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + count)])
    }
}
