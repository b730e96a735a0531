import MediaTestSupport
import Testing

@testable import MediaCore

/// What watchers and publishers say about videos, and what comes of it when not all of it fits.
@Suite struct AllocationPolicyTests {
    private static let camera = LayeredMode("camera", .vp8) {
        $0.encodings = 3
        $0.temporalLayers = 2
    }

    private static let slides = LayeredMode("slides", .vp8) {
        $0.encodings = 3
        $0.temporalLayers = 2
        $0.isSlides = true
    }

    /// A watcher that has had all layers for three seconds.
    private func watch(_ mode: LayeredMode, seed: UInt64) throws -> (SimulatedCall, WatchSession, ConsumerID) {
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = true
        let (publisher, session) = try call.addLayeredPublisher(mode)
        let (watcher, watched) = try call.addLayeredWatcher(mode, of: publisher, session.producers)
        watcher.reports = true
        call.run(for: .seconds(3))
        return (call, watched, try #require(watched.consumers.first))
    }

    /// What is given when only half of the best fits.
    private func half(_ call: SimulatedCall, _ watched: WatchSession) throws -> LayerPosition? {
        try call.engine.limitOutgoingBitrate(of: watched.transport, to: 40_000, at: call.instant)
        call.run(for: .seconds(3))
        return try call.engine.layers(of: watched.consumers[0], at: call.instant).current
    }

    /// Slides are to be read, so that they come whole and seldom; a camera's picture rather moves.
    @Test func slidesStaySharp() throws {
        let sharp = LayerPosition(encodingID: "f", spatialLayer: 0, temporalLayer: 0)
        let cases: [(mode: LayeredMode, hint: LayerPreference.ContentHint?, isSharp: Bool)] = [
            (Self.camera, nil, false), (Self.camera, .motion, false), (Self.camera, .detail, true),
            (Self.slides, nil, true), (Self.slides, .motion, false), (Self.slides, .detail, true),
        ]
        for (mode, hint, isSharp) in cases {
            let (call, watched, consumer) = try watch(mode, seed: 871)
            try call.engine.prefer(LayerPreference(contentHint: hint), for: consumer, at: call.instant)
            let given = try half(call, watched)
            #expect(
                (given == sharp) == isSharp && given?.encodingID != nil, "\(mode.name) \(hint as Any): \(given as Any)")
        }
    }

