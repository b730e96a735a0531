import MediaCore

/// An engine with a publisher and a watcher, connected with known keys, in virtual time without losses.
struct FuzzCall: ~Copyable {
    var engine: MediaEngine
    var publisher: FuzzPeer
    var watcher: FuzzPeer
    private(set) var instant = FuzzEnvironment.start
    private var batch = DatagramBatch(byteCapacity: 1 << 17)

    private init(engine: consuming MediaEngine, publisher: consuming FuzzPeer, watcher: consuming FuzzPeer) {
        self.engine = engine
        self.publisher = publisher
        self.watcher = watcher
    }

    /// A call that is connected.
    static func make() throws(FuzzFailure) -> FuzzCall {
        var engine = try FuzzEnvironment.makeEngine()
        let publisher = try addPublisher(to: &engine)
        let watcher = try addWatcher(of: publisher.producers, to: &engine)
        var call = FuzzCall(engine: engine, publisher: publisher, watcher: watcher)
        try call.advance(.milliseconds(300))
        try require(
            call.publisher.transport.isConnected && call.watcher.transport.isConnected, "the call does not connect")
        return call
    }

    private static func addPublisher(
        to engine: inout MediaEngine
    ) throws(FuzzFailure) -> FuzzPeer {
        var transport = ClientTransport(certificate: FuzzEnvironment.certificate, random: .seeded(2))
        let offer = FuzzEnvironment.offer(sends: true, credentials: transport.credentials)
        do throws(MediaEngineError) {
            let session = try engine.publish(offer: offer, name: "publisher", at: FuzzEnvironment.start)
            try transport.accept(answer: session.answer, at: FuzzEnvironment.start)
            install(&transport, 1, on: &engine, session.transport)
            return FuzzPeer(
                id: session.transport, producers: session.producers, answer: session.answer,
                fragment: session.usernameFragment, address: TransportAddress(ipv4: 0x0A00_0100, port: 5000),
                transport: transport)
        } catch {
            throw FuzzFailure(description: "no publisher: \(error)")
        }
    }

    private static func addWatcher(
        of producers: [ProducerID], to engine: inout MediaEngine
    ) throws(FuzzFailure) -> FuzzPeer {
        var transport = ClientTransport(certificate: FuzzEnvironment.certificate, random: .seeded(3))
        let offer = FuzzEnvironment.offer(sends: false, credentials: transport.credentials)
        do throws(MediaEngineError) {
            let session = try engine.watch(
                offer: offer, name: "watcher", producers: producers, at: FuzzEnvironment.start)
            try transport.accept(answer: session.answer, at: FuzzEnvironment.start)
            install(&transport, 2, on: &engine, session.transport)
            return FuzzPeer(
                id: session.transport, answer: session.answer, fragment: session.usernameFragment,
                address: TransportAddress(ipv4: 0x0A00_0200, port: 5000), transport: transport)
        } catch {
            throw FuzzFailure(description: "no watcher: \(error)")
        }
    }

    private static func install(
        _ transport: inout ClientTransport, _ seed: UInt8, on engine: inout MediaEngine, _ id: TransportID
    ) {
        let ours = SRTPKeyingMaterial.MasterKey(
            key: Array(repeating: seed, count: 16), salt: Array(repeating: 3, count: 12))
        let theirs = SRTPKeyingMaterial.MasterKey(
            key: Array(repeating: seed + 100, count: 16), salt: Array(repeating: 4, count: 12))
        let profile = SRTPProfile.aeadAES128GCM
        transport.install(SRTPKeyingMaterial(profile: profile, local: theirs, remote: ours))
        engine.install(
            SRTPKeyingMaterial(profile: profile, local: ours, remote: theirs), for: id, at: FuzzEnvironment.start)
    }

    /// Gives the engine one datagram, whoever made it.
    mutating func inject(_ datagram: [UInt8], from address: TransportAddress, local: UInt8 = 0) {
        batch.append(datagram.span.bytes, from: NetworkPath(remote: address, local: local))
        engine.receive(batch, at: instant)
        batch.removeAll()
    }

    /// Brings everything to where it goes, until nothing moves any more.
    mutating func deliver() throws(FuzzFailure) {
        var rounds = 0
        while try deliverToPeers() || deliverToEngine() {
            rounds += 1
            try require(rounds < 50, "the engine and its peers never fall silent")
        }
        while engine.nextEvent() != nil {}
    }

    private mutating func deliverToPeers() throws(FuzzFailure) -> Bool {
        var rounds = 0
        while engine.fillOutput(at: instant) {
            rounds += 1
            try require(rounds < 50, "the engine never falls silent")
            for entry in engine.output.entries {
                let bytes = engine.output.datagram(entry).array
                switch entry.path.remote.ipv4 >> 8 {
                case 0x0A_0001: try publisher.receive(bytes, at: instant)
                case 0x0A_0002: try watcher.receive(bytes, at: instant)
                default: break
                }
            }
            engine.outputSent()
        }
        return rounds > 0
    }

    private mutating func deliverToEngine() -> Bool {
        for entry in publisher.transport.output.entries {
            let bytes = publisher.transport.output.datagram(entry).array
            batch.append(bytes.span.bytes, from: NetworkPath(remote: publisher.address))
        }
        for entry in watcher.transport.output.entries {
            let bytes = watcher.transport.output.datagram(entry).array
            batch.append(bytes.span.bytes, from: NetworkPath(remote: watcher.address))
        }
        publisher.transport.outputSent()
        watcher.transport.outputSent()
        guard !batch.entries.isEmpty else { return false }
        engine.receive(batch, at: instant)
        batch.removeAll()
        return true
    }

    /// Lets time pass.
    mutating func advance(_ duration: MediaDuration) throws(FuzzFailure) {
        let end = instant + duration
        try deliver()
        var steps = 0
        while let next = nextDeadline, next <= end {
            instant = max(instant, next)
            engine.advance(to: instant)
            _ = publisher.transport.advance(to: instant)
            _ = watcher.transport.advance(to: instant)
            try deliver()
            steps += 1
            try require(steps < 5000, "something is due again and again")
        }
        instant = end
    }

    private var nextDeadline: MediaInstant? {
        [engine.nextDeadline, publisher.transport.nextDeadline, watcher.transport.nextDeadline].compactMap { $0 }.min()
    }

    /// Ends the call: nothing may be left of it.
    mutating func end() throws(FuzzFailure) {
        engine.close(publisher.id, at: instant)
        engine.close(watcher.id, at: instant)
        try deliver()
        try require(engine.statistics(at: instant).transports.isEmpty, "a transport stays")
        engine.advance(to: instant + .seconds(60))
        try require(engine.nextDeadline == nil, "a deadline stays")
        try require(!engine.fillOutput(at: instant + .seconds(60)), "output stays")
    }
}
