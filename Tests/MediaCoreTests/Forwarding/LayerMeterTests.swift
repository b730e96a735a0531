import Testing

@testable import MediaCore

@Suite struct LayerMeterTests {
    private static let start = MediaInstant(nanoseconds: 987_654_321)

    /// `#expect` takes apart what it is given, which can't be done with a meter.
    private func check(_ holds: Bool, _ comment: String = "", location: SourceLocation = #_sourceLocation) {
        #expect(holds, "\(comment)", sourceLocation: location)
    }

    /// Packets of one layer: frames every `interval`, each of `packets` packets of 1000 bytes, back to back.
    private func feed(
        _ meter: inout LayerMeter, spatial: Int = 0, temporal: Int = 0, from start: MediaInstant, count: Int,
        every interval: MediaDuration, packets: Int = 1
    ) -> MediaInstant {
        var instant = start
        for _ in 0..<count {
            for packet in 0..<packets {
                meter.note(
                    spatial: spatial, temporal: temporal, payloadByteCount: 1000, isFrameStart: packet == 0,
                    at: instant)
            }
            instant = instant + interval
        }
        return instant
    }

    @Test func nothingHasNoRate() {
        let meter = LayerMeter()
        check(meter.bitrate(spatial: 0, temporal: 3, at: Self.start) == 0)
        check(meter.frameRate(spatial: 0, temporal: 3, at: Self.start) == 0)
        check(!meter.isActive(spatial: 0, at: Self.start))
        check(meter.silence(spatial: 0) == nil)
        check(meter.lastPacket(spatial: 0) == nil && meter.lastFrame(spatial: 0) == nil)
    }

    /// More packets than a slice of time can count.
    @Test func aFloodIsNotMoreThanCanBe() {
        var meter = LayerMeter()
        for number in 0..<65_546 {
            meter.note(
                spatial: 0, temporal: 0, payloadByteCount: 1, isFrameStart: true, isKeyframe: number < 20,
                at: Self.start)
        }
        let bitrate = meter.linkBitrate(spatial: 0, temporal: 0, overheadByteCount: 72, at: Self.start)
        check(bitrate >= 0 && bitrate < 1e9, "\(bitrate)")
    }

    @Test func ratesAreOfTheLastSecond() {
        var meter = LayerMeter()
        // 30 frames a second of 4000 bytes: 960 kbit/s; read between frames, at many phases of the slices.
        var instant = Self.start
        for round in 0..<40 {
            instant = feed(&meter, from: instant, count: 30, every: .microseconds(33_333), packets: 4)
            let end = instant - .milliseconds(10)
            let frameRate = meter.frameRate(spatial: 0, temporal: 0, at: end)
            let bitrate = meter.bitrate(spatial: 0, temporal: 0, at: end)
            check(abs(frameRate - 30) < 2, "\(frameRate) in round \(round)")
            check(abs(bitrate - 960_000) < 64_000, "\(bitrate) in round \(round)")
        }
        // Then half of it: a second later nothing of the old rate is left.
        instant = feed(&meter, from: instant, count: 33, every: .microseconds(33_333), packets: 2)
        check(abs(meter.bitrate(spatial: 0, temporal: 0, at: instant) - 480_000) < 40_000)
    }

    @Test func aLayerThatHasJustBegunIsMeasuredOverItsOwnTime() {
        var meter = LayerMeter()
        let instant = feed(&meter, from: Self.start, count: 20, every: .milliseconds(40))
        check(abs(meter.frameRate(spatial: 0, temporal: 0, at: instant) - 25) < 1)
        // After a pause it has begun anew.
        let later = feed(&meter, from: instant + .seconds(5), count: 20, every: .milliseconds(40))
        check(abs(meter.frameRate(spatial: 0, temporal: 0, at: later) - 25) < 1)
        // One keyframe is no rate: it counts as half a second's worth at most.
        var fresh = LayerMeter()
        _ = feed(&fresh, from: Self.start, count: 1, every: .zero, packets: 30)
        check(fresh.bitrate(spatial: 0, temporal: 0, at: Self.start) == 480_000)
    }

    @Test func ratesDecayInSilence() {
        var meter = LayerMeter()
        let end = feed(&meter, from: Self.start, count: 90, every: .microseconds(33_333), packets: 3)
        var last = meter.bitrate(spatial: 0, temporal: 0, at: end)
        for milliseconds in stride(from: 100, through: 1200, by: 100) {
            let bitrate = meter.bitrate(spatial: 0, temporal: 0, at: end + .milliseconds(Int64(milliseconds)))
            // The window holds seven slices and a part of the eighth.
            check(bitrate <= last + last / 6)
            last = bitrate
        }
        check(last == 0)
        check(meter.frameRate(spatial: 0, temporal: 3, at: end + .milliseconds(1100)) == 0)
        // Much later, and after a packet that makes the slices go round.
        check(meter.bitrate(spatial: 0, temporal: 0, at: end + .seconds(100_000)) == 0)
        _ = feed(&meter, from: end + .seconds(100_000), count: 1, every: .zero)
        check(meter.bitrate(spatial: 0, temporal: 0, at: end + .seconds(100_000)) == 16_000)
    }

