/// A UDP candidate for component 1.
///
/// Source: RFC 8839, section 5.1.
public struct ICECandidate: Hashable, Sendable {
    /// What kind of address it is.
    public enum Kind: String, Sendable {
        /// An address of the host itself.
        case host
        /// An address a STUN server saw.
        case serverReflexive = "srflx"
        /// An address a peer saw.
        case peerReflexive = "prflx"
        /// An address on a TURN server.
        case relayed = "relay"

        /// The type preference in the priority formula. Source: RFC 8445, section 5.1.2.2.
        var typePreference: UInt32 {
            switch self {
            case .host: 126
            case .peerReflexive: 110
            case .serverReflexive: 100
            case .relayed: 0
            }
        }
    }

    /// What kind of address it is.
    public var kind: Kind
    /// The address and port.
    public var address: TransportAddress
    /// Groups candidates of one type and base; 1 to 32 ICE characters.
    public var foundation: String
    /// Larger is better.
    public var priority: UInt32

    /// Creates a candidate as received.
    public init(kind: Kind, address: TransportAddress, foundation: String, priority: UInt32) {
        self.kind = kind
        self.address = address
        self.foundation = foundation
        self.priority = priority
    }

    /// Creates a host candidate, its priority from the formula; `localPreference` ranks a host's own addresses.
    ///
    /// Source: RFC 8445, section 5.1.2.1.
    public init(host address: TransportAddress, localPreference: UInt16, foundation: String) {
        let priority = Kind.host.typePreference << 24 | UInt32(localPreference) << 8 | 255
        self.init(kind: .host, address: address, foundation: foundation, priority: priority)
    }
}
