import MediaCore

@testable import MediaTestSupport

/// Forwards layers without an engine and without a network, and errs where it is told to: what the strict receiver is
/// itself tested with.
struct PerfectForwarder {
    /// What it does wrong, once, in the middle.
    enum Fault: CaseIterable {
        case none
        /// Leaves out a packet and closes the gap.
        case skipsPacket
        /// Leaves out a picture that others refer to, and closes the gap.
        case skipsPicture
        /// Leaves a number out.
        case leavesHole
        /// Two packets change places.
        case reorders
        /// Time stands still for a picture.
        case repeatsTime
        /// Time runs back.
        case turnsTimeBack
        /// A picture id that skips one.
        case skipsPictureID
        /// TL0PICIDX that skips one.
        case skipsLevelZero
        /// No marker at a picture's end.
        case dropsMarker
        /// A marker amid a picture.
        case addsMarker
        /// One byte of the payload.
        case altersPayload
        /// Goes up to another layer without waiting for a switching point.
        case switchesEarly
        /// A descriptor's frame number that skips one.
        case skipsFrameNumber
        /// Says that more targets are active than are sent.
        case liesAboutTargets
    }

    struct Target: Equatable {
        var encoding: Int
        var spatial: Int
        var temporal: Int
    }

    let mode: LayeredMode
    var encoders: [LayeredEncoder]
    private(set) var departures: [LayeredDeparture] = []
    /// Whether there was an occasion for the fault.
    private(set) var hasErred = false
    private let fault: Fault
    private var random: MediaRandom
    private var index: UInt64 = 1000
    private var target: Target
    private var wanted: Target
    private var timestampOffset: UInt32 = 0
    private var lastTimestamp: UInt32 = 0
    private var lastCaptured: MediaInstant?
    private var pictureOffset = 0
    private var lastPicture = 0
    private var lastSourcePicture = -1
    private var levelZeroOffset: UInt8 = 0
    private var lastLevelZero: UInt8 = 0
    private var frameNumberOffset = 0
    private var lastFrameNumber = 0
    private var lastMask: Int?
    private var pictures = 0

    init(_ mode: LayeredMode, seed: UInt64, fault: Fault) {
        self.mode = mode
        self.fault = fault
        random = .seeded(seed)
        encoders = (0..<mode.encodings).map { LayeredEncoder(mode, encoding: $0, seed: seed) }
        target = Target(encoding: 0, spatial: mode.spatialLayers - 1, temporal: mode.temporalLayers - 1)
        wanted = target
    }

    /// Forwards so many pictures; the fault is made at the first occasion after half of them.
    mutating func run(pictures count: Int) {
        for picture in 0..<count {
            let instant = MediaInstant(nanoseconds: 1_000_000_000 + Int64(picture) * 33_333_000)
            let isKeyframe = picture % 16 == 0
            let ranges = encoders.indices.map { encoders[$0].encode(at: instant, isKeyframe: isKeyframe) }
            for encoding in encoders.indices {
                for packet in ranges[encoding] { encoders[encoding].packets[packet].arrival = instant }
            }
            if Int.random(in: 0..<6, using: &random) == 0 { wish() }
            change(isKeyframe)
            pictures = picture
            forward(ranges[target.encoding], at: instant, mayErr: !hasErred && picture > count / 2)
        }
    }

    private mutating func wish() {
        wanted = Target(
            encoding: Int.random(in: 0..<mode.encodings, using: &random),
            spatial: Int.random(in: 0..<mode.spatialLayers, using: &random),
            temporal: mode.tellsTemporalLayers
                ? Int.random(in: 0..<mode.temporalLayers, using: &random) : mode.temporalLayers - 1)
    }

    /// Up at keyframes only; down at any picture where the codec allows.
    private mutating func change(_ isKeyframe: Bool) {
        if fault == .switchesEarly, !hasErred, pictures > 40, !isKeyframe, let other = higher {
            hasErred = true
            (target, wanted) = (other, other)
        } else if isKeyframe {
            target = wanted
        } else if wanted.encoding == target.encoding {
            target.temporal = min(target.temporal, wanted.temporal)
            if !mode.predictsLayersInKeyframesOnly { target.spatial = min(target.spatial, wanted.spatial) }
        }
    }

