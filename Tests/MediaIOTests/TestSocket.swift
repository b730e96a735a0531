import CMediaIO
import Glibc
import Testing

@testable import MediaCore
@testable import MediaIO

/// A UDP socket in a test's hand.
struct TestSocket: ~Copyable {
    let socket: Descriptor
    let port: UInt16
    private var receiver: Receiver
    var locals = LocalAddressTable()
    /// What arrived, in order.
    var datagrams: [[UInt8]] = []
    var paths: [NetworkPath] = []

    /// A socket on `address`, or on every address of `family`.
    init(family: Int32 = 4, address: String? = nil, layout: Receiver.Layout = .datagrams) throws {
        receiver = Receiver(layout: layout)
        let wanted = TransportAddress(address ?? (family == 4 ? "0.0.0.0" : "::"), port: 0)
        var local = sluice_address(high: wanted?.high ?? 0, low: wanted?.low ?? 0, port: 0)
        socket = Descriptor(sluice_udp_socket(&local))
        try #require(wanted != nil && socket.number >= 0)
        port = local.port
    }

    /// Sends one datagram; a test that can't is broken.
    func send(_ bytes: [UInt8], to address: String, port: UInt16) throws {
        let remote = try #require(TransportAddress(address, port: port))
        let vector = sluice_send_vector_create(1, remote.isIPv4 ? 4 : 6)
        defer { sluice_send_vector_free(vector) }
        var target = sluice_address(high: remote.high, low: remote.low, port: remote.port)
        var local = sluice_local()
        let result = bytes.withUnsafeBytes { bytes in
            sluice_send_vector_set(vector, 0, bytes.baseAddress, bytes.count, bytes.count, &target, &local)
            return sluice_send(socket.number, vector, 0, 1)
        }
        try #require(result == 1)
    }

    /// Sets the byte of DSCP and ECN that datagrams leave with.
    func setTrafficClass(_ value: Int32, family: Int32) throws {
        var value = value
        let (level, option) = family == 6 ? (IPPROTO_IPV6, IPV6_TCLASS) : (IPPROTO_IP, IP_TOS)
        let result = setsockopt(socket.number, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size))
        try #require(result == 0)
    }

    var congestionMarks: UInt64 { receiver.congestionMarks }
    var messageCount: UInt64 { receiver.messageCount }
    var truncated: UInt64 { receiver.truncated }

    var mediaCount: Int { receiver.mediaCount }
    var leavesFrameOpen: Bool { receiver.leavesFrameOpen }

    /// Takes what has arrived.
    mutating func receive() {
        while true {
            let mayHoldMore = receiver.receive(from: socket.number, locals: &locals)
            for entry in receiver.batch.entries {
                datagrams.append(receiver.batch.datagram(entry).withUnsafeBytes { Array($0) })
                paths.append(entry.path)
            }
            if !mayHoldMore { return }
        }
    }

    /// Receives until there are `count` datagrams, for ten seconds at most.
    mutating func receive(count: Int) {
        for _ in 0..<5000 {
            receive()
            if datagrams.count >= count { return }
            usleep(2000)
        }
    }
}

/// Lets sockets stand in an array.
final class TestSocketBox {
    var socket: TestSocket

    init(family: Int32 = 4) throws {
        socket = try TestSocket(family: family)
    }

    /// Receives until there are `count` datagrams, for ten seconds at most, and returns what arrived.
    func receive(count: Int) -> [[UInt8]] {
        socket.receive(count: count)
        return socket.datagrams
    }
}

extension TransmitArena {
    /// Appends a datagram of the test's making.
    mutating func append(_ bytes: [UInt8], to address: String, port: UInt16, local: UInt8 = 0) throws {
        let remote = try #require(TransportAddress(address, port: port))
        let isAppended = append(bytes.span.bytes, to: NetworkPath(remote: remote, local: local))
        try #require(isAppended)
    }
}
