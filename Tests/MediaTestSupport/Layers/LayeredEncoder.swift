public import MediaCore

/// One encoding of a simulated camera: frames whose packets look like a real encoder's from outside and are random
/// bytes inside, and a record of what each of them is.
///
/// Numbers start near their wraps.
public struct LayeredEncoder {
    /// How it encodes.
    public let mode: LayeredMode
    /// Which encoding of its producer it is, from 0, the smallest first.
    public let encoding: Int
    /// Every frame made.
    public private(set) var frames: [LayeredFrame] = []
    /// Every packet made.
    public internal(set) var packets: [LayeredPacket] = []
    /// Spatial layers that are encoded at present; the upper ones may be switched off.
    public var activeSpatialLayers: Int
    /// The RTP timestamp at the epoch.
    public let timestampOffset: UInt32

    let pattern: LayerPattern
    var random: MediaRandom
    var structure: TemplateStructure
    private var tracker: TemplateStructure.Tracker
    private let firstIndex: UInt64
    private let firstFrameNumber: Int
    private let firstPictureID: Int
    /// VP8 and VP9: whether picture ids have 15 bits, else 7.
    let hasLongPictureIDs: Bool
    var levelZeroIndex: UInt8
    private var picture = -1
    private var sinceKeyframe = -1
    /// Frame numbers by place since the last keyframe.
    private var numbers: [LayerPattern.Place: Int] = [:]

    /// Creates an encoder whose numbers follow from the seed.
    public init(_ mode: LayeredMode, encoding: Int, seed: UInt64) {
        self.mode = mode
        self.encoding = encoding
        random = .seeded(seed &* 31 &+ UInt64(encoding))
        pattern = LayerPattern(mode)
        activeSpatialLayers = mode.spatialLayers
        timestampOffset = UInt32.random(in: 0xFFF0_0000...0xFFFF_FFFF, using: &random)
        // Half of the streams start where everything is about to wrap.
        let wraps = Bool.random(using: &random)
        firstIndex = UInt64(wraps ? 65_536 - Int.random(in: 1...300, using: &random) : 100)
        firstFrameNumber = wraps ? 65_536 - Int.random(in: 1...60, using: &random) : 0
        // One camera's encoders agree on that.
        hasLongPictureIDs = mode.payload == .vp9 || seed % 4 > 0
        firstPictureID = wraps ? (hasLongPictureIDs ? 32_768 : 128) - Int.random(in: 1...40, using: &random) : 7
        levelZeroIndex = UInt8.random(in: 0...255, using: &random)
        structure = TemplateStructure(
            pattern, size: Self.size(encoding, of: mode), offset: Int.random(in: 0..<64, using: &random))
        tracker = structure.tracker
    }

    private static func size(_ encoding: Int, of mode: LayeredMode) -> (width: Int, height: Int) {
        let shift = mode.encodings - 1 - encoding
        return (1280 >> shift, 720 >> shift)
    }

    /// The size of its largest pictures.
    public var size: (width: Int, height: Int) { Self.size(encoding, of: mode) }

    /// The picture id of a picture, without wraps.
    func pictureID(_ picture: Int) -> Int { firstPictureID + picture }

    /// The dependency descriptor's number of a frame, without wraps.
    public func frameNumber(_ frame: Int) -> Int { firstFrameNumber + frame }

    /// The RTP timestamp of what is captured at an instant.
    public func timestamp(at instant: MediaInstant) -> UInt32 {
        UInt32(truncatingIfNeeded: instant.nanoseconds / 1000 * 9 / 100) &+ timestampOffset
    }

