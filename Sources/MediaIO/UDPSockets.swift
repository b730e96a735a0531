import CMediaIO
import MediaCore

/// A worker's sockets: one for each address family, on one port; or one on one address.
struct UDPSockets: ~Copyable {
    /// Not open when the one address is IPv6.
    var ipv4: Descriptor
    /// Not open on a host without IPv6, or when the one address is IPv4.
    var ipv6: Descriptor
    let port: UInt16

    /// Binds `port` on one address; 0 finds a port that is free.
    init(port wanted: UInt16, address: TransportAddress) throws(MediaIOError) {
        var port = wanted
        let socket = Self.open(address, port: &port)
        guard socket.isOpen else {
            if sluice_is_address_unavailable(socket.number) {
                throw .invalidBindAddress(address.addressText, reason: "is not an address of this host")
            }
            throw Self.error(socket.number, port: wanted)
        }
        if address.isIPv4 {
            ipv4 = socket
            ipv6 = Descriptor(-1)
        } else {
            ipv4 = Descriptor(-1)
            ipv6 = socket
        }
        self.port = port
    }

    /// Binds `port` on every address of both families; 0 finds a port that is free for both.
    init(port wanted: UInt16) throws(MediaIOError) {
        var attempts = wanted == 0 ? 16 : 1
        while true {
            attempts -= 1
            var port = wanted
            let ipv4 = Self.open(TransportAddress(ipv4: 0, port: 0), port: &port)
            guard ipv4.isOpen else { throw Self.error(ipv4.number, port: wanted) }
            let ipv6 = Self.open(TransportAddress(high: 0, low: 0, port: 0), port: &port)
            if ipv6.isOpen || sluice_is_address_unavailable(ipv6.number) {
                self.ipv4 = ipv4
                self.ipv6 = ipv6
                self.port = port
                return
            }
            // The port the kernel chose for IPv4 may be taken for IPv6: let it choose again.
            guard attempts > 0, sluice_is_address_in_use(ipv6.number) else {
                throw Self.error(ipv6.number, port: wanted)
            }
        }
    }

    /// Has the kernel hand over runs of datagrams as one message. Returns whether one of the sockets will.
    func enableReceiveSegments() -> Bool {
        let isEnabled = sluice_enable_receive_segments(ipv4.number)
        return (ipv6.isOpen && sluice_enable_receive_segments(ipv6.number)) || isEnabled
    }

    /// Has the kernel tell the marks of explicit congestion notification. Returns whether one of the sockets will.
    func enableCongestionMarks() -> Bool {
        let isEnabled = sluice_enable_congestion_marks(ipv4.number, 4)
        return (ipv6.isOpen && sluice_enable_congestion_marks(ipv6.number, 6)) || isEnabled
    }

    private static func open(_ address: TransportAddress, port: inout UInt16) -> Descriptor {
        var local = sluice_address(high: address.high, low: address.low, port: port)
        let socket = Descriptor(sluice_udp_socket(&local))
        port = local.port
        return socket
    }

    private static func error(_ result: Int32, port: UInt16) -> MediaIOError {
        if sluice_is_address_in_use(result) { return .portInUse(port) }
        if sluice_is_permission_denied(result) { return .portNotPermitted(port) }
        return .system("binding UDP port \(port)", result: result)
    }
}
