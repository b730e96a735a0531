import CLoadGenerator
import MediaCore

/// The one socket that all transports share, each with a local address of its own.
///
/// Nothing waits on the socket: a reader asleep on it would have to be woken by the server's sends, at the server's
/// cost. It is swept on a timer, and the kernel's timestamps tell when what it finds arrived.
final class Network {
    private static let batch: UInt32 = 512

    let port: UInt16
    private let socket: Int32
    private let receiver: OpaquePointer
    private let sender: OpaquePointer
    private let datagrams = UnsafeMutablePointer<load_datagram>.allocate(capacity: Int(batch))
    private var queued: UInt32 = 0
    /// Datagrams that the kernel did not take.
    private(set) var unsent = 0

    init(hasGRO: Bool) throws(OptionError) {
        var port: UInt16 = 0
        socket = load_udp_open(hasGRO, &port)
        guard socket >= 0 else { throw OptionError("no UDP socket: error \(-socket)") }
        self.port = port
        receiver = load_receiver_create(Self.batch, hasGRO ? 65536 : 2048)
        sender = load_sender_create(Self.batch)
    }

    /// What the kernel threw away because nobody read it in time: loss of the generator, not of the server.
    var dropped: Int { Int(load_udp_dropped(socket)) }

    /// Hands every datagram that waits to `body`, for at most `limit` batches.
    func sweep(limit: Int, _ body: (load_datagram) -> Void) {
        for _ in 0..<limit {
            let count = Int(load_receive(receiver, socket, datagrams))
            guard count > 0 else { return }
            for index in 0..<count {
                var datagram = datagrams[index]
                guard datagram.segment > 0, datagram.segment < datagram.count else {
                    body(datagram)
                    continue
                }
                var rest = datagram.count
                while rest > 0 {
                    datagram.count = min(datagram.segment, rest)
                    body(datagram)
                    datagram.bytes += Int(datagram.count)
                    rest -= datagram.count
                }
            }
            if count < Self.batch { return }
        }
    }

    /// Sends what the peers' transports hold.
    func send(_ peers: some Sequence<Peer>) {
        var full: [Peer] = []
        for peer in peers {
            // The memory that the messages point to stays where it is until `outputSent`.
            let base = peer.transport.output.bytes.withUnsafeBytes { $0.baseAddress }
            guard let base else { continue }
            for entry in peer.transport.output.entries {
                if queued == Self.batch { flush() }
                load_sender_set(
                    sender, queued, base + entry.offset, UInt32(entry.count), peer.address,
                    entry.path.remote.ipv4, entry.path.remote.port)
                queued += 1
            }
            full.append(peer)
        }
        flush()
        for peer in full {
            peer.transport.outputSent()
            peer.hasOutput = false
        }
    }

    private func flush() {
        let sent = load_send(sender, socket, queued)
        unsent += Int(queued) - Int(max(0, sent))
        queued = 0
    }
}
