import MediaCore
import NIOCore

/// Who a client is for the purpose of limits: an IPv4 address or an IPv6 /64. Never logged.
struct HTTPSource: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// A source for `address`; all clients whose address is unknown share one.
    init(_ address: SocketAddress?) {
        let parsed = address?.ipAddress.flatMap { TransportAddress($0, port: 0) }
        high = parsed?.high ?? .max
        // An IPv6 subscriber owns a whole /64.
        low = parsed.map { $0.isIPv4 ? $0.low : 0 } ?? .max
    }
}
