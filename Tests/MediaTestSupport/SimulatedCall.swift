public import MediaCore

/// One engine, any number of peers, links between them, and virtual time: a whole call in memory, repeatable by its seed.
public final class SimulatedCall {
    /// The engine under test.
    public var engine: MediaEngine
    /// Now.
    public private(set) var instant = MediaInstant(nanoseconds: 1_000_000_000)
    /// Everybody.
    public private(set) var peers: [SimulatedPeer] = []
    /// What the engine told of other things than layers, in words, with its instant in milliseconds.
    public private(set) var events: [String] = []
    /// What watchers were given of videos, and when.
    public private(set) var allocations: [Allocation] = []
    /// A digest over every datagram sent, both ways, with its time and addresses: equal for equal runs.
    public private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Datagrams the engine sent, and their bytes.
    public private(set) var engineSent = (datagrams: 0, bytes: 0)
    /// The engine's datagrams by where they went, whether or not anybody is there.
    public private(set) var traffic: [TransportAddress: Traffic] = [:]
    /// What peers send while `isRecording`, in order.
    public private(set) var recording: [(source: TransportAddress, bytes: [UInt8])] = []
    /// Whether what peers send is kept in `recording`.
    public var isRecording = false
    /// Whether the engine's output waits until `sendArena`: a busy worker does not send all at once either.
    public var holdsOutput = false
    /// How the links of peers added from now on behave.
    public var link = SimulatedLink.Behaviour()
    /// What the pictures of peers added from now on are encoded with.
    public var picture = SimulatedOffer.Picture.vp8
    /// Whether publishers added from now on offer to take receiver estimates.
    public var offersReceiverEstimates = true
    /// Keys to use instead of DTLS, so that every byte repeats; nil to shake hands.
    public var injectsKeys = false

    /// What a watcher is given of a video from some instant on.
    public struct Allocation: Sendable {
        /// When.
        public var instant: MediaInstant
        /// Whose.
        public var consumer: ConsumerID
        /// What; nil for nothing.
        public var layer: LayerPosition?
        /// Why.
        public var reason: AllocationReason
    }

    /// What the engine sent to one address. Told apart by first byte. Source: RFC 7983, section 7.
    public struct Traffic: Sendable {
        /// STUN messages.
        public var stun = 0
        /// DTLS datagrams.
        public var dtls = 0
        /// RTP and RTCP packets.
        public var media = 0
        /// Bytes of all of them.
        public var bytes = 0
    }

    /// Where the engine is.
    public static let server = TransportAddress(ipv4: 0x0A00_0001, port: 40_000)
    private var network = SimulatedNetwork()
    /// Where in `peers` an address was found last.
    private var places: [TransportAddress: Int] = [:]
    private let seed: UInt64
    private let consentTimeout: MediaDuration
    let certificate: DTLSCertificate
    let wallClock: WallClock
    private var batch = DatagramBatch(byteCapacity: 1 << 16)

