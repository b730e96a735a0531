package import MediaCore

/// A publisher, the engine and a watcher: real packets, encrypted, and real feedback over the simulated network. The
/// publisher stands beside the engine and follows what the engine believes the watcher's link to carry.
package final class EngineFlow: SimulatedFlow {
    /// The engine's clock runs ahead of the network's, so that the publisher is there before the watcher.
    package static let lead = MediaDuration.seconds(3)
    private static let server = TransportAddress(ipv4: 0x0A00_0001, port: 40_000)
    private static let publisherAddress = TransportAddress(ipv4: 0x0A00_0101, port: 50_000)
    private static let watcherAddress = TransportAddress(ipv4: 0x0A00_0102, port: 50_000)
    private static let audioInterval = MediaDuration.milliseconds(20)

    package let name: String
    package let configuration: MediaFlow.Configuration
    package private(set) var counts = FlowCounts()
    /// The publisher is there from the beginning.
    package let start = MediaInstant(nanoseconds: 0)
    private let watchStart: MediaInstant
    private let end: MediaInstant
    private let place: Int
    private let seed: UInt64

    private var engine: MediaEngine
    private var publisher: BenchPublisher
    private var watcher: BenchWatcher
    private var producers: [ProducerID] = []
    private var watching: TransportID?
    private let wallClock: WallClock
    private var batch = DatagramBatch(byteCapacity: 1 << 16)

    private var source: MediaSource
    private var frameNumber = 0
    private var nextAudio: MediaInstant
    private var nextReport: MediaInstant
    private var target: Int64?
    private var datagrams: [Int64: [UInt8]] = [:]
    private var datagramCount: Int64 = 0
    /// Keyframes that are followed, by frame number.
    private var followed: [Int: Int] = [:]
    private var wakesAt: MediaInstant?

    package init(
        _ configuration: MediaFlow.Configuration, estimator: @escaping CongestionCase.EstimatorSource, place: Int,
        seed: UInt64
    ) throws {
        self.configuration = configuration
        self.place = place
        self.seed = seed &* 1_000_003 &+ UInt64(place) &* 7919
        name = configuration.name
        watchStart = MediaInstant(nanoseconds: Int64(configuration.start * 1e9))
        end = MediaInstant(nanoseconds: configuration.end == .infinity ? .max : Int64(configuration.end * 1e9))
        source = MediaSource(configuration.source, start: watchStart, seed: seed &* 7919 &+ UInt64(place))
        source.owesKeyframe = true
        nextAudio = watchStart
        nextReport = watchStart
        let beginning = MediaInstant(nanoseconds: 0)
        wallClock = WallClock(instant: beginning, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000))
        var engineConfiguration = MediaEngineConfiguration(candidates: [
            ICECandidate(host: Self.server, localPreference: 65_535, foundation: "1")
        ])
        engineConfiguration.maximumDatagramSize = 1472
        engineConfiguration.bitrateLimits = configuration.limits
        engineConfiguration.makeEstimator = { ElasticEstimator(estimator($0)) }
        engine = try MediaEngine(
            configuration: engineConfiguration, random: .seeded(self.seed), wallClock: wallClock)
        let certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        let ciphers = SRTPCipherLibrary.libcrypto()
        publisher = BenchPublisher(certificate: certificate, ciphers: ciphers, seed: self.seed &+ 1)
        watcher = BenchWatcher(
            certificate: certificate, ciphers: ciphers, seed: self.seed &+ 2, mode: configuration.feedback,
            start: configuration.limits.start)
        try publish()
    }

    package var estimate: Int64? { target }

    package func sendable(at instant: MediaInstant) -> Int64 {
        guard instant >= watchStart, instant < end else { return 0 }
        return source.sendable(at: instant) + (configuration.hasAudio ? MediaFlow.audioBitrate : 0)
    }

    private func engineInstant(_ network: CongestionNetwork) -> MediaInstant { network.now + Self.lead }

    // MARK: Beginning

    /// Connects the publisher, in the time before the network's begins.
    private func publish() throws {
        var instant = MediaInstant(nanoseconds: 0)
        let session = try engine.publish(offer: publisher.offer, name: "publisher", at: instant)
        try publisher.transport.accept(answer: session.answer, at: instant)
        producers = session.producers
        let (ours, theirs) = keys(1)
        engine.install(ours, for: session.transport, at: instant)
        publisher.transport.install(theirs)
        let ready = MediaInstant(nanoseconds: 0) + Self.lead
        while instant < ready, !publisher.transport.isConnected {
            instant = instant + .milliseconds(10)
            _ = publisher.transport.advance(to: instant)
            exchange(at: instant)
        }
        guard publisher.transport.isConnected else { throw MediaEngineError.invalidConfiguration("no publisher") }
        // The engine knows its producers by their packets.
        publisher.sendSound(MediaFlow.audioByteCount, at: instant)
        exchange(at: instant)
    }

    private func watch(_ network: CongestionNetwork) {
        let now = engineInstant(network)
        do {
            let session = try engine.watch(offer: watcher.offer, name: "watcher", producers: producers, at: now)
            try watcher.transport.accept(answer: session.answer, at: now)
            watching = session.transport
            let (ours, theirs) = keys(2)
            engine.install(ours, for: session.transport, at: now)
            watcher.transport.install(theirs)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func keys(_ number: UInt64) -> (SRTPKeyingMaterial, SRTPKeyingMaterial) {
        var random = MediaRandom.seeded(seed &+ number &* 31)
        func key() -> SRTPKeyingMaterial.MasterKey {
            let bytes = (0..<28).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return SRTPKeyingMaterial.MasterKey(key: Array(bytes[..<16]), salt: Array(bytes[16...]))
        }
        let (ours, theirs) = (key(), key())
        let profile = SRTPProfile.aeadAES128GCM
        return (
            SRTPKeyingMaterial(profile: profile, local: ours, remote: theirs),
            SRTPKeyingMaterial(profile: profile, local: theirs, remote: ours)
        )
    }

    // MARK: Time

    package func wake(in network: CongestionNetwork) {
        if let wakesAt, wakesAt <= network.now { self.wakesAt = nil }
        if watching == nil, network.now >= watchStart { watch(network) }
        work(network)
    }

    private func work(_ network: CongestionNetwork) {
        let now = engineInstant(network)
        if network.now < end { produce(network) }
        if let due = publisher.transport.nextDeadline, due <= now { _ = publisher.transport.advance(to: now) }
        if let due = watcher.nextDeadline, due <= now { watcher.advance(to: now) }
        if let due = engine.nextDeadline, due <= now { engine.advance(to: now) }
        exchange(at: now)
        flush(network)
        follow(network)
        scheduleWake(network)
    }

    /// The publisher's encoder sends what the watcher's link has for it.
    private func follow(_ network: CongestionNetwork) {
        guard let watching, let estimate = try? engine.estimatedBitrate(of: watching),
            let available = try? engine.availableBitrate(of: watching, at: engineInstant(network))
        else { return }
        target = estimate
        source.set(target: available - (configuration.hasAudio ? MediaFlow.audioBitrate : 0), at: network.now)
    }

    private func produce(_ network: CongestionNetwork) {
        let now = engineInstant(network)
        while source.nextFrame <= network.now {
            let isKeyframe = source.owesKeyframe
            let frame = source.frame(at: network.now)
            guard !frame.isEmpty else { continue }
            if frame.count >= FlowCounts.Keyframe.leastPackets {
                followed[frameNumber] = counts.keyframes.count
                counts.keyframes.append(FlowCounts.Keyframe(madeAt: network.now, packets: frame.count))
            }
            for (position, byteCount) in frame.enumerated() {
                publisher.sendPicture(
                    byteCount, frame: frameNumber, isKeyframe: isKeyframe, isFirst: position == 0,
                    isLast: position == frame.count - 1, at: now)
                if position % 32 == 31 { exchange(at: now) }
            }
            frameNumber += 1
        }
        while configuration.hasAudio, nextAudio <= network.now {
            nextAudio = nextAudio + Self.audioInterval
            publisher.sendSound(MediaFlow.audioByteCount, at: now)
        }
        if nextReport <= network.now {
            nextReport = network.now + .seconds(1)
            counts.shedFrames = timesShed(at: now)
            publisher.sendReports(at: now, ntpTime: wallClock.ntpTime(at: now))
        }
    }

    /// How often the engine gave up what waited for too long.
    private func timesShed(at instant: MediaInstant) -> Int {
        let outbound = engine.statistics(at: instant).transports.flatMap(\.outbound)
        return Int(outbound.reduce(0) { $0 + $1.timesShed })
    }

    private func scheduleWake(_ network: CongestionNetwork) {
        var next = MediaInstant(nanoseconds: .max)
        let soonest = network.now + .microseconds(100)
        for deadline in [engine.nextDeadline, publisher.transport.nextDeadline, watcher.nextDeadline] {
            if let deadline { next = min(next, max(deadline - Self.lead, soonest)) }
        }
        if network.now < end {
            next = min(next, min(source.nextFrame, nextReport))
            if configuration.hasAudio { next = min(next, nextAudio) }
        }
        guard next.nanoseconds != .max, wakesAt.map({ next < $0 }) ?? true else { return }
        wakesAt = next
        network.wake(place, at: next)
    }

    // MARK: Datagrams

    /// What passes between the publisher and the engine does so at once.
    private func exchange(at instant: MediaInstant) {
        var isDone = false
        while !isDone {
            isDone = true
            for entry in publisher.transport.output.entries {
                let bytes = publisher.transport.output.datagram(entry).array
                batch.append(bytes.span.bytes, from: NetworkPath(remote: Self.publisherAddress))
                if batch.entries.count >= 16 { deliver(at: instant) }
                isDone = false
            }
            publisher.transport.outputSent()
            deliver(at: instant)
            var toPublisher: [[UInt8]] = []
            while engine.fillOutput(at: instant) {
                for entry in engine.output.entries {
                    let bytes = engine.output.datagram(entry).array
                    if entry.path.remote == Self.publisherAddress {
                        toPublisher.append(bytes)
                    } else {
                        toWatcher.append(bytes)
                    }
                }
                engine.outputSent()
            }
            while engine.nextEvent() != nil {}
            for bytes in toPublisher {
                isDone = false
                hear(bytes, at: instant)
            }
        }
    }

    private var toWatcher: [[UInt8]] = []

    private func deliver(at instant: MediaInstant) {
        guard !batch.entries.isEmpty else { return }
        engine.receive(batch, at: instant)
        batch.removeAll()
    }

    private func hear(_ bytes: [UInt8], at instant: MediaInstant) {
        let path = NetworkPath(remote: Self.server)
        guard case .rtcp = publisher.transport.receive(bytes.span.bytes, from: path, at: instant) else { return }
        let packet = publisher.transport.withPacket { $0.array }
        var reader = RTCPReader(packet.span.bytes)
        while let message = try? reader.next() {
            switch message {
            case .pictureLoss, .fullIntraRequest: source.owesKeyframe = true
            default: break
            }
        }
    }

    private func flush(_ network: CongestionNetwork) {
        for bytes in toWatcher { send(bytes, isForward: true, network) }
        toWatcher = []
        for entry in watcher.transport.output.entries {
            send(watcher.transport.output.datagram(entry).array, isForward: false, network)
        }
        watcher.transport.outputSent()
    }

    private func send(_ bytes: [UInt8], isForward: Bool, _ network: CongestionNetwork) {
        datagramCount += 1
        datagrams[datagramCount] = bytes
        if isForward, Self.isMedia(bytes) {
            counts.sentPackets += 1
            counts.sentBytes += bytes.count + 28
        }
        network.send(
            WirePacket(
                flow: place, kind: .datagram, byteCount: bytes.count + 28, number: datagramCount,
                second: network.now.nanoseconds, isForward: isForward))
    }

    /// Source: RFC 7983, section 7; RFC 5761, section 4.
    private static func isMedia(_ bytes: [UInt8]) -> Bool {
        bytes.count > 1 && (128...191).contains(bytes[0]) && !(64...95).contains(bytes[1] & 0x7F)
    }

    package func receive(_ packet: WirePacket, in network: CongestionNetwork) {
        guard let bytes = datagrams.removeValue(forKey: packet.number) else { return }
        let now = engineInstant(network)
        guard packet.isForward else {
            batch.append(bytes.span.bytes, from: NetworkPath(remote: Self.watcherAddress))
            deliver(at: now)
            return work(network)
        }
        let input = watcher.transport.receive(bytes.span.bytes, from: NetworkPath(remote: Self.server), at: now)
        switch input {
        case .rtp:
            let plain = watcher.transport.withPacket { $0.array }
            let sent = MediaInstant(nanoseconds: packet.second) + Self.lead
            note(watcher.takeRTP(plain, byteCount: packet.byteCount, sent: sent, at: now), packet, network)
        case .rtcp: watcher.takeRTCP(watcher.transport.withPacket { $0.array }, at: now)
        case .nothing, .connected, .closed, .dropped: break
        }
        work(network)
    }

    private func note(_ use: BenchWatcher.Use?, _ packet: WirePacket, _ network: CongestionNetwork) {
        switch use {
        case .media(let frame):
            counts.deliveredBytes += packet.byteCount
            guard let frame, let keyframe = followed[frame] else { return }
            counts.keyframes[keyframe].arrived += 1
            counts.keyframes[keyframe].lastArrival = network.now
        case .repair(let frame):
            counts.deliveredBytes += packet.byteCount
            guard let keyframe = followed[frame] else { return }
            counts.keyframes[keyframe].lastArrival = network.now
        case .padding: counts.paddingBytes += packet.byteCount
        case nil: break
        }
    }

    package func lose(_ packet: WirePacket, in network: CongestionNetwork) {
        guard let bytes = datagrams.removeValue(forKey: packet.number) else { return }
        if packet.isForward, Self.isMedia(bytes) { counts.lostPackets += 1 }
    }
}
