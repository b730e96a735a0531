/// What each layer of one stream takes of a watcher's link.
struct LayerCosts: ~Copyable {
    /// What a packet takes besides its payload: IPv4 and UDP, RTP with the extensions that most carry, and the SRTP tag.
    static let overheadByteCount = 28 + 28 + 16
    /// Over what time they are smoothed: what it takes at present, and its peaks, which are forgotten slowly.
    private static let times = (present: MediaDuration.milliseconds(300), peaks: MediaDuration.seconds(5))
    /// Keyframes that come by themselves count over so much time. Those that were asked for do not count: they are no reason
    /// for layers to change, and are asked for when layers change.
    private static let keyframeTime = MediaDuration.seconds(10)
    /// A layer that has come for no longer than this is taken for what it took at most.
    private static let infancy = MediaDuration.seconds(1)
    private static let cells = LayerMeter.layers * LayerMeter.layers

    /// First what each takes at present, then its peaks.
    private let bitrates: UnsafeMutableBufferPointer<Double>
    private var updated: MediaInstant?
    /// What keyframes take of each spatial layer alone, in bit/s, and the bytes that were counted.
    private var keyframes = InlineArray<4, (bitrate: Double, byteCount: UInt64)>(repeating: (0, 0))

    init() {
        bitrates = .allocate(capacity: 2 * Self.cells)
        bitrates.initialize(repeating: 0)
    }

    deinit { bitrates.deallocate() }

    /// In bit/s on the wire, the layers it builds on included: at present, and the most that it took of late. 0 while nothing
    /// is known.
    func bitrate(spatial: Int, temporal: Int) -> (present: Int64, peak: Int64) {
        let index = (spatial & 3) * LayerMeter.layers + temporal & 3
        return (Int64(bitrates[index]), Int64(bitrates[Self.cells + index]))
    }

    /// Takes what arrives at present. What does not arrive stays as it was.
    mutating func update(by meter: borrowing LayerMeter, at instant: MediaInstant) {
        let elapsed = max(instant - (updated ?? instant), .zero)
        updated = instant
        var keyframeBitrate = 0.0
        for spatial in 0..<LayerMeter.layers where meter.isActive(spatial: spatial, at: instant) {
            keyframeBitrate += updateKeyframes(spatial, by: meter, elapsed)
            let isYoung = meter.age(spatial: spatial, at: instant) < Self.infancy
            for temporal in 0..<LayerMeter.layers {
                let index = spatial * LayerMeter.layers + temporal
                let pictures = meter.linkBitrate(
                    spatial: spatial, temporal: temporal, overheadByteCount: Self.overheadByteCount, at: instant)
                let now = pictures + keyframeBitrate
                let change = now - bitrates[index]
                bitrates[index] +=
                    isYoung || bitrates[index] == 0 ? max(change, 0) : change * Self.part(elapsed, Self.times.present)
                let fall = bitrates[Self.cells + index] - bitrates[index]
                bitrates[Self.cells + index] -= fall < 0 ? fall : fall * Self.part(elapsed, Self.times.peaks)
            }
        }
    }

    private mutating func updateKeyframes(
        _ spatial: Int, by meter: borrowing LayerMeter, _ elapsed: MediaDuration
    ) -> Double {
        let byteCount = meter.keyframeByteCount(spatial: spatial, overheadByteCount: Self.overheadByteCount)
        let new = Double(byteCount &- keyframes[spatial].byteCount) * 8 / Self.keyframeTime.inSeconds
        let rest = keyframes[spatial].bitrate * (1 - Self.part(elapsed, Self.keyframeTime))
        keyframes[spatial] = (rest + new, byteCount)
        return rest + new
    }

    private static func part(_ elapsed: MediaDuration, _ time: MediaDuration) -> Double {
        elapsed.inSeconds / (elapsed + time).inSeconds
    }
}
