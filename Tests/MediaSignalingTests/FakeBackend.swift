@testable import MediaIO
import Synchronization

@testable import MediaCore
@testable import MediaSignaling

/// A worker without an engine: answers every offer, unless the offer says what to refuse it with.
final class FakeBackend: MediaBackend {
    private struct State {
        var next: UInt32 = 0
        var open: [TransportID: String] = [:]
        var restarts = 0
        var fragments: [String] = []
        var watched: [String: [ProducerID]] = [:]
        var estimates: [String: Int64] = [:]
        var caps: [String: Int64] = [:]
        var wishes: [ConsumerID: Int] = [:]
        var starts: [String: Int64] = [:]
        var rates: [String: (limit: Int64?, start: Int64?)] = [:]
        var layers: [ConsumerID: ConsumerLayers] = [:]
        var gates: [CheckedContinuation<Void, Never>] = []
        var isGated = false
    }

    private let state = Mutex(State())
    private let continuation: AsyncStream<MediaEvent>.Continuation
    let events: AsyncStream<MediaEvent>

    init() {
        (events, continuation) = AsyncStream.makeStream()
    }

    /// The names of the open transports.
    var names: [String] { state.withLock { $0.open.values.sorted() } }

    /// The fragments taken so far.
    var fragments: [String] { state.withLock { $0.fragments } }

    /// Two for each publisher of `names`, sound and picture, as the worker that made them numbers them.
    func producers(of names: String...) -> [ProducerID] {
        state.withLock { state in
            names.flatMap { name in
                state.open.first { $0.value == name }.map { Self.producers(of: $0.key) } ?? []
            }
        }
    }

    /// What the watcher of that name asked for, in its order.
    func watched(by name: String) -> [ProducerID]? { state.withLock { $0.watched[name] } }

    private static func producers(of transport: TransportID) -> [ProducerID] {
        [0, 1].map { ProducerID(slot: SlotID(index: transport.slot.index * 2 + $0, generation: 0)) }
    }

    /// From now on commands wait for `open()`.
    func gate() { state.withLock { $0.isGated = true } }

    /// How many commands wait.
    var waiting: Int { state.withLock { $0.gates.count } }

    /// Lets the commands that wait go on.
    func open() {
        let gates = state.withLock { state in
            state.isGated = false
            defer { state.gates = [] }
            return state.gates
        }
        for gate in gates { gate.resume() }
    }

    /// The transport of that name is closed by its peer, or by time.
    func lose(_ name: String, reason: TransportCloseReason) {
        let id = state.withLock { state -> TransportID? in
            guard let id = state.open.first(where: { $0.value == name })?.key else { return nil }
            state.open[id] = nil
            return id
        }
        if let id { continuation.yield(.transportClosed(id, name: name, reason: reason)) }
    }

    func publish(
        offer: String, name: String, bitrateLimit: Int64?, startBitrate: Int64?
    ) async throws(MediaEngineError) -> PublishSession {
        await pass()
        let id = try open(offer, name)
        state.withLock { $0.rates[name] = (bitrateLimit, startBitrate) }
        return PublishSession(
            transport: id, producers: Self.producers(of: id), answer: "v=0\r\ns=\(name)\r\n",
            usernameFragment: "ufrag\(id.slot.index)")
    }

    func limitBitrate(of transport: TransportID, to bitrate: Int64?) async throws(MediaEngineError) {
        await pass()
        guard bitrate != 666_000 else { throw .invalidBitrate("bitrate is refused") }
        try state.withLock { state throws(MediaEngineError) in
            guard let name = state.open[transport] else { throw .unknownTransport }
            state.rates[name]?.limit = bitrate
        }
    }

    /// What the publisher of that name is asked to send.
    func rates(of name: String) -> (limit: Int64?, start: Int64?)? { state.withLock { $0.rates[name] } }

    func limitOutgoingBitrate(of transport: TransportID, to bitrate: Int64?) async throws(MediaEngineError) {
        await pass()
        guard bitrate != 666_000 else { throw .invalidBitrate("bitrate is refused") }
        try state.withLock { state throws(MediaEngineError) in
            guard let name = state.open[transport] else { throw .unknownTransport }
            state.caps[name] = bitrate
        }
    }

    /// What the watcher of that name is sent at most.
    func cap(of name: String) -> Int64? { state.withLock { $0.caps[name] } }

    /// Half of what a link carries is used, unless there is a lower limit.
    func outgoingBitrates(of transport: TransportID) async throws(MediaEngineError) -> OutgoingBitrates {
        try state.withLock { state throws(MediaEngineError) in
            guard let name = state.open[transport] else { throw .unknownTransport }
            let (available, limit) = (state.estimates[name] ?? 300_000, state.caps[name])
            return OutgoingBitrates(
                available: available, limit: limit, allocated: min(available / 2, limit ?? .max), wanted: available,
                next: limit == nil ? nil : available)
        }
    }