    /// Layers that can't be gone up to amid a group of pictures.
    private var higher: Target? {
        var other = target
        if mode.encodings > 1 {
            other.encoding = (target.encoding + 1) % mode.encodings
            return other
        }
        guard target.spatial < mode.spatialLayers - 1 else { return nil }
        other.spatial += 1
        return other
    }

    private mutating func forward(_ range: Range<Int>, at instant: MediaInstant, mayErr: Bool) {
        let encoder = encoders[target.encoding]
        let wantedPackets = range.filter {
            let frame = encoder.frames[encoder.packets[$0].frame]
            return encoder.pattern.isPresent(
                LayerPattern.Place(picture: frame.pattern, spatial: frame.spatial), spatial: target.spatial,
                temporal: target.temporal)
        }
        guard let first = wantedPackets.first else { return }
        let frame = encoder.frames[encoder.packets[first].frame]
        synchronize(encoder, frame, wantedPackets, at: instant)
        var made = wantedPackets.map { departure($0, encoder, isLast: $0 == wantedPackets.last, at: instant) }
        if mayErr { err(&made, frame) }
        lastTimestamp = made.last?.timestamp ?? lastTimestamp
        departures += made
    }

    /// Makes numbers go on where the encoding changes, and picture ids where pictures were left out.
    private mutating func synchronize(
        _ encoder: LayeredEncoder, _ frame: LayeredFrame, _ packets: [Int], at instant: MediaInstant
    ) {
        let source = encoder.timestamp(at: frame.instant)
        if let lastCaptured {
            let step = UInt32(truncatingIfNeeded: (instant - lastCaptured).nanoseconds / 1000 * 9 / 100)
            let offset = lastTimestamp &+ step &- source
            // Rounding aside, only a change of encoding moves it.
            if abs(Int32(bitPattern: offset &- timestampOffset)) > 2 { timestampOffset = offset }
        }
        let isChange = lastEncoding != target.encoding
        if isChange {
            frameNumberOffset = lastFrameNumber + 1 - encoder.frameNumber(frame.number)
            levelZeroOffset = lastLevelZero &+ 1 &- levelZero(encoder.packets[packets[0]].payload)
            if mode.payload == .vp9 { pictureOffset = lastPicture + 1 - encoder.pictureID(frame.picture) }
        }
        if mode.payload == .vp8 { pictureOffset = lastPicture + 1 - encoder.pictureID(frame.picture) }
        lastEncoding = target.encoding
        lastPicture = encoder.pictureID(frame.picture) + pictureOffset
        lastCaptured = instant
    }

    private var lastEncoding: Int?

    private func levelZeroPlace(_ payload: [UInt8]) -> Int? {
        guard !mode.isOpaque, mode.temporalLayers > 1 || mode.spatialLayers > 1 else { return nil }
        switch mode.payload {
        case .vp8 where mode.isDescribed: return payload[2] & 0x80 != 0 ? 4 : 3
        case .vp9 where !mode.isFlexible: return 4
        default: return nil
        }
    }

    private func levelZero(_ payload: [UInt8]) -> UInt8 { levelZeroPlace(payload).map { payload[$0] } ?? 0 }

    private mutating func departure(
        _ packet: Int, _ encoder: LayeredEncoder, isLast: Bool, at instant: MediaInstant
    ) -> LayeredDeparture {
        let content = encoder.packets[packet]
        let frame = encoder.frames[content.frame]
        var payload = content.payload
        if !content.rewritable.isEmpty {
            let place = mode.payload == .vp8 ? 2 : 1
            let identifier = encoder.pictureID(frame.picture) + pictureOffset
            if payload[place] & 0x80 != 0 {
                payload[place] = 0x80 | UInt8(identifier >> 8 & 0x7F)
                payload[place + 1] = UInt8(identifier & 255)
            } else {
                payload[place] = UInt8(identifier & 0x7F)
            }
            if let place = levelZeroPlace(payload) {
                payload[place] &+= levelZeroOffset
                lastLevelZero = payload[place]
            }
        }
        defer { index += 1 }
        return LayeredDeparture(
            index: index, instant: instant, timestamp: encoder.timestamp(at: frame.instant) &+ timestampOffset,
            marker: isLast, payload: payload, descriptor: descriptor(content, frame, encoder))
    }

