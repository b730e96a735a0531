/// What each layer of one stream takes of a watcher's link, smoothed: a keyframe or a cut is no reason to change layers.
struct LayerCosts: ~Copyable {
    /// What a packet takes besides its payload: IPv4 and UDP, RTP with the extensions that most carry, and the SRTP tag.
    static let overheadByteCount = 28 + 28 + 16
    /// Over what time it is smoothed.
    private static let time = MediaDuration.seconds(2)
    /// A layer that has come for no longer than this is taken for what it took at most.
    private static let infancy = MediaDuration.seconds(1)

    private let bitrates: UnsafeMutableBufferPointer<Double>
    private var updated: MediaInstant?

    init() {
        bitrates = .allocate(capacity: LayerMeter.layers * LayerMeter.layers)
        bitrates.initialize(repeating: 0)
    }

    deinit { bitrates.deallocate() }

    /// In bit/s on the wire, the layers it builds on included; 0 while nothing is known.
    func bitrate(spatial: Int, temporal: Int) -> Int64 {
        Int64(bitrates[(spatial & 3) * LayerMeter.layers + temporal & 3])
    }

    /// Takes what arrives at present. What does not arrive stays as it was.
    mutating func update(by meter: borrowing LayerMeter, at instant: MediaInstant) {
        let elapsed = max(instant - (updated ?? instant), .zero)
        updated = instant
        let part = elapsed.inSeconds / (elapsed + Self.time).inSeconds
        for spatial in 0..<LayerMeter.layers where meter.isActive(spatial: spatial, at: instant) {
            let isYoung = meter.age(spatial: spatial, at: instant) < Self.infancy
            for temporal in 0..<LayerMeter.layers {
                let index = spatial * LayerMeter.layers + temporal
                let now = meter.linkBitrate(
                    spatial: spatial, temporal: temporal, overheadByteCount: Self.overheadByteCount, at: instant)
                let change = now - bitrates[index]
                bitrates[index] += isYoung || bitrates[index] == 0 ? max(change, 0) : change * part
            }
        }
    }
}
