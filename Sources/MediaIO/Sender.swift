import CMediaIO
import MediaCore

/// Sends the engine's output, each datagram on the socket of its address family.
struct Sender: ~Copyable {
    private(set) var ipv4: SendLane
    private(set) var ipv6: SendLane

    /// `segments` tells whether the kernel can segment messages; `queueBytes` and `queueCount` bound what waits for room
    /// in each socket's send buffer.
    init(
        ipv4: Int32, ipv6: Int32, segments: Bool = false, transmit: @escaping SendLane.Transmit = sluice_send,
        queueBytes: Int = 1 << 20,
        queueCount: Int = 1024
    ) {
        self.ipv4 = SendLane(
            socket: ipv4, family: 4, segments: segments, transmit: transmit, queueBytes: queueBytes,
            queueCount: queueCount)
        self.ipv6 = SendLane(
            socket: ipv6, family: 6, segments: segments, transmit: transmit, queueBytes: queueBytes,
            queueCount: queueCount)
    }

    /// Sends everything in the arena, or queues it; the arena can be emptied afterwards.
    mutating func send(_ arena: borrowing TransmitArena, locals: borrowing LocalAddressTable) {
        let entries = arena.entries
        guard !entries.isEmpty else { return }
        arena.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for entry in entries {
                let datagram = PendingDatagram(offset: entry.offset, count: entry.count, path: entry.path)
                if entry.path.remote.isIPv4 {
                    ipv4.append(datagram, from: base, locals: locals)
                } else {
                    ipv6.append(datagram, from: base, locals: locals)
                }
            }
            ipv4.flush(from: base, locals: locals)
            ipv6.flush(from: base, locals: locals)
        }
    }

    /// Sends what waited for the IPv4 socket.
    mutating func resumeIPv4(locals: borrowing LocalAddressTable) {
        ipv4.resume(locals: locals)
    }

    /// Sends what waited for the IPv6 socket.
    mutating func resumeIPv6(locals: borrowing LocalAddressTable) {
        ipv6.resume(locals: locals)
    }

    var datagramsSent: UInt64 { ipv4.datagramsSent &+ ipv6.datagramsSent }
    var messagesSent: UInt64 { ipv4.messagesSent &+ ipv6.messagesSent }
    var isSegmenting: Bool { ipv4.isSegmenting && ipv6.isSegmenting }

    /// Refusals of both sockets by their names in statistics.
    var refusals: [String: UInt64] {
        let names: [(sluice_refusal, String)] = [
            (SLUICE_UNREACHABLE, "unreachable"), (SLUICE_NOT_PERMITTED, "not-permitted"), (SLUICE_INVALID, "invalid"),
            (SLUICE_TOO_LARGE, "too-large"), (SLUICE_REFUSED, "refused"), (SLUICE_NO_BUFFERS, "no-buffers"),
            (SLUICE_OTHER, "other"),
        ]
        var result: [String: UInt64] = [:]
        for (refusal, name) in names {
            let count = ipv4.refusals[Int(refusal.rawValue)] &+ ipv6.refusals[Int(refusal.rawValue)]
            if count > 0 { result[name] = count }
        }
        return result
    }
}
