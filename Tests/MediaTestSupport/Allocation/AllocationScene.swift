package import MediaCore
import Synchronization

/// A call in which links carry less than their watchers want: who is in it, and what their links do.
package struct AllocationScene: Sendable {
    /// One watcher.
    package struct Watcher: Sendable {
        /// Whom it watches, by their places.
        package var publishers: [Int]
        /// What it wants of each of them.
        package var preferences: [LayerPreference]
        package var link: BottleneckLink.Behaviour
        /// What it hears of the link instead of measuring, in bit/s.
        package var known: Steps<Int64>?

        package init(of publishers: [Int], _ link: BottleneckLink.Behaviour, preferences: [LayerPreference]? = nil) {
            self.publishers = publishers
            self.preferences = preferences ?? publishers.map { _ in LayerPreference() }
            self.link = link
        }
    }

    package var seconds: Double
    package var publishers: [SimulcastPublisher.Behaviour]
    package var watchers: [Watcher]
    package var limits = BitrateLimits()
    /// One direction of a watcher's way, without the bottleneck.
    package var delay = MediaDuration.milliseconds(30)

    package init(seconds: Double, publishers: [SimulcastPublisher.Behaviour], watchers: [Watcher]) {
        self.seconds = seconds
        self.publishers = publishers
        self.watchers = watchers
    }

    /// What makes the estimator of the next transport.
    private final class EstimatorSource: Sendable {
        let make = Mutex<CongestionCase.EstimatorSource>({ GoogleCongestionControl(limits: $0) })
    }

    private struct Seat {
        var watcher: SimulcastWatcher
        var transport: TransportID
        /// Its consumers of video, in the order of its publishers.
        var consumers: [ConsumerID]
    }

    /// Plays it: the same seed gives the same run.
    package func run(
        seed: UInt64, estimator: @escaping CongestionCase.EstimatorSource = { GoogleCongestionControl(limits: $0) }
    ) throws -> AllocationRun {
        let source = EstimatorSource()
        let limits = limits
        let call = try SimulatedCall(seed: seed, maximumTransports: publishers.count + watchers.count) {
            $0.maximumDatagramSize = 1472
            $0.bitrateLimits = limits
            $0.makeEstimator = { limits in source.make.withLock { $0 }(limits) }
        }
        call.injectsKeys = true
        let cameras = try publishers.enumerated().map { try call.addCamera($1, place: $0) }
        // Publishers are there before the watchers, and what their layers take is known.
        call.run(for: .seconds(3))
        let start = call.instant
        for camera in cameras { camera.0.beginning = start }
        let lead = start - MediaInstant(nanoseconds: 0)
        var seats: [Seat] = []
        for watcher in watchers {
            var make = estimator
            if let known = watcher.known { make = { _ in KnowingEstimator(known, lead: lead) } }
            source.make.withLock { [make] in $0 = make }
            seats.append(try seat(watcher, in: call, cameras))
        }
        var run = AllocationRun(publishers: publishers, watchers: watchers, start: start)
        run.begin(cameras.map(\.0))
        let samples = Int((seconds / AllocationRun.interval).rounded())
        for sample in 1...max(samples, 1) {
            call.run(for: start + AllocationRun.sampleInterval * Int64(sample) - call.instant)
            run.note(cameras.map(\.0))
            for (place, seat) in seats.enumerated() {
                note(seat, place, of: call, in: &run)
            }
        }
        for (place, seat) in seats.enumerated() {
            for (track, consumer) in seat.consumers.enumerated() {
                run.watchers[place].tracks[track].changes = call.allocations.filter { $0.consumer == consumer }.map {
                    AllocationRun.Change(
                        at: ($0.instant - start).inSeconds, rung: AllocationRun.rung($0.layer), reason: $0.reason)
                }
                run.watchers[place].tracks[track].picture = seat.watcher.pictures[track]
            }
            run.watchers[place].tailDrops = seat.watcher.bottleneck.tailDrops
            run.watchers[place].keyframeRequests = seat.watcher.keyframeRequests
        }
        return run
    }

    private func seat(
        _ watcher: Watcher, in call: SimulatedCall, _ cameras: [(SimulcastPublisher, PublishSession)]
    ) throws -> Seat {
        var link = watcher.link
        let lead = (call.instant - MediaInstant(nanoseconds: 0)).inSeconds
        for place in link.rate.steps.indices.dropFirst() { link.rate.steps[place].seconds += lead }
        let hasSound = watcher.publishers.map { publishers[$0].hasSound }
        let peer = SimulcastWatcher(
            of: watcher.publishers, hasSound: hasSound, link: link, delay: delay, start: limits.start,
            address: call.nextAddress, seed: call.nextSeed, certificate: call.certificate)
        let producers = watcher.publishers.flatMap { place in
            publishers[place].hasSound ? cameras[place].1.producers : [cameras[place].1.producers[1]]
        }
        let session = try call.addWatcher(peer, of: producers)
        var consumers: [ConsumerID] = []
        var rest = session.consumers[...]
        for sound in hasSound {
            if sound { rest.removeFirst() }
            consumers.append(rest.removeFirst())
        }
        for (consumer, preference) in zip(consumers, watcher.preferences) where preference != LayerPreference() {
            try call.engine.prefer(preference, for: consumer, at: call.instant)
        }
        return Seat(watcher: peer, transport: session.transport, consumers: consumers)
    }

    private func note(_ seat: Seat, _ place: Int, of call: SimulatedCall, in run: inout AllocationRun) {
        let now = call.instant
        let link = seat.watcher.bottleneck
        run.watchers[place].capacity.append(Double(link.behaviour.capacity(at: now)))
        run.watchers[place].queueDelay.append(link.queueDelay(at: now).inSeconds)
        run.watchers[place].estimate.append(Double((try? call.engine.estimatedBitrate(of: seat.transport)) ?? 0))
        run.watchers[place].note(
            delivered: seat.watcher.deliveredBytes, repairs: seat.watcher.repairBytes,
            padding: seat.watcher.paddingBytes)
        for (track, consumer) in seat.consumers.enumerated() {
            let layers = try? call.engine.layers(of: consumer, at: now)
            run.watchers[place].tracks[track].target.append(AllocationRun.rung(layers?.target))
            run.watchers[place].tracks[track].current.append(AllocationRun.rung(layers?.current))
        }
    }
}