    /// L3T3: what a temporal or spatial layer builds on counts with it.
    @Test func layersAddUp() {
        var meter = LayerMeter()
        var instant = Self.start
        let pattern = [0, 2, 1, 2]
        for picture in 0..<60 {
            for spatial in 0..<3 {
                meter.note(
                    spatial: spatial, temporal: pattern[picture % 4], payloadByteCount: 500 << spatial,
                    isFrameStart: true, at: instant)
            }
            instant = instant + .milliseconds(33)
        }
        for spatial in 0..<3 {
            let whole = meter.frameRate(spatial: spatial, temporal: 2, at: instant)
            check(abs(whole - 30.3) < 2)
            check(abs(meter.frameRate(spatial: spatial, temporal: 1, at: instant) - whole / 2) < 1.1)
            check(abs(meter.frameRate(spatial: spatial, temporal: 0, at: instant) - whole / 4) < 1.1)
            let bitrate = Double(meter.bitrate(spatial: spatial, temporal: 2, at: instant))
            check(abs(bitrate - whole * Double(8 * 500 << spatial)) < 10)
        }
        let total = meter.bitrate(spatial: 2, temporal: 2, lowerSpatialLayers: true, at: instant)
        let sum = (0..<3).map { meter.bitrate(spatial: $0, temporal: 2, at: instant) }.reduce(0, +)
        check(abs(total - sum) < 10)
        check(meter.hasArrived(spatial: 2, temporal: 2, at: instant))
        check(!meter.hasArrived(spatial: 2, temporal: 3, at: instant))
        check(!meter.hasArrived(spatial: 3, temporal: 0, at: instant))
    }

    @Test func silenceIsToldFastAndSurely() {
        // Frame interval, and the least and the most time after which the layer counts as silent.
        for (interval, least, most) in [
            (20, 300, 300), (33, 300, 320), (100, 390, 460), (200, 780, 820), (1000, 1500, 1500),
        ] {
            var meter = LayerMeter()
            let interval = MediaDuration.milliseconds(Int64(interval))
            let end = feed(&meter, from: Self.start, count: 60, every: interval) - interval
            check(meter.lastFrame(spatial: 0) == end && meter.lastPacket(spatial: 0) == end)
            check(meter.isActive(spatial: 0, at: end + .milliseconds(Int64(least) - 1)), "\(interval)")
            check(!meter.isActive(spatial: 0, at: end + .milliseconds(Int64(most))), "\(interval)")
            check(!meter.isActive(spatial: 1, at: end))
        }
    }

    /// Frames that the network bunches together, and frames that the encoder skips, are no silence.
    @Test func jitterIsNoSilence() {
        var random = MediaRandom.seeded(5)
        for milliseconds in [33, 66, 125, 250, 333] {
            var meter = LayerMeter()
            var (sent, arrival) = (Self.start, Self.start)
            var falseAlarms = 0
            for frame in 0..<600 {
                // One in eight is skipped; jitter of up to 80 ms, in order.
                let frames = UInt64.random(in: 0..<8, using: &random) == 0 ? 2 : 1
                sent = sent + .milliseconds(Int64(frames * milliseconds))
                let next = max(arrival, sent + .milliseconds(Int64.random(in: 0..<80, using: &random)))
                if frame > 4, !meter.isActive(spatial: 0, at: next - MediaDuration(nanoseconds: 1)) { falseAlarms += 1 }
                arrival = next
                meter.note(spatial: 0, temporal: 0, payloadByteCount: 1000, isFrameStart: true, at: arrival)
            }
            check(falseAlarms == 0, "\(milliseconds) ms")
        }
    }

    @Test func nothingThatArrivesHarmsIt() {
        var meter = LayerMeter()
        var random = MediaRandom.seeded(11)
        for _ in 0..<20_000 {
            let nanoseconds = Int64.random(in: -4_000_000_000...4_000_000_000, using: &random)
            let instant = MediaInstant(nanoseconds: nanoseconds)
            meter.note(
                spatial: Int.random(in: -3...40, using: &random), temporal: Int.random(in: -3...40, using: &random),
                payloadByteCount: Int.random(in: 0...1500, using: &random), isFrameStart: random.next() & 1 == 0,
                at: instant)
            let other = MediaInstant(nanoseconds: Int64.random(in: -4_000_000_000...9_000_000_000, using: &random))
            check(meter.bitrate(spatial: 3, temporal: 3, lowerSpatialLayers: true, at: other) >= 0)
            check(meter.frameInterval(spatial: 3) >= .zero)
        }
        // Reads at the ends of time.
        for nanoseconds in [Int64.min, -1, 0, Int64.max] {
            _ = meter.frameRate(spatial: 0, temporal: 0, at: MediaInstant(nanoseconds: nanoseconds))
            _ = meter.isActive(spatial: 0, at: MediaInstant(nanoseconds: nanoseconds))
        }
        let late = feed(&meter, from: MediaInstant(nanoseconds: 20_000_000_000), count: 60, every: .milliseconds(33))
        check(abs(meter.frameRate(spatial: 0, temporal: 0, at: late) - 30.3) < 2)
        check(meter.isActive(spatial: 0, at: late))
    }
}