    /// Creates a call without peers. Links are taken to carry what there is, unless `configure` says something else: no
    /// watcher waits.
    public init(
        seed: UInt64, consentTimeout: MediaDuration = .seconds(30), maximumTransports: Int = 4096,
        configure: (inout MediaEngineConfiguration) -> Void = { _ in }
    ) throws {
        self.seed = seed
        self.consentTimeout = consentTimeout
        wallClock = WallClock(instant: instant, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000))
        var configuration = MediaEngineConfiguration(candidates: [
            ICECandidate(host: Self.server, localPreference: 65_535, foundation: "1")
        ])
        configuration.consentTimeout = consentTimeout
        configuration.maximumTransports = maximumTransports
        configuration.bitrateLimits.start = configuration.bitrateLimits.maximum
        configure(&configuration)
        engine = try MediaEngine(configuration: configuration, random: .seeded(seed), wallClock: wallClock)
        certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
    }

    /// Adds a publisher and begins to connect it.
    public func addPublisher(
        firstSequenceNumber: UInt16 = 65_500, signaling: SimulatedOffer.Signaling = .ssrc, bitrateLimit: Int64? = nil
    ) throws -> (SimulatedPublisher, PublishSession) {
        let publisher = SimulatedPublisher(
            address: nextAddress, link: link, seed: nextSeed, certificate: certificate, consentTimeout: consentTimeout,
            wallClock: wallClock, firstSequenceNumber: firstSequenceNumber, signaling: signaling, picture: picture,
            offersReceiverEstimate: offersReceiverEstimates, at: instant)
        let session = try engine.publish(
            offer: publisher.offer, name: "publisher-\(peers.count)", bitrateLimit: bitrateLimit, at: instant)
        try add(publisher, session.answer, session.transport)
        return (publisher, session)
    }

    /// Adds a watcher and begins to connect it.
    public func addWatcher(
        of producers: [ProducerID], hasRetransmission: Bool = true, hasRedundancy: Bool = false,
        reportsOnSound: Bool = true
    ) throws -> (SimulatedWatcher, WatchSession) {
        let watcher = SimulatedWatcher(
            address: nextAddress, link: link, seed: nextSeed, certificate: certificate, consentTimeout: consentTimeout,
            hasRetransmission: hasRetransmission, hasRedundancy: hasRedundancy, picture: picture)
        watcher.reportsOnSound = reportsOnSound
        let session = try engine.watch(
            offer: watcher.offer, name: "watcher-\(peers.count)", producers: producers, at: instant)
        try add(watcher, session.answer, session.transport)
        return (watcher, session)
    }

    /// Closes a transport by command, as a host does.
    @discardableResult
    public func close(_ transport: TransportID) -> Bool {
        let wasOpen = engine.close(transport, at: instant)
        flushEngine()
        return wasOpen
    }

    /// Hands the engine a datagram at once, whoever is said to have sent it.
    public func inject(_ bytes: [UInt8], from source: TransportAddress) {
        batch.append(bytes.span.bytes, from: NetworkPath(remote: source))
        deliverBatch()
    }

    func add(_ peer: SimulatedPeer, _ answer: String, _ transport: TransportID) throws {
        try peer.accept(answer: answer, at: instant)
        peers.append(peer)
        guard injectsKeys else { return }
        var random = MediaRandom.seeded(seed &+ UInt64(peers.count) &* 7919)
        func key() -> SRTPKeyingMaterial.MasterKey {
            let bytes = (0..<28).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return SRTPKeyingMaterial.MasterKey(key: Array(bytes[..<16]), salt: Array(bytes[16...]))
        }
        let (ours, theirs) = (key(), key())
        let profile = SRTPProfile.aeadAES128GCM
        engine.install(
            SRTPKeyingMaterial(profile: profile, local: ours, remote: theirs), for: transport, at: instant)
        peer.install(SRTPKeyingMaterial(profile: profile, local: theirs, remote: ours), at: instant)
    }

    var nextAddress: TransportAddress {
        TransportAddress(ipv4: 0x0A00_0100 + UInt32(peers.count), port: 50_000)
    }

    var nextSeed: UInt64 { seed &* 1_000_003 &+ UInt64(peers.count) }

    // MARK: Time

    /// Lets time pass.
    public func run(for duration: MediaDuration) {
        run(until: instant + duration)
    }

    /// Lets time pass until a condition holds, at most `limit`; returns whether it came to hold.
    public func run(atMost limit: MediaDuration, until condition: () -> Bool) -> Bool {
        let end = instant + limit
        while !condition() {
            guard instant < end else { return false }
            run(until: min(instant + .milliseconds(5), end))
        }
        return true
    }

    private func run(until end: MediaInstant) {
        flush()
        while let next = nextInstant, next <= end {
            instant = max(instant, next)
            step()
        }
        instant = end
    }

    private var nextInstant: MediaInstant? {
        var next = network.nextArrival
        func consider(_ deadline: MediaInstant?) {
            if let deadline { next = min(next ?? deadline, deadline) }
        }
        consider(engine.nextDeadline)
        for peer in peers { consider(peer.nextDeadline) }
        return next
    }

    private func step() {
        while let delivery = network.takeArrival(at: instant) {
            if delivery.destination == Self.server {
                batch.append(delivery.bytes.span.bytes, from: NetworkPath(remote: delivery.source))
                if batch.entries.count >= 16 { deliverBatch() }
            } else if let peer = peer(at: delivery.destination), !peer.isDead {
                peer.receive(delivery.bytes, from: delivery.source, at: instant)
            }
        }
        deliverBatch()
        if let due = engine.nextDeadline, due <= instant { engine.advance(to: instant) }
        for peer in peers where !peer.isDead { peer.advance(to: instant) }
        flush()
    }

    private func peer(at address: TransportAddress) -> SimulatedPeer? {
        if let index = places[address], peers[index].address == address { return peers[index] }
        guard let index = peers.firstIndex(where: { $0.address == address }) else { return nil }
        places[address] = index
        return peers[index]
    }

    private func deliverBatch() {
        guard !batch.entries.isEmpty else { return }
        engine.receive(batch, at: instant)
        batch.removeAll()
        flushEngine()
    }

    private func flush() {
        flushEngine()
        for peer in peers where !peer.isDead {
            for entry in peer.transport.output.entries {
                let bytes = peer.transport.output.datagram(entry).array
                if peer.dropsHandshake, (20...63).contains(bytes[0]) { continue }
                absorb(bytes, peer.address)
                if isRecording { recording.append((peer.address, bytes)) }
                network.send(bytes, from: peer.address, to: Self.server, over: &peer.uplink, at: instant)
            }
            peer.transport.outputSent()
        }
    }

    private func flushEngine() {
        while !holdsOutput, sendArena() {}
        while let event = engine.nextEvent() {
            if case .layerAllocated(let consumer, let layer, let reason) = event {
                allocations.append(
                    Allocation(instant: instant, consumer: consumer, layer: layer, reason: reason))
                continue
            }
            events.append("\(instant.nanoseconds / 1_000_000) \(event)")
        }
    }

    /// Sends as much of the engine's output as fits its arena once; returns whether there was any.
    @discardableResult
    public func sendArena() -> Bool {
        guard engine.fillOutput(at: instant) else { return false }
        for entry in engine.output.entries {
            let bytes = engine.output.datagram(entry).array
            engineSent.datagrams += 1
            engineSent.bytes += bytes.count
            absorb(bytes, entry.path.remote)
            note(bytes, to: entry.path.remote)
            guard let peer = peer(at: entry.path.remote) else { continue }
            network.send(bytes, from: Self.server, to: peer.address, over: &peer.downlink, at: instant)
        }
        engine.outputSent()
        return true
    }

    private func note(_ bytes: [UInt8], to address: TransportAddress) {
        traffic[address, default: Traffic()].bytes += bytes.count
        switch bytes[0] {
        case 0...3: traffic[address, default: Traffic()].stun += 1
        case 20...63: traffic[address, default: Traffic()].dtls += 1
        default: traffic[address, default: Traffic()].media += 1
        }
    }

    private func absorb(_ bytes: [UInt8], _ address: TransportAddress) {
        func mix(_ value: UInt64) { digest = (digest ^ value) &* 0x100_0000_01B3 }
        mix(UInt64(bitPattern: instant.nanoseconds))
        mix(UInt64(address.ipv4) << 16 | UInt64(address.port))
        for byte in bytes { mix(UInt64(byte)) }
    }
}
