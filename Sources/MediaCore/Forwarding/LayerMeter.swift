/// How much arrives of each layer of one stream, how often, and whether it still does.
///
/// Bytes and frames are counted in slices of time; a figure is about the slices of the last second. Arrivals alone count:
/// packets that come late or out of order count when they come.
struct LayerMeter: ~Copyable {
    /// The spatial and the temporal layers that are told apart; what lies above counts as the highest.
    static let layers = 4
    private static let cells = layers * layers
    /// Eight slices of 134 ms: what is silent has no rate after 1.07 s.
    private static let slices = 8
    private static let sliceShift: Int64 = 27
    /// A layer that has just begun is measured over no less than this, or its keyframe would look like its rate.
    private static let shortestWindow = MediaDuration.milliseconds(500)
    /// How long a layer may pause before it counts as silent: four of its frame intervals within these bounds.
    private static let patience: ClosedRange<MediaDuration> = .milliseconds(300)...(.milliseconds(1500))

    private struct Cell {
        var bytes: UInt32 = 0
        var packets: UInt16 = 0
        var frames: UInt16 = 0
        /// Of all these, what keyframes took.
        var keyframeBytes: UInt32 = 0
        var keyframePackets: UInt16 = 0
    }

    /// What is known of a spatial layer as a whole.
    private struct Pace {
        var lastPacket: MediaInstant?
        var lastFrame: MediaInstant?
        /// Since when it has been arriving without falling silent.
        var since = MediaInstant(nanoseconds: 0)
        /// What the keyframes took that nobody had asked for, since it began.
        var keyframes = (bytes: UInt64(0), packets: UInt64(0))
        /// Before there are two frames: eight a second.
        var frameInterval = MediaDuration.milliseconds(125)
    }

    private let counts: UnsafeMutableBufferPointer<Cell>
    private let paces: UnsafeMutableBufferPointer<Pace>
    /// The slice that is being counted in, numbered from the clock's epoch; nil before the first packet.
    private var slice: Int64?

    init() {
        counts = .allocate(capacity: Self.slices * Self.cells)
        counts.initialize(repeating: Cell())
        paces = .allocate(capacity: Self.layers)
        paces.initialize(repeating: Pace())
    }

    deinit {
        counts.deallocate()
        paces.deallocate()
    }

    private static func slice(at instant: MediaInstant) -> Int64 { instant.nanoseconds >> sliceShift }

    private static func clamped(_ layer: Int) -> Int { min(max(layer, 0), layers - 1) }

    /// Where the counts of a slice begin.
    private static func base(of slice: Int64) -> Int { Int(slice & Int64(slices - 1)) * cells }

    /// Counts a packet that has arrived; `isFrameStart` for the first one of its layer's frame.
    mutating func note(
        spatial: Int, temporal: Int, payloadByteCount: Int, isFrameStart: Bool, isKeyframe: Bool = false,
        isAskedFor: Bool = false, at instant: MediaInstant
    ) {
        let spatial = Self.clamped(spatial)
        enter(Self.slice(at: instant))
        let cell = Self.base(of: slice ?? 0) + spatial * Self.layers + Self.clamped(temporal)
        counts[cell].bytes &+= UInt32(truncatingIfNeeded: payloadByteCount)
        counts[cell].packets &+= 1
        if isFrameStart { counts[cell].frames &+= 1 }
        if isKeyframe {
            counts[cell].keyframeBytes &+= UInt32(truncatingIfNeeded: payloadByteCount)
            counts[cell].keyframePackets &+= 1
            if !isAskedFor {
                paces[spatial].keyframes.bytes &+= UInt64(max(payloadByteCount, 0))
                paces[spatial].keyframes.packets &+= 1
            }
        }

        if !isActive(spatial: spatial, at: instant) { paces[spatial].since = instant }
        paces[spatial].lastPacket = max(paces[spatial].lastPacket ?? instant, instant)
        if isFrameStart { noteFrame(spatial, at: instant) }
    }

    private mutating func noteFrame(_ spatial: Int, at instant: MediaInstant) {
        defer { paces[spatial].lastFrame = max(paces[spatial].lastFrame ?? instant, instant) }
        // Longer ones are pauses.
        guard let last = paces[spatial].lastFrame, last <= instant, instant - last <= Self.patience.upperBound
        else { return }
        // Slow to believe in short intervals: frames come in bursts, and to be taken for silent costs a switch.
        let change = (instant - last) - paces[spatial].frameInterval
        paces[spatial].frameInterval.nanoseconds += change.nanoseconds / (change > .zero ? 2 : 8)
    }

    /// Goes on to a slice: those that were skipped hold nothing. A clock that goes back is not followed.
    private mutating func enter(_ next: Int64) {
        guard let current = slice else {
            slice = next
            return
        }
        guard next > current else { return }
        for skipped in max(current + 1, next - Int64(Self.slices - 1))...next {
            let base = Self.base(of: skipped)
            for cell in base..<base + Self.cells { counts[cell] = Cell() }
        }
        slice = next
    }

    // MARK: Rates

