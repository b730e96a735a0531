/// One received RTP stream: its packets, what it lacks, and how it relates to time.
struct InboundStream: ~Copyable {
    let transport: SlotID
    let producer: SlotID
    let ssrc: UInt32
    /// The simulcast encoding it carries; nil without simulcast.
    let rid: String?
    let codec: RTPCodecParameters
    var store: PacketStore
    /// Its packets, for the consumers to take.
    var arrivals = ArrivalLog()
    /// The consumers that are fed from it, and those that wait for a keyframe of it.
    var subscribers: [SlotID] = []
    /// Whether it waits in the list of streams whose consumers have something to take.
    var isDirty = false
    /// What its packets say of their layers, and how much of each arrives.
    var reader: LayerReader
    var meter = LayerMeter()
    private(set) var costs = LayerCosts()
    private(set) var shape = LayerShape()
    /// The layers that the last keyframe said would follow.
    private var announced: (spatial: UInt8, temporal: UInt8, until: MediaInstant)?
    private static let announcement = MediaDuration.milliseconds(300)
    /// What the publisher says of its layers: their sizes, and when it stopped them all.
    private var toldSizes = InlineArray<4, FrameSize>(repeating: FrameSize())
    private var stoppedAt: MediaInstant?
    private static let stopping = MediaDuration.milliseconds(100)
    /// Since when it has been arriving; nil while it does not.
    private var liveSince: MediaInstant?
    private static let settling = MediaDuration.milliseconds(1200)
    private static let absence = MediaDuration.milliseconds(500)
    /// When its shape was looked at.
    private var looked = MediaInstant(nanoseconds: 0)
    var reception: ReceptionStatistics
    /// Asks for what is missing; nil when the publisher does not answer NACKs.
    var missing: NACKGenerator?
    var keyframes = KeyframeRequester()
    var clock = SourceClock()
    var counters = Counters()
    var fullIntraRequestNumber: UInt8 = 0
    /// The timestamp of the last keyframe that began to arrive.
    var keyframeTimestamp: UInt32?
    /// The number of its first packet.
    var keyframeStart: Int64?
    /// Since when packets have come that say nothing without templates that have not; nil while none do.
    var unresolvedSince: MediaInstant?

    struct Counters {
        var payloadBytes: UInt64 = 0
        var packets: UInt64 = 0
        var recovered: UInt64 = 0
        var nacks: UInt64 = 0
        var pictureLosses: UInt64 = 0
        var fullIntraRequests: UInt64 = 0
        var keyframes: UInt64 = 0
    }

    init(transport: SlotID, producer: SlotID, ssrc: UInt32, rid: String?, parameters: RTPParameters) {
        self.transport = transport
        self.producer = producer
        self.ssrc = ssrc
        self.rid = rid
        reception = ReceptionStatistics(ssrc: ssrc)
        codec = parameters.codec
        reader = LayerReader(codec: parameters.codec.codec)
        // Three seconds of video at 2.5 Mbit/s; more than ten of sound.
        store =
            parameters.kind == .video
            ? PacketStore(byteCapacity: 1 << 20, recordCapacity: 2048)
            : PacketStore(byteCapacity: 1 << 16, recordCapacity: 512)
        missing = codec.feedback.contains(.nack) ? NACKGenerator() : nil
    }

    var isVideo: Bool { codec.codec.kind == .video }

    /// The decode targets that a departure is to name as active; nil when it names none.
    func activeTargets(_ packet: StoredPacket, _ rewrite: SentPacket.Rewrite) -> UInt32? {
        guard rewrite.flags.contains(.activeMask), packet.layers.targetsVersion == reader.targets.version else {
            return nil
        }
        return reader.targets.contained(in: Int(rewrite.target)) & packet.layers.activeTargets
    }

    /// How long a stream may be silent before another SSRC may take its place.
    static let silence = MediaDuration.seconds(2)
    /// How many streams one producer may have: each has a store of its own.
    static let maximumPerProducer = 4

    /// Whether nothing has come for so long.
    func isSilent(for duration: MediaDuration, at instant: MediaInstant) -> Bool {
        guard let highest = store.highest, let packet = store.record(highest) else { return true }
        return instant - packet.arrival >= duration
    }

