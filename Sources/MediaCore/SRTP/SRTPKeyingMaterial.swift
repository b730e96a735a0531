/// The master keys of one transport, one for each direction.
///
/// Source: RFC 5764, section 4.2.
public struct SRTPKeyingMaterial: Sendable, Equatable {
    /// A master key and its salt.
    public struct MasterKey: Sendable, Equatable {
        /// 16 or 32 bytes, as the profile asks.
        public var key: [UInt8]
        /// 12 or 14 bytes, as the profile asks.
        public var salt: [UInt8]

        /// Creates a master key.
        public init(key: [UInt8], salt: [UInt8]) {
            self.key = key
            self.salt = salt
        }
    }

    /// The profile both ends agreed on.
    public var profile: SRTPProfile
    /// What we protect with.
    public var local: MasterKey
    /// What the peer protects with.
    public var remote: MasterKey

    /// Creates keying material.
    public init(profile: SRTPProfile, local: MasterKey, remote: MasterKey) {
        self.profile = profile
        self.local = local
        self.remote = remote
    }
}