    /// What the link to the watcher of that name carries from now on.
    func estimate(_ bitrate: Int64, for name: String) { state.withLock { $0.estimates[name] = bitrate } }

    /// Where the estimate of the watcher of that name was told to begin.
    func start(of name: String) -> Int64? { state.withLock { $0.starts[name] } }

    func watch(
        offer: String, name: String, producers: [ProducerID], startBitrate: Int64?
    ) async throws(MediaEngineError) -> WatchSession {
        await pass()
        state.withLock { $0.starts[name] = startBitrate }
        if offer.contains("vp9 only") { throw .noCommonCodec("line 3: the stream is VP8") }
        let id = try open(offer, name)
        let consumers = producers.indices.map { index in
            ConsumerID(slot: SlotID(index: id.slot.index * 64 + UInt32(index), generation: 0))
        }
        state.withLock { state in
            state.watched[name] = producers
            // Sound and picture by turns, as their producers.
            for (index, consumer) in consumers.enumerated() {
                state.layers[consumer] = ConsumerLayers(
                    mid: "\(index)", kind: index % 2 == 0 ? .audio : .video, layers: [],
                    preference: LayerPreference(), target: nil, current: nil)
            }
        }
        return WatchSession(
            transport: id, consumers: consumers, answer: "v=0\r\ns=\(name)\r\n",
            usernameFragment: "ufrag\(id.slot.index)")
    }

    func layers(of consumer: ConsumerID) async throws(MediaEngineError) -> ConsumerLayers {
        guard let layers = state.withLock({ $0.layers[consumer] }) else { throw .unknownConsumer }
        return layers
    }

    func prefer(_ preference: LayerPreference, for consumer: ConsumerID) async throws(MediaEngineError) {
        await pass()
        guard state.withLock({ $0.layers[consumer] != nil }) else { throw .unknownConsumer }
        guard preference.encodingID != "refused" else { throw .invalidPreference("encodingID is refused") }
        state.withLock { state in
            state.layers[consumer]?.preference = preference
            state.wishes[consumer, default: 0] += 1
        }
    }

    /// How often something was wished of each video that is watched, the oldest watcher first.
    var wishes: [Int] {
        state.withLock { state in
            state.layers.filter { $0.value.kind == .video }.keys.sorted { $0.slot.index < $1.slot.index }
                .map { state.wishes[$0] ?? 0 }
        }
    }

    /// Sets what the videos of every watcher look like.
    func show(
        _ layers: [LayerStatus], target: LayerPosition? = nil, current: LayerPosition? = nil,
        reason: AllocationReason? = nil, bitrate: Int64 = 0
    ) {
        state.withLock { state in
            for (consumer, known) in state.layers where known.kind == .video {
                state.layers[consumer]?.layers = layers
                state.layers[consumer]?.target = target
                state.layers[consumer]?.current = current
                state.layers[consumer]?.reason = reason
                state.layers[consumer]?.bitrate = bitrate
            }
        }
    }

    /// The watched streams of this number end.
    func end(consumer index: UInt32) {
        state.withLock { state in state.layers = state.layers.filter { $0.key.slot.index % 64 != index } }
    }

    /// Tells that nobody watches these layers of a producer.
    func tell(unwatched layers: [LayerPosition], of producer: ProducerID) {
        continuation.yield(.unwatchedLayers(producer, layers))
    }

    func updateICE(
        _ transport: TransportID, fragment: String
    ) async throws(MediaEngineError) -> (answer: String, usernameFragment: String)? {
        await pass()
        if fragment.contains("malformed") { throw .malformedOffer("line 1: no fragment") }
        return try state.withLock { state throws(MediaEngineError) in
            guard state.open[transport] != nil else { throw .unknownTransport }
            state.fragments.append(fragment)
            guard fragment.contains("ice-ufrag") else { return nil }
            state.restarts += 1
            return ("a=ice-ufrag:restart\(state.restarts)\r\n", "restart\(state.restarts)")
        }
    }

    @discardableResult
    func close(_ transport: TransportID) async -> Bool {
        state.withLock { $0.open.removeValue(forKey: transport) != nil }
    }

    func report() async -> WorkerReport {
        WorkerReport(udpPort: 40000, engine: MediaStatistics(), sockets: WorkerStatistics())
    }

    private func pass() async {
        await withCheckedContinuation { continuation in
            let passes = state.withLock { state in
                if state.isGated { state.gates.append(continuation) }
                return !state.isGated
            }
            if passes { continuation.resume() }
        }
    }

    private func open(_ offer: String, _ name: String) throws(MediaEngineError) -> TransportID {
        if offer.contains("malformed") { throw .malformedOffer("line 1: v=0 is missing\r\n\u{1B}[31m") }
        if offer.contains("no mux") { throw .unacceptableOffer("line 9: a=rtcp-mux is required") }
        if offer.contains("many") { throw .tooManyTransports }
        return state.withLock { state in
            state.next += 1
            let id = TransportID(slot: SlotID(index: state.next, generation: 0))
            state.open[id] = name
            return id
        }
    }
}
