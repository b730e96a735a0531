public import MediaCore

/// One end of a simulated call: a transport, its two links, and what it does with time and packets.
public class SimulatedPeer {
    /// Where the peer is at present; change it to roam.
    public var address: TransportAddress
    /// From the peer to the server.
    public var uplink: SimulatedLink
    /// From the server to the peer.
    public var downlink: SimulatedLink
    /// Whether the peer does and hears nothing any more, as if its process had been killed.
    public var isDead = false
    /// Whether its DTLS datagrams are lost, and nothing else.
    public var dropsHandshake = false
    /// Whether keys are agreed.
    public private(set) var isConnected = false
    /// When they were.
    public private(set) var connectedAt: MediaInstant?
    /// Whether the server closed the association, or fell silent.
    public private(set) var isClosed = false
    /// SSRCs the server said goodbye for.
    public private(set) var goodbyes: Set<UInt32> = []
    /// How many datagrams were dropped, by reason.
    public private(set) var drops: [DropReason: Int] = [:]
    var transport: ClientTransport

    init(
        address: TransportAddress, link: SimulatedLink.Behaviour, seed: UInt64, certificate: DTLSCertificate,
        consentTimeout: MediaDuration
    ) {
        self.address = address
        uplink = SimulatedLink(link, seed: seed &* 2)
        downlink = SimulatedLink(link, seed: seed &* 2 &+ 1)
        transport = ClientTransport(
            certificate: certificate, random: .seeded(seed), consentTimeout: consentTimeout)
    }

    /// Takes the server's answer and begins to connect.
    public func accept(answer: String, at instant: MediaInstant) throws {
        try transport.accept(answer: answer, at: instant)
    }

    /// Sends close_notify.
    public func close(at instant: MediaInstant) {
        transport.close(at: instant)
    }

    /// Uses injected keys instead of DTLS.
    public func install(_ keys: SRTPKeyingMaterial, at instant: MediaInstant) {
        transport.install(keys)
        isConnected = true
        connectedAt = instant
    }

    func receive(_ bytes: [UInt8], from source: TransportAddress, at instant: MediaInstant) {
        let path = NetworkPath(remote: source)
        let input = transport.receive(bytes.span.bytes, from: path, at: instant)
        let packet = transport.withPacket { $0.array }
        switch input {
        case .nothing: break
        case .connected:
            isConnected = true
            connectedAt = instant
        case .rtp(let index): receivedRTP(packet, index: index, at: instant)
        case .rtcp: receivedRTCP(packet, at: instant)
        case .closed: isClosed = true
        case .dropped(let reason): drops[reason, default: 0] += 1
        }
    }

    func advance(to instant: MediaInstant) {
        if let due = transport.nextDeadline, due <= instant, case .closed = transport.advance(to: instant) {
            isClosed = true
        }
        if let due = nextAction, due <= instant { act(at: instant) }
    }

    var nextDeadline: MediaInstant? {
        guard !isDead else { return nil }
        return [transport.nextDeadline, nextAction].compactMap { $0 }.min()
    }

    private func receivedRTCP(_ bytes: [UInt8], at instant: MediaInstant) {
        var reader = RTCPReader(bytes.span.bytes)
        while let message = try? reader.next() {
            if case .goodbye(let goodbye) = message { goodbyes.formUnion(goodbye.ssrcs) }
            received(message, at: instant)
        }
    }

    // What a publisher and a watcher do differently.

    var nextAction: MediaInstant? { nil }
    func act(at instant: MediaInstant) {}
    func receivedRTP(_ packet: [UInt8], index: UInt64, at instant: MediaInstant) {}
    func received(_ message: RTCPMessage, at instant: MediaInstant) {}
}
