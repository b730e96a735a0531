/// An IP address and UDP port. IPv4 is held in its IPv6-mapped form, so both families compare and hash alike.
public struct TransportAddress: Hashable, Sendable {
    /// The upper 64 bits of the IPv6 address, as a number.
    public var high: UInt64
    /// The lower 64 bits of the IPv6 address, as a number.
    public var low: UInt64
    /// The UDP port.
    public var port: UInt16

    /// Creates an IPv6 address from its two halves.
    public init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    /// Creates an IPv4 address from its 32 bits.
    public init(ipv4 address: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(address), port: port)
    }

    /// Whether the address is an IPv4 address (in mapped form).
    public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The 32 bits of an IPv4 address; the lower 32 bits of an IPv6 one.
    public var ipv4: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// Whether another address is of the same host, whatever its port.
    func isSameHost(as other: TransportAddress) -> Bool { high == other.high && low == other.low }

    /// Whether the address is 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { isIPv4 ? ipv4 >> 24 == 127 : high == 0 && low == 1 }

    /// Whether the address is 0.0.0.0 or ::.
    public var isUnspecified: Bool { isIPv4 ? ipv4 == 0 : high == 0 && low == 0 }

    /// Whether the address is link-local (169.254.0.0/16, fe80::/10).
    public var isLinkLocal: Bool { isIPv4 ? ipv4 >> 16 == 0xA9FE : high >> 54 == 0x3FA }

    /// Whether the address is a multicast or broadcast one.
    public var isMulticast: Bool { isIPv4 ? ipv4 >> 28 == 0xE || ipv4 == .max : high >> 56 == 0xFF }
}

/// The two ends a datagram travels between: the peer, and which of our local addresses it uses.
public struct NetworkPath: Hashable, Sendable {
    /// The peer's address.
    public var remote: TransportAddress
    /// Which local address: a number of the caller's choice, handed back with every datagram to send.
    public var local: UInt8

    /// Creates a path.
    public init(remote: TransportAddress, local: UInt8 = 0) {
        self.remote = remote
        self.local = local
    }
}