    /// Payload bits per second of a spatial layer up to a temporal layer, over the last second.
    ///
    /// - Parameter lowerSpatialLayers: whether the spatial layers below count too, as they do for whoever receives
    ///   layers that build on each other.
    func bitrate(spatial: Int, temporal: Int, lowerSpatialLayers: Bool = false, at instant: MediaInstant) -> Int {
        let spatial = Self.clamped(spatial)
        let sum = sum((lowerSpatialLayers ? 0 : spatial)...spatial, 0...Self.clamped(temporal), at: instant)
        return Int(Double(sum.bytes) * 8 / window(spatial, at: instant).inSeconds)
    }

    /// What a spatial layer up to a temporal layer and those below it take of a link without their keyframes, in bit/s over
    /// the last second.
    ///
    /// - Parameter overheadByteCount: what each packet takes besides its payload.
    func linkBitrate(spatial: Int, temporal: Int, overheadByteCount: Int, at instant: MediaInstant) -> Double {
        let spatial = Self.clamped(spatial)
        let sum = sum(0...spatial, 0...Self.clamped(temporal), at: instant)
        // In a flood the counts of a slice begin anew, each at another time.
        let bytes = sum.bytes - min(sum.keyframeBytes, sum.bytes)
        let packets = sum.packets - min(sum.keyframePackets, sum.packets)
        return Double(bytes &+ packets &* UInt64(overheadByteCount)) * 8 / window(spatial, at: instant).inSeconds
    }

    /// The bytes that those keyframes of a spatial layer took since it began that nobody had asked for.
    ///
    /// - Parameter overheadByteCount: what each packet takes besides its payload.
    func keyframeByteCount(spatial: Int, overheadByteCount: Int) -> UInt64 {
        let keyframes = paces[Self.clamped(spatial)].keyframes
        return keyframes.bytes &+ keyframes.packets &* UInt64(overheadByteCount)
    }

    /// For how long a spatial layer has been arriving without falling silent.
    func age(spatial: Int, at instant: MediaInstant) -> MediaDuration { instant - paces[Self.clamped(spatial)].since }

    /// Frames per second of a spatial layer up to a temporal layer, over the last second.
    func frameRate(spatial: Int, temporal: Int, at instant: MediaInstant) -> Double {
        let spatial = Self.clamped(spatial)
        let sum = sum(spatial...spatial, 0...Self.clamped(temporal), at: instant)
        return Double(sum.frames) / window(spatial, at: instant).inSeconds
    }

    /// Whether anything of exactly this layer has come in the last second.
    func hasArrived(spatial: Int, temporal: Int, at instant: MediaInstant) -> Bool {
        let (spatial, temporal) = (Self.clamped(spatial), Self.clamped(temporal))
        return sum(spatial...spatial, temporal...temporal, at: instant).bytes > 0
    }

    private struct Sum {
        var bytes: UInt64 = 0
        var packets: UInt64 = 0
        var frames: UInt64 = 0
        var keyframeBytes: UInt64 = 0
        var keyframePackets: UInt64 = 0
    }

    private func sum(
        _ spatial: ClosedRange<Int>, _ temporal: ClosedRange<Int>, at instant: MediaInstant
    ) -> Sum {
        var sum = Sum()
        guard let newest = slice else { return sum }
        let oldest = max(Self.slice(at: instant), newest) - Int64(Self.slices - 1)
        guard oldest <= newest else { return sum }
        for slice in oldest...newest {
            let base = Self.base(of: slice)
            for layer in spatial {
                let row = base + layer * Self.layers
                for layer in temporal {
                    let cell = counts[row + layer]
                    sum.bytes += UInt64(cell.bytes)
                    sum.packets += UInt64(cell.packets)
                    sum.frames += UInt64(cell.frames)
                    sum.keyframeBytes += UInt64(cell.keyframeBytes)
                    sum.keyframePackets += UInt64(cell.keyframePackets)
                }
            }
        }
        return sum
    }

    /// The time that the slices' counts of a layer stand for.
    private func window(_ spatial: Int, at instant: MediaInstant) -> MediaDuration {
        let oldest = max(Self.slice(at: instant), slice ?? 0) - Int64(Self.slices - 1)
        let start = MediaInstant(nanoseconds: oldest << Self.sliceShift)
        return max(instant - max(start, paces[spatial].since), Self.shortestWindow)
    }

    // MARK: Liveness

    /// Whether a spatial layer arrives at present: it has not been silent for four frame intervals, which count as 300
    /// to 1500 ms.
    func isActive(spatial: Int, at instant: MediaInstant) -> Bool {
        silence(spatial: spatial).map { instant < $0 } ?? false
    }

    /// When a spatial layer counts as silent, unless something comes of it before; nil when nothing ever came.
    func silence(spatial: Int) -> MediaInstant? {
        let pace = paces[Self.clamped(spatial)]
        return pace.lastPacket.map {
            $0 + min(max(pace.frameInterval * 4, Self.patience.lowerBound), Self.patience.upperBound)
        }
    }

    /// When the last packet of a spatial layer came; nil when none ever did.
    func lastPacket(spatial: Int) -> MediaInstant? { paces[Self.clamped(spatial)].lastPacket }

    /// When the last frame of a spatial layer began to arrive; nil when none ever did.
    func lastFrame(spatial: Int) -> MediaInstant? { paces[Self.clamped(spatial)].lastFrame }

    /// The usual time between two frames of a spatial layer, of whichever temporal layers: rather too long than too short.
    func frameInterval(spatial: Int) -> MediaDuration { paces[Self.clamped(spatial)].frameInterval }
}
