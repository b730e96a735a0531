import MediaTestSupport
import Testing

@testable import MediaCore

/// What must not move a watcher to other layers.
@Suite struct AllocationStabilityTests {
    private static let camera = LayeredMode("camera", .vp8) {
        $0.encodings = 3
        $0.temporalLayers = 2
    }

    /// A watcher that has had all layers for three seconds.
    private func watch(seed: UInt64) throws -> (SimulatedCall, LayeredPublisher, WatchSession, ConsumerID) {
        let call = try SimulatedCall(seed: seed)
        call.injectsKeys = true
        let (publisher, session) = try call.addLayeredPublisher(Self.camera)
        let (watcher, watched) = try call.addLayeredWatcher(Self.camera, of: publisher, session.producers)
        watcher.reports = true
        call.run(for: .seconds(3))
        return (call, publisher, watched, try #require(watched.consumers.first))
    }

    /// A step down that the watcher's link forced, of another video, just now.
    private func fall(_ call: SimulatedCall, _ watched: WatchSession) {
        let target = LayerTarget(stream: SlotID(index: 0, generation: 0), spatialLayer: 0, temporalLayer: 0)
        func plan(held: Int) -> AllocationPlan {
            var plan = AllocationPlan()
            plan.add(SlotID(index: 0, generation: 0), priority: 1, isScreen: false)
            for (height, bitrate) in [(1, Int64(100_000)), (2, 200_000)] {
                plan.add(.init(target: target, bitrate: bitrate, peak: bitrate), isHeld: height == held)
            }
            return plan
        }
        let slot = watched.transport.slot
        call.engine.transports[slot].allocator.wishesChanged()
        var up = plan(held: 1)
        call.engine.transports[slot].allocator.allocate(&up, estimate: 1_000_000, at: call.instant)
        var down = plan(held: 2)
        call.engine.transports[slot].allocator.allocate(&down, estimate: 50_000, at: call.instant)
    }

    /// A publisher pauses: who had the smallest size does not get the largest when it goes on.
    @Test func aPauseIsNoReasonForAnotherLayer() throws {
        let (call, publisher, watched, consumer) = try watch(seed: 1201)
        try call.engine.limitOutgoingBitrate(of: watched.transport, to: 40_000, at: call.instant)
        call.run(for: .seconds(3))
        let before = try call.engine.layers(of: consumer, at: call.instant)
        #expect(before.reason == .bandwidth && before.target?.encodingID != "f")
        let count = call.allocations.count
        publisher.schedule =
            (0..<3).map { (at: call.instant, encoding: $0, spatialLayers: 0) }
            + (0..<3).map { (at: call.instant + .seconds(3), encoding: $0, spatialLayers: 1) }
        call.run(for: .milliseconds(2_900))
        let silent = try call.engine.layers(of: consumer, at: call.instant)
        #expect(silent.layers.allSatisfy { !$0.isActive })
        #expect(silent.target == before.target && silent.reason == .bandwidth)
        call.run(for: .milliseconds(3_000))
        let after = try call.engine.layers(of: consumer, at: call.instant)
        #expect(after.target?.encodingID == before.target?.encodingID && after.current == after.target)
        #expect(call.allocations.dropFirst(count).allSatisfy { $0.layer?.encodingID == before.target?.encodingID })
    }

    /// The best that suits a watcher comes to be less than what it has, as with a frame rate that wavers about the one it
    /// asked for: it goes there, and not to the least, whatever has just been taken from its other videos.
    @Test func aLowerBestIsTakenAtOnce() throws {
        let (call, publisher, watched, consumer) = try watch(seed: 1203)
        fall(call, watched)
        call.engine.consumers[consumer.slot].preference.temporalLayer = 0
        call.engine.unsettle(call.engine.consumers[consumer.slot].producer)
        call.run(for: .milliseconds(100))
        let after = try call.engine.layers(of: consumer, at: call.instant)
        #expect(after.target == LayerPosition(encodingID: "f", spatialLayer: 0, temporalLayer: 0))
        #expect(after.reason == .preferred)
        #expect(publisher.keyframeRequests.count < 10)
    }

    /// Who repeats a wish, or a cap, does not make steps up come sooner.
    @Test func theSameWishIsNoNewOne() throws {
        let (call, _, watched, consumer) = try watch(seed: 1204)
        let wish = LayerPreference(maximumHeight: 1_000)
        try call.engine.prefer(wish, for: consumer, at: call.instant)
        try call.engine.limitOutgoingBitrate(of: watched.transport, to: 5_000_000, at: call.instant)
        fall(call, watched)
        let hold = call.engine.transports[watched.transport.slot].allocator.hold
        #expect(hold == BitrateAllocator.holds.second)
        try call.engine.prefer(wish, for: consumer, at: call.instant)
        let afterWish = call.engine.transports[watched.transport.slot].allocator.hold
        #expect(afterWish == hold)
        try call.engine.limitOutgoingBitrate(of: watched.transport, to: 5_000_000, at: call.instant)
        let afterCap = call.engine.transports[watched.transport.slot].allocator.hold
        #expect(afterCap == hold)
        try call.engine.prefer(LayerPreference(), for: consumer, at: call.instant)
        let afterOther = call.engine.transports[watched.transport.slot].allocator.hold
        #expect(afterOther == BitrateAllocator.holds.first)
    }

    /// What a cap forbids is not probed for.
    @Test func nothingIsProbedForBeyondACap() throws {
        let call = try SimulatedCall(seed: 1205) { $0.bitrateLimits = BitrateLimits() }
        let (_, published) = try call.addPublisher()
        call.link.rate = 1_000_000
        call.link.delay = .milliseconds(25)
        let (_, session) = try call.addWatcher(of: published.producers)
        let picture = try #require(session.consumers.last)
        try call.engine.prefer(LayerPreference(minimumHeight: 180), for: picture, at: call.instant)
        try call.engine.limitOutgoingBitrate(of: session.transport, to: 100_000, at: call.instant)
        call.run(for: .seconds(15))
        #expect(call.allocations.last?.reason == .bandwidthPaused)
        let before = call.engine.consumers[picture.slot].counters.packets
        call.run(for: .seconds(20))
        let padding = call.engine.consumers[picture.slot].counters.packets - before
        #expect(padding <= 20, "\(padding) packets")
    }
}