    /// Takes a keyframe's word for the layers that follow it: until they have had time to come, they count as there.
    mutating func announce(by packet: StoredPacket) {
        var (spatial, temporal) = (0, 0)
        if packet.layers.flags.contains(.described) {
            for target in 0..<reader.targets.count where packet.layers.activeTargets & (1 << UInt32(target)) != 0 {
                spatial = max(spatial, reader.targets.spatialLayer(target))
                temporal = max(temporal, reader.targets.temporalLayer(target))
            }
        } else {
            spatial = (0..<4).last { reader.sizes[$0].width > 0 } ?? 0
        }
        announced = (
            UInt8(min(spatial, LayerMeter.layers - 1)), UInt8(min(temporal, LayerMeter.layers - 1)),
            packet.arrival + Self.announcement
        )
    }

    /// Takes what the publisher says of this stream's layers: none when it has stopped them.
    mutating func take(_ allocated: [VideoLayersAllocation.Layer], at instant: MediaInstant) {
        stoppedAt = allocated.isEmpty ? instant : nil
        for layer in allocated where layer.size.width > 0 { toldSizes[Int(layer.spatialLayer & 3)] = layer.size }
    }

    /// Whether the publisher has said that it stopped, and nothing came since but what was on its way.
    private func isStopped() -> Bool {
        guard let stoppedAt else { return false }
        let latest = (0..<LayerMeter.layers).compactMap { meter.lastPacket(spatial: $0) }.max()
        return latest.map { $0 < stoppedAt + Self.stopping } ?? true
    }

    /// A layer's size, as the stream itself or else its publisher tells.
    private func size(_ spatial: Int) -> FrameSize {
        reader.sizes[spatial].width > 0 ? reader.sizes[spatial] : toldSizes[spatial]
    }

    /// Looks anew at which layers arrive; returns whether anything changed that watchers' choices hang on.
    mutating func updateShape(at instant: MediaInstant) -> Bool {
        // While nothing comes nobody looks.
        if instant - looked > Self.absence { liveSince = nil }
        looked = instant
        let old = shape
        var new = shape
        new.isLive = false
        for spatial in 0..<LayerMeter.layers where meter.isActive(spatial: spatial, at: instant) {
            // What is known of a stream that falls silent stays.
            if !new.isLive { (new.isLive, new.spatialLayer, new.temporalLayer) = (true, 0, 0) }
            new.spatialLayer = UInt8(spatial)
            for temporal in 0..<LayerMeter.layers
            where meter.hasArrived(spatial: spatial, temporal: temporal, at: instant) {
                new.temporalLayer = max(new.temporalLayer, UInt8(temporal))
            }
        }
        if isStopped() { new.isLive = false }
        if !new.isLive { liveSince = nil } else if liveSince == nil { liveSince = instant }
        // One that comes back has not shown all its temporal layers yet.
        if let liveSince, instant - liveSince < Self.settling {
            new.temporalLayer = max(new.temporalLayer, old.temporalLayer)
        }
        if new.isLive, let announced, instant < announced.until {
            new.spatialLayer = max(new.spatialLayer, announced.spatial)
            new.temporalLayer = max(new.temporalLayer, announced.temporal)
        }
        new.knownSpatialLayer = max(new.knownSpatialLayer, new.spatialLayer)
        new.targetsVersion = reader.targets.version
        new.sizes = LayerShape.InlineSizes(
            first: size(0), second: size(1), third: size(2), fourth: size(3))
        // Encodings whose sizes are not known are ranked by what they cost, roughly.
        let bitrate = meter.bitrate(
            spatial: Int(new.spatialLayer), temporal: Int(new.temporalLayer), lowerSpatialLayers: true, at: instant)
        if bitrate > new.rankingBitrate * 3 / 2 || new.isLive && bitrate < new.rankingBitrate * 2 / 3 {
            new.rankingBitrate = bitrate
        }
        defer { shape = new }
        // What only ranks those whose sizes are not known changes nothing for the others.
        var compared = new
        if new.size.width > 0 { compared.rankingBitrate = shape.rankingBitrate }
        return compared != shape
    }

    /// Looks anew at what its layers take of a link.
    mutating func updateCosts(at instant: MediaInstant) {
        costs.update(by: meter, at: instant)
    }

    /// Frames per second up to a temporal layer, when its layers were last looked at.
    func frameRate(spatial: Int, temporal: Int) -> Double {
        meter.frameRate(spatial: spatial, temporal: temporal, at: looked)
    }
}