    @Test func whatIsGivenIsTold() throws {
        let (call, watched, consumer) = try watch(Self.camera, seed: 872)
        func figures() throws -> (layers: ConsumerLayers, bitrates: OutgoingBitrates, outbound: OutboundStatistics) {
            let transports = call.engine.statistics(at: call.instant).transports
            let own = try #require(transports.first { $0.id == watched.transport.description })
            let layers = try call.engine.layers(of: consumer, at: call.instant)
            let bitrates = try call.engine.outgoingBitrates(of: watched.transport)
            #expect(own.allocatedBitrate == bitrates.allocated && own.wantedBitrate == bitrates.wanted)
            #expect(own.nextBitrate == bitrates.next && own.availableOutgoingBitrate == bitrates.available)
            #expect(own.outbound[0].allocation?.reason == layers.reason)
            #expect(own.outbound[0].allocation?.bitrate == layers.bitrate)
            // Who watches nothing is given nothing.
            let publisher = try #require(transports.first { $0.id != own.id })
            #expect(publisher.allocatedBitrate == nil && publisher.wantedBitrate == nil)
            #expect(publisher.nextBitrate == nil)
            return (layers, bitrates, own.outbound[0])
        }
        let free = try figures()
        #expect(free.layers.reason == .preferred && free.layers.bitrate > 0)
        #expect(free.bitrates.allocated == free.layers.bitrate && free.bitrates.wanted == free.layers.bitrate)
        #expect(free.bitrates.next == nil && free.bitrates.limit == nil)

        _ = try half(call, watched)
        let limited = try figures()
        #expect(limited.layers.reason == .bandwidth)
        #expect(limited.bitrates.limit == 40_000 && limited.bitrates.allocated <= 40_000)
        #expect(limited.bitrates.wanted > 40_000 && limited.bitrates.next ?? 0 > 40_000)
        #expect(limited.layers.bitrate == limited.bitrates.allocated)

        try call.engine.prefer(LayerPreference(isPaused: true), for: consumer, at: call.instant)
        let paused = try figures()
        #expect(paused.layers.reason == .paused && paused.layers.bitrate == 0 && paused.layers.target == nil)
        #expect(paused.bitrates.allocated == 0 && paused.bitrates.wanted == 0 && paused.bitrates.next == nil)

        try call.engine.prefer(LayerPreference(), for: consumer, at: call.instant)
        try call.engine.limitOutgoingBitrate(of: watched.transport, to: nil, at: call.instant)
        call.run(for: .seconds(3))
        let again = try figures()
        #expect(again.layers.reason == .preferred && again.bitrates.limit == nil && again.bitrates.next == nil)
        #expect(throws: MediaEngineError.self) {
            try call.engine.outgoingBitrates(of: TransportID(slot: SlotID(index: 99, generation: 0)))
        }
    }

    /// What is less than the least that is of use is not sent.
    @Test func lessThanTheLeastIsNotSent() throws {
        let (call, watched, consumer) = try watch(Self.camera, seed: 878)
        try call.engine.prefer(LayerPreference(minimumHeight: 720), for: consumer, at: call.instant)
        #expect(try half(call, watched) == nil)
        let layers = try call.engine.layers(of: consumer, at: call.instant)
        #expect(layers.target == nil && layers.reason == .bandwidthPaused && layers.bitrate == 0)
        // A cap for which a smaller one is enough.
        try call.engine.prefer(LayerPreference(minimumHeight: 100), for: consumer, at: call.instant)
        call.run(for: .seconds(3))
        let less = try call.engine.layers(of: consumer, at: call.instant)
        #expect(less.current?.encodingID != nil && less.current?.encodingID != "f" && less.reason == .bandwidth)
    }

    /// Before a watcher is connected nothing is decided, so that there is no reason yet.
    @Test func beforeItIsConnectedThereIsNoReason() throws {
        let call = try SimulatedCall(seed: 873)
        let (publisher, session) = try call.addLayeredPublisher(Self.camera)
        let (_, watched) = try call.addLayeredWatcher(Self.camera, of: publisher, session.producers)
        let layers = try call.engine.layers(of: watched.consumers[0], at: call.instant)
        #expect(layers.reason == nil && layers.bitrate == 0)
        call.run(for: .seconds(2))
        let reason = try call.engine.layers(of: watched.consumers[0], at: call.instant).reason
        #expect(reason == .preferred)
    }

    @Test func absurdCapsAreRefused() throws {
        let (call, watched, consumer) = try watch(Self.camera, seed: 874)
        try call.engine.limitOutgoingBitrate(of: watched.transport, to: 500_000, at: call.instant)
        let before = try call.engine.layers(of: consumer, at: call.instant).target
        for bitrate in [Int64.min, -500_000, -1, 0, 1, 29_999, 1_000_000_001, .max] {
            #expect(throws: MediaEngineError.self, "\(bitrate)") {
                try call.engine.limitOutgoingBitrate(of: watched.transport, to: bitrate, at: call.instant)
            }
        }
        let limit = try call.engine.outgoingBitrates(of: watched.transport).limit
        #expect(limit == 500_000)
        let after = try call.engine.layers(of: consumer, at: call.instant).target
        #expect(after == before && before?.encodingID == "f")
    }

    /// A name that no encoding has is as none at all; of one that is silent the next lower takes the place.
    @Test func encodingsThatAreNotThere() throws {
        let call = try SimulatedCall(seed: 877)
        call.injectsKeys = true
        let (publisher, session) = try call.addLayeredPublisher(Self.camera)
        publisher.schedule = [(at: call.instant + .seconds(1), encoding: 1, spatialLayers: 0)]
        let (_, watched) = try call.addLayeredWatcher(Self.camera, of: publisher, session.producers)
        let consumer = watched.consumers[0]
        call.run(for: .seconds(3))
        for (wish, expected) in [
            (LayerPreference(encodingID: "q"), "q"), (LayerPreference(encodingID: "x"), "f"),
            (LayerPreference(encodingID: "x", maximumHeight: 200), "q"), (LayerPreference(encodingID: "h"), "q"),
            (LayerPreference(encodingID: "f", spatialLayer: 7, temporalLayer: 7), "f"),
        ] {
            try call.engine.prefer(wish, for: consumer, at: call.instant)
            call.run(for: .seconds(1))
            let layers = try call.engine.layers(of: consumer, at: call.instant)
            #expect(layers.current?.encodingID == expected && layers.preference == wish, "\(wish)")
            #expect(layers.reason == .preferred)
        }
        for wish in [
            LayerPreference(spatialLayer: 9), LayerPreference(temporalLayer: -1), LayerPreference(minimumHeight: 0),
            LayerPreference(minimumSpatialLayer: 8), LayerPreference(priority: 101),
        ] {
            #expect(throws: MediaEngineError.self) { try call.engine.prefer(wish, for: consumer, at: call.instant) }
        }
        let current = try call.engine.layers(of: consumer, at: call.instant).current
        #expect(current?.encodingID == "f")
    }

    // MARK: A flood of wishes

    private struct Flood {
        var departures: [LayeredDeparture] = []
        var allocations = 0
        var requests: [Int: Int] = [:]
        var refused = 0
        var complaints: [String] = []
    }

    /// Two watchers; the one changes its mind a thousand times a second for two seconds, among these wishes, or leaves it.
    private func flood(_ wishes: [LayerPreference]?, seed: UInt64) throws -> Flood {
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = true
        let (publisher, session) = try call.addLayeredPublisher(Self.camera)
        let (other, watchedByOther) = try call.addLayeredWatcher(Self.camera, of: publisher, session.producers)
        let (restless, watched) = try call.addLayeredWatcher(Self.camera, of: publisher, session.producers)
        call.run(for: .milliseconds(500))
        try call.engine.prefer(LayerPreference(encodingID: "h"), for: watched.consumers[0], at: call.instant)
        call.run(for: .seconds(2))
        let quiet = (requests: publisher.keyframeRequests.count, allocations: call.allocations.count)
        var random = MediaRandom.seeded(seed)
        var result = Flood()
        for step in 0..<2_000 {
            if let wishes, var wish = wishes.randomElement(using: &random) {
                if step % 100 == 7 { wish.priority = 0 }
                do throws(MediaEngineError) {
                    try call.engine.prefer(wish, for: watched.consumers[0], at: call.instant)
                } catch {
                    result.refused += 1
                }
                if step % 3 == 0 {
                    try call.engine.limitOutgoingBitrate(
                        of: watched.transport,
                        to: [30_000, 45_000, 1_000_000, nil].randomElement(using: &random) ?? nil,
                        at: call.instant)
                }
            }
            call.run(for: .milliseconds(1))
        }
        for request in publisher.keyframeRequests.dropFirst(quiet.requests) {
            result.requests[request.encoding, default: 0] += 1
        }
        call.run(for: .seconds(1))
        result.departures = other.departures
        result.complaints = other.complaints + restless.complaints
        let own = watchedByOther.consumers[0]
        result.allocations = call.allocations.dropFirst(quiet.allocations).count { $0.consumer == own }
        let target = try call.engine.layers(of: own, at: call.instant).target
        #expect(target == LayerPosition(encodingID: "f", spatialLayer: 0, temporalLayer: 1))
        return result
    }

    /// Whoever changes its mind all the time costs the others nothing: not a byte of theirs changes.
    @Test func changingWishesBotherNobodyElse() throws {
        let quiet = try flood(nil, seed: 875)
        let wild = try flood(
            [
                LayerPreference(encodingID: "q"), LayerPreference(encodingID: "h"), LayerPreference(isPaused: true),
                LayerPreference(encodingID: "h", temporalLayer: 0), LayerPreference(encodingID: "q", spatialLayer: 7),
                LayerPreference(encodingID: "q", temporalLayer: 7), LayerPreference(maximumHeight: 1),
                LayerPreference(maximumHeight: 400, maximumFrameRate: 20, priority: 100),
                LayerPreference(encodingID: "q", minimumSpatialLayer: 7, minimumHeight: 65_535),
                LayerPreference(encodingID: "h", contentHint: .detail),
            ], seed: 875)
        #expect(wild.refused == 20 && quiet.refused == 0)
        #expect(wild.complaints == [] && quiet.complaints == [])
        #expect(wild.allocations == 0 && quiet.allocations == 0)
        #expect(quiet.departures.count > 200)
        #expect(wild.departures.count == quiet.departures.count)
        for (a, b) in zip(wild.departures, quiet.departures)
        where a.index != b.index || a.instant != b.instant || a.payload != b.payload || a.timestamp != b.timestamp {
            Issue.record("\(a.index) at \(a.instant) is not \(b.index) at \(b.instant)")
            break
        }
        // Two encodings, two requests a second each: one more where the first counts.
        #expect(wild.requests[2] == nil && quiet.requests == [:])
        #expect(wild.requests.values.allSatisfy { $0 <= 5 } && wild.requests[0] ?? 0 >= 1, "\(wild.requests)")
    }

    /// With wishes for what the others watch, they see keyframes more often than they need; two a second at most.
    @Test func keyframesForChangingWishesAreBounded() throws {
        let wild = try flood(
            ["q", "h", "f", "x"].map { LayerPreference(encodingID: $0) } + [LayerPreference(isPaused: true)], seed: 876)
        #expect(wild.allocations == 0 && wild.complaints == [])
        #expect(wild.requests.values.allSatisfy { $0 <= 5 }, "\(wild.requests)")
        #expect(wild.departures.count > 200)
        #expect(zip(wild.departures, wild.departures.dropFirst()).allSatisfy { $1.index == $0.index + 1 })
    }
}