    private mutating func descriptor(
        _ content: LayeredPacket, _ frame: LayeredFrame, _ encoder: LayeredEncoder
    ) -> [UInt8] {
        guard mode.hasDependencyDescriptor else { return [] }
        let isFirst = content.position == 0
        let hasStructure = frame.isKeyframe && frame.spatial == 0 && isFirst
        var mask = 0
        for spatial in 0...target.spatial {
            guard spatial == target.spatial || !mode.predictsLayersInKeyframesOnly else { continue }
            for temporal in 0...target.temporal { mask |= 1 << (spatial * mode.temporalLayers + temporal) }
        }
        let isNews = hasStructure || mask != lastMask
        if isFirst { lastMask = mask }
        var structure = encoder.structure
        structure.offset = frame.templateOffset
        lastFrameNumber = encoder.frameNumber(frame.number) + frameNumberOffset
        return structure.descriptor(
            of: frame, number: lastFrameNumber, isFirst: isFirst, isLast: content.position == frame.packets.count - 1,
            hasStructure: hasStructure, activeTargets: isFirst && isNews ? mask : nil)
    }

    // MARK: Faults

    private mutating func err(_ made: inout [LayeredDeparture], _ frame: LayeredFrame) {
        let isReferred = frame.temporal == 0 && pictures % 16 != 15 && pictures % 16 < 12
        switch fault {
        case .none, .switchesEarly: return
        case .skipsPacket:
            made.removeLast()
            index -= 1
        case .skipsPicture:
            guard isReferred, !frame.isKeyframe else { return }
            index -= UInt64(made.count)
            made = []
        case .leavesHole:
            for place in made.indices { made[place].index += 1 }
            index += 1
        case .reorders:
            guard made.count > 1 else { return }
            (made[0].index, made[1].index) = (made[1].index, made[0].index)
        case .repeatsTime:
            for place in made.indices { made[place].timestamp = lastTimestamp }
        case .turnsTimeBack:
            for place in made.indices { made[place].timestamp = lastTimestamp &- 3000 }
        case .skipsPictureID, .skipsLevelZero, .altersPayload:
            guard alter(&made) else { return }
        case .dropsMarker:
            made[made.count - 1].marker = false
        case .addsMarker:
            guard made.count > 1 else { return }
            made[0].marker = true
        case .skipsFrameNumber:
            guard mode.hasDependencyDescriptor else { return }
            for place in made.indices { made[place].descriptor[2] &+= 100 }
        case .liesAboutTargets:
            // Its top layers are about to be left out, and nothing says so.
            guard mode.hasDependencyDescriptor, mode.temporalLayers > 1, target.temporal > 0, frame.temporal == 0,
                !frame.isKeyframe
            else { return }
            target.temporal = 0
            wanted = target
            lastMask = 1
            if mode.spatialLayers > 1 { return }
        }
        hasErred = true
    }

    private func alter(_ made: inout [LayeredDeparture]) -> Bool {
        for place in made.indices {
            let payload = made[place].payload
            switch fault {
            case .skipsPictureID:
                guard !mode.isOpaque, mode.isDescribed, !mode.hasDependencyDescriptor else { return false }
                switch mode.payload {
                case .vp8: made[place].payload[payload[2] & 0x80 != 0 ? 3 : 2] ^= 0x20
                case .vp9: made[place].payload[2] &+= 1
                default: return false
                }
            case .skipsLevelZero:
                guard let place = levelZeroPlace(payload) else { return false }
                made[0].payload[place] &+= 3
            default:
                made[place].payload[payload.count - 9] ^= 1
            }
        }
        return true
    }
}
