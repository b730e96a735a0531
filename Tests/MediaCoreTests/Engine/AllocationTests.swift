@testable import MediaTestSupport
import Testing

@testable import MediaCore

/// Watchers get the layers that their links carry.
@Suite struct AllocationTests {
    /// A watcher of a picture in two sizes, of about 950 and 500 kbit/s on the wire, over a link that is believed to carry what
    /// the steps say and can carry everything.
    private struct Scene {
        let call: SimulatedCall
        let publisher: SimulatedPublisher
        let watcher: SimulatedWatcher
        let session: WatchSession
        let picture: ConsumerID
        var low: LowLayer

        init(seed: UInt64, _ steps: Steps<Int64>) throws {
            call = try SimulatedCall(seed: seed) { configuration in
                configuration.makeEstimator = { _ in KnowingEstimator(steps, pacingFactor: 1.1) }
            }
            let published: PublishSession
            (publisher, published) = try call.addPublisher(signaling: .rid)
            low = LowLayer(call: call, publisher: publisher, answered: 0)
            low.play(for: 30)
            (watcher, session) = try call.addWatcher(of: published.producers)
            watcher.keepsPackets = true
            picture = try #require(session.consumers.last)
        }

        /// Plays until an instant in seconds of the engine's clock.
        mutating func play(until seconds: Double) {
            while call.instant < MediaInstant(nanoseconds: Int64(seconds * 1e9)) { low.play(for: 1) }
        }

        /// What the watcher was given since an instant in seconds, and when.
        func changes(since seconds: Double) -> [(at: Double, layer: String?, reason: AllocationReason)] {
            call.allocations.filter {
                $0.consumer == picture && $0.instant >= MediaInstant(nanoseconds: Int64(seconds * 1e9))
            }.map { (Double($0.instant.nanoseconds) / 1e9, $0.layer?.encodingID, $0.reason) }
        }

        /// The longest time between two frames that came since an instant in seconds, in seconds.
        func longestGap(since seconds: Double) -> Double {
            let arrivals = watcher.arrivals.filter {
                !$0.isSound && $0.at >= MediaInstant(nanoseconds: Int64(seconds * 1e9))
            }
            return zip(arrivals, arrivals.dropFirst()).map { ($1.at - $0.at).inSeconds }.max() ?? .infinity
        }
    }

    /// The link halves: the small size follows within moments, though a second of the large one's keyframe might still wait, and
    /// the large one comes back when there has been room for it for a second.
    @Test func theLayerFollowsTheLink() throws {
        var scene = try Scene(seed: 611, Steps(2_000_000, [(6, 650_000), (12, 2_000_000)]))
        scene.play(until: 5)
        #expect(
            scene.changes(since: 0).last.map { $0.layer != SimulatedOffer.lowRid && $0.reason == .preferred } == true)
        scene.play(until: 12)
        let down = scene.changes(since: 5)
        #expect(down.count == 1)
        #expect(down.first.map { $0.at < 6.1 && $0.layer == SimulatedOffer.lowRid && $0.reason == .bandwidth } == true)
        scene.play(until: 18)
        let up = scene.changes(since: 12)
        #expect(up.count == 1)
        #expect(up.first.map { $0.at >= 13 && $0.at < 13.6 && $0.reason == .preferred } == true)
        #expect(scene.longestGap(since: 5) < 0.3)
        #expect(scene.call.timesShed == 0)
        #expect(scene.watcher.complaints.isEmpty)
    }

    /// Not even the small size fits: the last picture is sent all the same, as far as the pacer lets it.
    @Test func theLastPictureIsNotPaused() throws {
        var scene = try Scene(seed: 612, Steps(2_000_000, [(6, 300_000)]))
        scene.play(until: 24)
        #expect(scene.changes(since: 5).map(\.layer) == [SimulatedOffer.lowRid])
        #expect(scene.watcher.arrivals.contains { !$0.isSound && $0.at > MediaInstant(nanoseconds: 14_000_000_000) })
    }

    /// A cap counts like a link that carries no more, and is lifted again.
    @Test func aCapIsKept() throws {
        var scene = try Scene(seed: 613, Steps(5_000_000))
        scene.play(until: 5)
        try scene.call.engine.limitOutgoingBitrate(
            of: scene.session.transport, to: 650_000, at: scene.call.instant)
        scene.play(until: 8)
        #expect(scene.changes(since: 5).map(\.layer) == [SimulatedOffer.lowRid])
        try scene.call.engine.limitOutgoingBitrate(of: scene.session.transport, to: nil, at: scene.call.instant)
        scene.play(until: 10)
        #expect(scene.changes(since: 8).map { $0.layer != SimulatedOffer.lowRid } == [true])
        for bitrate: Int64 in [0, -1, 29_999, 1_000_000_001, .min, .max] {
            #expect(throws: MediaEngineError.self) {
                try scene.call.engine.limitOutgoingBitrate(
                    of: scene.session.transport, to: bitrate, at: scene.call.instant)
            }
        }
    }

    /// Below what is of use nothing is sent, and the watcher is told.
    @Test func whatIsTooLittleIsNotSent() throws {
        var scene = try Scene(seed: 614, Steps(2_000_000, [(6, 650_000), (12, 2_000_000)]))
        scene.play(until: 5)
        try scene.call.engine.prefer(
            LayerPreference(minimumSpatialLayer: 1), for: scene.picture, at: scene.call.instant)
        scene.play(until: 12)
        let down = scene.changes(since: 5)
        #expect(down.count == 1)
        #expect(down.first.map { $0.layer == nil && $0.reason == .bandwidthPaused } == true)
        scene.play(until: 15)
        #expect(scene.changes(since: 12).map(\.reason) == [.preferred])
    }

    /// A link that carries sound only, and then everything again: found out by probing, without a picture, which is of no
    /// use when it is smaller.
    @Test func picturesComeBackToALinkThatCarriedOnlySound() throws {
        let call = try SimulatedCall(seed: 615) { $0.bitrateLimits = BitrateLimits() }
        let (_, published) = try call.addPublisher()
        call.link.rate = 3_000_000
        call.link.delay = .milliseconds(25)
        let (watcher, session) = try call.addWatcher(of: published.producers)
        let picture = try #require(session.consumers.last)
        try call.engine.prefer(LayerPreference(minimumHeight: 180), for: picture, at: call.instant)
        call.run(for: .seconds(6))
        #expect(call.allocations.last?.reason == .preferred)
        watcher.downlink.behaviour.rate = 200_000
        call.run(for: .seconds(15))
        #expect(call.allocations.last?.reason == .bandwidthPaused)
        let (sound, shed) = (watcher.audioPackets, call.timesShed)
        call.run(for: .seconds(15))
        #expect(watcher.audioPackets - sound >= 740)
        #expect(call.timesShed == shed)
        watcher.downlink.behaviour.rate = 3_000_000
        #expect(call.run(atMost: .seconds(10)) { call.allocations.last?.reason == .preferred })
        #expect(call.engine.consumers[picture.slot].allocationReason == .preferred)
        #expect(watcher.complaints.isEmpty)
    }
}
