import MediaCore

/// One random sequence: a layered publisher, its watchers and their wishes, a network that loses and reorders, layers that
/// die and come back. Everything follows from the seed.
public struct LayerScenario: Sendable {
    /// What a watcher asked for, and when.
    struct Wish: Sendable {
        var at: MediaInstant
        var encoding: Int?
        var spatial: Int
        var temporal: Int
        var isPaused: Bool
    }

    /// How the camera is encoded.
    public let mode: LayeredMode
    /// What everything follows from.
    public let seed: UInt64
    private(set) var behaviour = LayeredPublisher.Behaviour()
    private(set) var downlinkLoss = 0.0
    private(set) var duration = MediaDuration.seconds(4)
    private(set) var schedule: [(after: MediaDuration, encoding: Int, spatialLayers: Int)] = []
    private(set) var watcherCount = 1
    private var random: MediaRandom

    /// Creates a sequence.
    public init(_ mode: LayeredMode, seed: UInt64) {
        self.mode = mode
        self.seed = seed
        random = .seeded(seed &* 0x9E37_79B9 &+ 11)
        // A quarter of the sequences has a perfect network.
        if Int.random(in: 0..<4, using: &random) > 0 {
            behaviour.uplink.loss = [0, 0.01, 0.05, 0.2].randomElement(using: &random) ?? 0
            behaviour.uplink.jitter =
                [.zero, .milliseconds(5), .milliseconds(20), .milliseconds(45)].randomElement(using: &random) ?? .zero
            behaviour.uplink.reorders = true
            behaviour.uplink.duplication = [0, 0, 0.05].randomElement(using: &random) ?? 0
            downlinkLoss = [0, 0, 0.02, 0.2].randomElement(using: &random) ?? 0
        }
        behaviour.reports = Int.random(in: 0..<4, using: &random) > 0
        behaviour.answersForAll = Bool.random(using: &random)
        watcherCount = Int.random(in: 1...2, using: &random)
        if Int.random(in: 0..<3, using: &random) == 0 { schedule = makeSchedule() }
    }

    /// Layers that start late, die, come back.
    private mutating func makeSchedule() -> [(after: MediaDuration, encoding: Int, spatialLayers: Int)] {
        var made: [(after: MediaDuration, encoding: Int, spatialLayers: Int)] = []
        func at(_ low: Int64, _ high: Int64) -> MediaDuration {
            .milliseconds(Int64.random(in: low...high, using: &random))
        }
        let encoding = Int.random(in: 0..<mode.encodings, using: &random)
        let all = mode.spatialLayers
        // With one encoding, less of it stays; with several, one goes.
        let less = mode.encodings > 1 ? 0 : all > 1 ? Int.random(in: 1..<all, using: &random) : 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: made = [(.zero, encoding, less), (at(400, 1500), encoding, all)]
        case 1: made = [(at(600, 1500), encoding, less), (at(1700, 3000), encoding, all)]
        default: made = [(at(600, 2000), encoding, less)]
        }
        return made
    }

    /// Whether packets may be lost.
    var isLossy: Bool { behaviour.uplink.loss > 0 || downlinkLoss > 0 }

    /// What the network and the layers do, for a person.
    var circumstances: String {
        let link = behaviour.uplink
        let events = schedule.map { "\($0.after.nanoseconds / 1_000_000) ms: \($0.encoding)=\($0.spatialLayers)" }
        return "loss \(link.loss) up \(downlinkLoss) down, jitter \(link.jitter.nanoseconds / 1_000_000) ms, "
            + "\(behaviour.reports ? "" : "no ")reports, layers \(events)"
    }

    // MARK: Running

    /// Lets the sequence happen and judges it.
    public func run(tracing: Bool = false) throws -> LayerReport {
        var random = random
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = true
        let (publisher, session) = try call.addLayeredPublisher(mode, behaviour)
        let start = call.instant
        publisher.schedule = schedule.map { (start + $0.after, $0.encoding, $0.spatialLayers) }
        var watchers: [(watcher: LayeredWatcher, consumer: ConsumerID, wishes: [Wish])] = []
        for _ in 0..<watcherCount {
            call.run(for: .milliseconds(Int64.random(in: 0...400, using: &random)))
            let (watcher, watch) = try call.addLayeredWatcher(
                mode, of: publisher, session.producers, downlinkLoss: downlinkLoss)
            guard let consumer = watch.consumers.first else { continue }
            watchers.append((watcher, consumer, []))
            if Bool.random(using: &random) { try wish(&watchers[watchers.count - 1], call, &random) }
        }
        let end = start + duration
        while call.instant < end {
            call.run(for: .milliseconds(Int64.random(in: 60...1500, using: &random)))
            let index = Int.random(in: 0..<watchers.count, using: &random)
            if call.instant < end { try wish(&watchers[index], call, &random) }
        }
        // What is on its way arrives.
        publisher.schedule = (0..<mode.encodings).map { (call.instant, $0, 0) }
        call.run(for: .milliseconds(300))

        var report = LayerReport(seed: seed, circumstances: circumstances)
        report.published = publisher.encoders.reduce(0) { $0 + $1.frames.count }
        report.keyframeRequests = publisher.keyframeRequests.count
        // Nothing that an honest encoder says can't be true; but what it refers to may be lost.
        let refused = call.engine.statistics(at: call.instant).drops["rtpUnusableDescriptor"] ?? 0
        if refused > 0, behaviour.uplink.loss == 0, behaviour.uplink.jitter == .zero {
            report.violations.append(LayerViolation(kind: .refused, detail: "\(refused) packets"))
        }
        for (watcher, _, wishes) in watchers {
            let receiver = StrictReceiver(
                mode, publisher.encoders, watcher.departures, repeats: watcher.repeats,
                complaints: watcher.complaints, pauses: wishes.filter(\.isPaused).map(\.at))
            if tracing { report.trace += trace(receiver, wishes) }
            report.forwarded += receiver.frames.count
            report.decodable += receiver.frames.count { $0.state == .decodable }
            report.played += watcher.decodedFrames
            report.switches += receiver.switches
            report.violations += receiver.violations
            report.violations += judge(receiver, watcher, wishes, until: end)
        }
        return report
    }

    private func wish(
        _ entry: inout (watcher: LayeredWatcher, consumer: ConsumerID, wishes: [Wish]), _ call: SimulatedCall,
        _ random: inout MediaRandom
    ) throws {
        var wish = Wish(
            at: call.instant, encoding: nil, spatial: mode.spatialLayers - 1, temporal: mode.temporalLayers - 1,
            isPaused: Int.random(in: 0..<16, using: &random) == 0)
        var preference = LayerPreference(isPaused: wish.isPaused)
        if mode.encodings > 1, Int.random(in: 0..<5, using: &random) > 0 {
            let encoding = Int.random(in: 0..<mode.encodings, using: &random)
            wish.encoding = encoding
            preference.encodingID = mode.rid(encoding)
        }
        if mode.spatialLayers > 1, Int.random(in: 0..<5, using: &random) > 0 {
            wish.spatial = Int.random(in: 0..<mode.spatialLayers, using: &random)
            preference.spatialLayer = wish.spatial
        }
        if mode.tellsTemporalLayers, Int.random(in: 0..<3, using: &random) > 0 {
            wish.temporal = Int.random(in: 0..<mode.temporalLayers, using: &random)
            preference.temporalLayer = wish.temporal
        }
        entry.watcher.isPaused = wish.isPaused
        entry.wishes.append(wish)
        try call.engine.prefer(preference, for: entry.consumer, at: call.instant)
    }
}