    /// Encodes a picture; returns its packets by their places in `packets`.
    public mutating func encode(at instant: MediaInstant, isKeyframe: Bool) -> Range<Int> {
        let start = packets.count
        picture += 1
        let isKeyframe = isKeyframe || sinceKeyframe < 0
        sinceKeyframe = isKeyframe ? 0 : sinceKeyframe + 1
        if isKeyframe {
            numbers.removeAll(keepingCapacity: true)
            // Now and then the templates get other numbers.
            if Int.random(in: 0..<3, using: &random) == 0 { structure.offset = (structure.offset + 20) % 64 }
        }
        let temporal = pattern.temporalLayer(sinceKeyframe)
        if temporal == 0 { levelZeroIndex &+= 1 }
        for spatial in 0..<activeSpatialLayers {
            let place = LayerPattern.Place(picture: sinceKeyframe, spatial: spatial)
            let references = pattern.references(place)
            let number = frames.count
            var frame = LayeredFrame(
                number: number, picture: picture, spatial: spatial, temporal: temporal, isKeyframe: isKeyframe,
                references: references.compactMap { numbers[$0] }, packets: 0..<0, instant: instant,
                isLastOfPicture: spatial == activeSpatialLayers - 1, activeSpatialLayers: activeSpatialLayers,
                pattern: sinceKeyframe)
            numbers[place] = number
            if mode.hasDependencyDescriptor {
                frame.dependencies = tracker.next(place, references: references, of: activeSpatialLayers)
                frame.templateOffset = structure.offset
            }
            let first = packets.count
            packetize(frame, count: packetCount(frame))
            frame.packets = first..<packets.count
            frames.append(frame)
        }
        return start..<packets.count
    }

    private mutating func packetCount(_ frame: LayeredFrame) -> Int {
        let largest = mode.encodings > 1 ? 1 + encoding : 1 + frame.spatial
        // Parameter sets have a packet of their own.
        let least = frame.isKeyframe && (mode.payload == .h264 || mode.payload == .h265) ? 2 : 1
        return Int.random(in: least...max(largest, 2), using: &random)
    }

    private mutating func packetize(_ frame: LayeredFrame, count: Int) {
        for position in 0..<count {
            let isLast = position == count - 1
            var payload: [UInt8] = []
            var rewritable = 0..<0
            if !mode.isOpaque {
                switch mode.payload {
                case .vp8: rewritable = appendVP8(frame, position, to: &payload)
                case .vp9: rewritable = appendVP9(frame, position, isLast: isLast, to: &payload)
                case .h264: appendH264(frame, position, count: count, to: &payload)
                case .h265: appendH265(frame, position, count: count, to: &payload)
                case .av1: appendAV1(frame, position, isLast: isLast, to: &payload)
                }
            }
            for _ in 0..<Int.random(in: 3...8, using: &random) {
                withUnsafeBytes(of: random.next()) { payload += $0 }
            }
            close(&payload)
            var descriptor: [UInt8] = []
            if mode.hasDependencyDescriptor {
                let hasStructure = frame.isKeyframe && frame.spatial == 0 && position == 0
                let isReduced = activeSpatialLayers < mode.spatialLayers
                descriptor = structure.descriptor(
                    of: frame, number: frameNumber(frame.number), isFirst: position == 0, isLast: isLast,
                    hasStructure: hasStructure,
                    activeTargets: isReduced && position == 0
                        ? 1 << (activeSpatialLayers * mode.temporalLayers) - 1 : nil)
            }
            packets.append(
                LayeredPacket(
                    index: firstIndex + UInt64(packets.count), frame: frame.number, position: position,
                    marker: isLast && frame.isLastOfPicture, payload: payload, descriptor: descriptor,
                    rewritable: rewritable, arrival: nil))
        }
    }

    /// The length fields that reach to the end of the payload.
    private func close(_ payload: inout [UInt8]) {
        guard let offset = pendingLength(payload) else { return }
        let count = payload.count - offset - 2
        payload[offset] = UInt8(count >> 8)
        payload[offset + 1] = UInt8(count & 255)
    }

    private func pendingLength(_ payload: [UInt8]) -> Int? {
        guard !mode.isOpaque else { return nil }
        switch mode.payload {
        case .h264: return payload[0] & 31 == 24 ? Self.h264ParameterSetLength : nil
        case .h265: return payload[0] >> 1 & 63 == 48 ? Self.h265ParameterSetLength : nil
        default: return nil
        }
    }

    /// What tells a packet from all others: its last bytes.
    public static func key(of payload: some RandomAccessCollection<UInt8>) -> UInt64? {
        guard payload.count >= 8 else { return nil }
        return payload.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
