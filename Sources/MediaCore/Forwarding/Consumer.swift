/// One producer's media on its way to one watcher: its numbers, its history, what the watcher says of it.
struct Consumer: ~Copyable {
    // What each departure touches stands first, side by side; `departureByteCount` covers it.
    let transport: SlotID
    let producer: SlotID
    /// How far it has come in its source's arrivals.
    var position: UInt64 = 0
    /// Whether it waits for its transport's turn, and who waits behind it.
    var isQueued = false
    var nextQueued: SlotID?
    /// Whether it need not wait for the pacer: sound.
    let isUrgent: Bool
    let header: OutboundHeader
    let ssrc: UInt32
    let payloadType: UInt8
    /// The payload type of redundant audio; nil for a watcher that gets it plain.
    let redundantPayloadType: UInt8?
    /// Whether redundancy that its source has is for it: the blocks name their payload type inside the payload.
    let passesRedundancy: Bool
    /// How many packets before its own each packet of sound repeats for it.
    var redundantBlockCount: UInt8 = 0
    var history: SentHistory
    /// The stream it is fed from; nil until a packet it can start with has come.
    private(set) var source: SlotID?
    /// Its sequence numbers by the source's.
    private(set) var numbers = NumberMap()
    /// Its picture ids by the source's.
    private(set) var pictures = NumberMap()
    private(set) var selector = LayerSelector()
    private(set) var timestampOffset: UInt32 = 0
    /// The highest extended sequence number sent, or the one before the first.
    private(set) var highestSent: Int64
    /// The newest picture's timestamp as sent, and when it left.
    private(set) var newest: (timestamp: UInt32, departure: MediaInstant)?
    private var run: UInt8 = 0
    private var currentRun = SourceRun()
    var counters = Counters()

    /// The layer it is to get; nil while it is paused, or nothing that it wants arrives.
    var wanted: LayerTarget?
    /// The best of those that arrive that suits it, what it costs that it was given, in bit/s on the wire, and why.
    var best: LayerTarget?
    var allocatedBitrate: Int64 = 0
    var allocationReason = AllocationReason.preferred
    /// The layer it would get if all that are known arrived.
    var ideal: LayerTarget?
    /// The change of source that waits for the old one's picture to be whole.
    var pendingChange: PendingChange?
    /// Whether it has to choose anew once that is done.
    var choosesAgain = false
    /// What it has yet to get of the time before it began.
    var catchUp: CatchUp?
    /// Since when something has waited for it; nil while nothing does.
    var waitingSince: MediaInstant?
    /// When packets of it were last shed, and before when no keyframe is asked for, since it has just been shed again.
    var lastShed: MediaInstant?
    var keyframeNotBefore = MediaInstant(nanoseconds: .min)
    /// The packet of its source from whose picture on it waits for a keyframe to begin anew with; nil while all is well.
    var stalledAt: (number: Int64, timestamp: UInt32?)?

    let parameters: RTPParameters
    let retransmissionSSRC: UInt32
    /// What the watcher asked for.
    var preference = LayerPreference()
    private var pastEras = PastLayerEras()
    /// The sources before, by their numbers.
    private let pastRuns = FixedBuffer(repeating: SourceRun(), count: 8)
    /// The newest picture's numbers as sent.
    private var pictureNumber: Int64 = 0
    private var levelZeroIndex: UInt8 = 0
    private var frameNumber: UInt16 = 0
    /// The decode target that was last told to be active.
    private var toldTarget: UInt8 = .max
    private var timeline: SourceTimeline
    private var nextRetransmission: Int64
    /// What the watcher's last report said.
    var remote = RemoteReport()
    /// What the watcher loses of its sound.
    var soundLoss = SoundLoss()

    struct Counters {
        /// Everything sent, retransmissions included.
        var packets: UInt64 = 0
        var payloadBytes: UInt64 = 0
        var retransmitted: UInt64 = 0
        var retransmittedBytes: UInt64 = 0
        var nacks: UInt64 = 0
        var pictureLosses: UInt64 = 0
        var fullIntraRequests: UInt64 = 0
        /// How often what waited for the pacer was shed.
        var timesShed: UInt64 = 0
        /// What repeating sound added to payloads.
        var redundantBytes: UInt64 = 0
    }

    struct RemoteReport {
        var packetsLost: Int64 = 0
        /// The highest extended sequence number it has received.
        var highestSequenceNumber: Int64?
        var jitter: Double = 0
        var roundTrip: MediaDuration?
    }

    init(
        transport: SlotID, producer: SlotID, parameters: RTPParameters, sourceCodec: RTPCodecParameters,
        random: inout MediaRandom
    ) {
        self.transport = transport
        self.producer = producer
        self.parameters = parameters
        isUrgent = parameters.kind == .audio
        header = OutboundHeader(parameters)
        let encoding = parameters.encodings.first ?? RTPEncodingParameters()
        ssrc = encoding.ssrc ?? 0
        payloadType = parameters.codec.payloadType
        redundantPayloadType = parameters.codec.redundantPayloadType
        // Not by what has just been assigned: see the toolchain's traps in CONTRIBUTING.md.
        let codec = parameters.codec
        passesRedundancy =
            codec.redundantPayloadType != nil && sourceCodec.redundantPayloadType != nil
            && sourceCodec.payloadType == codec.payloadType
        retransmissionSSRC = encoding.retransmissionSSRC ?? 0
        history = SentHistory(capacity: parameters.kind == .video ? 512 : 64)
        timeline = SourceTimeline(clockRate: parameters.codec.codec.clockRate)
        // Below 2^15, so that early reordering never looks like a roll-over. Source: RFC 3711, section 3.3.1.
        highestSent = Int64(UInt16.random(in: 1...0x7FFF, using: &random))
        nextRetransmission = Int64(UInt16.random(in: 1...0x7FFF, using: &random))
    }

    // MARK: Sources

    /// Starts with, or changes over to, a stream at one of its packets: numbers go on without a hole, time goes on by
    /// what has passed, at least one tick.
    ///
    /// - Parameters:
    ///   - first: the source's lowest number that may follow: the packet's own, or one of the same picture before it.
    ///   - clock: the source's own; `previous` that of the source before, if there is one.
    ///   - lead: the newest picture of several that are there, without a gap, and how many they are.
    /// - Returns: whether the pictures before the newest have no time left between what was sent and that one: they are
    ///   to stand a tick apart.
    mutating func synchronize(
        with source: SlotID, at packet: StoredPacket, first: Int64, clock: SourceClock, previous: SourceClock?,
        lead: (newest: StoredPacket, pictureCount: Int)?
    ) -> Bool {
        let isSame = currentRun.stream == source && newest != nil
        renumber(for: source, at: packet, goesOn: isSame && stalledAt != nil)
        self.source = source
        pendingChange = nil
        stalledAt = nil
        catchUp = nil
        waitingSince = nil
        numbers.begin(at: first, as: highestSent + 1)
        guard let newest else {
            timestampOffset = 0
            return lead != nil
        }
        let before: SourceTimeline.Previous? =
            isSame ? .same(offset: timestampOffset) : previous.map { .other($0, offset: timestampOffset) }
        let kept = timeline
        timestampOffset = timeline.offset(of: packet, clock: clock, previous: before, newest: newest)
        guard timeline.excess > 0, let lead else { return false }
        timeline = kept
        timestampOffset = timeline.offset(
            of: lead.newest, clock: clock, previous: before, newest: newest, leastStep: Int64(lead.pictureCount))
        return true
    }

    /// Goes on at one of the source's packets after others that were not for it: numbers have no hole, time has passed.
    mutating func resume(at source: Int64) {
        numbers.begin(at: source, as: highestSent + 1)
    }

    /// Lets the numbers of a source follow those that were sent. Of one that goes on they stay as they are.
    private mutating func renumber(for source: SlotID, at packet: StoredPacket, goesOn: Bool) {
        let layers = packet.layers
        let last = currentRun
        pastRuns[Int(run)] = last
        run &+= 1
        var next = SourceRun(stream: source, first: highestSent + 1)
        if newest == nil {
            pictures.begin(at: layers.pictureNumber, as: layers.pictureNumber)
            levelZeroIndex = layers.levelZeroIndex &- 1
            frameNumber = UInt16(truncatingIfNeeded: layers.frameNumber) &- 1
        } else {
            let isAhead = goesOn && !closesUpPictures && layers.pictureNumber > pictures.highest
            pictures.begin(
                at: layers.pictureNumber, as: isAhead ? layers.pictureNumber + pictures.offset : pictureNumber + 1)
            next.levelZeroOffset = levelZeroIndex &+ 1 &- layers.levelZeroIndex
            next.frameNumberOffset = frameNumber &+ 1 &- UInt16(truncatingIfNeeded: layers.frameNumber)
            if goesOn, Int16(bitPattern: last.frameNumberOffset &- next.frameNumberOffset) > 0 {
                next.frameNumberOffset = last.frameNumberOffset
            }
            if goesOn, !closesUpPictures, Int8(bitPattern: last.levelZeroOffset &- next.levelZeroOffset) > 0 {
                next.levelZeroOffset = last.levelZeroOffset
            }
        }
        currentRun = next
    }

    /// Forgets its source: it goes on with whatever it can begin with next.
    mutating func stop() {
        source = nil
        pendingChange = nil
        stalledAt = nil
        catchUp = nil
        waitingSince = nil
    }

    /// Moves the timestamps of what leaves next, against the source's.
    mutating func shiftTimestamps(by offset: UInt32) {
        timestampOffset = offset
    }

    /// What is common to the packets of a run; nil when too many have passed since.
    @inline(__always)
    mutating func sourceRun(_ number: UInt8) -> SourceRun? { number == run ? currentRun : pastRun(number) }

    @inline(never)
    private mutating func pastRun(_ number: UInt8) -> SourceRun? { run &- number < 8 ? pastRuns[Int(number)] : nil }

    /// Whether a packet is of what it is sent now: another source begins with a keyframe, which needs nothing before it.
    func isOfUse(_ packet: SentPacket) -> Bool { source != nil && packet.rewrite.run == run }

    // MARK: Layers

    // What every packet comes by is mutating although it changes nothing: Swift 6.3 passes so large a value to methods
    // that borrow it as a copy.

    /// Begins with a layer of its source, at a keyframe.
    mutating func beginLayer(at packet: StoredPacket, wanted: LayerTarget, among targets: DecodeTargets) {
        pastEras.removeAll()
        selector.begin(at: packet, wanted: wanted, among: targets)
    }

    /// Wants another layer of its source.
    mutating func aim(at wanted: LayerTarget, among targets: DecodeTargets) {
        selector.aim(at: wanted, among: targets)
    }

    /// Changes over to another layer of its source, at the first packet of a frame.
    mutating func changeLayer(
        to target: Int, at packet: StoredPacket, toward wanted: LayerTarget, among targets: DecodeTargets
    ) {
        pastEras.append(selector.change(to: target, at: packet, toward: wanted, among: targets))
    }

    /// Whether a packet of the source is among those that are forwarded.
    @inline(__always)
    mutating func admits(_ packet: StoredPacket) -> Bool {
        packet.extendedSequenceNumber >= selector.era.since
            ? selector.era.contains(packet.layers) : admitsLate(packet)
    }

    @inline(never)
    private mutating func admitsLate(_ packet: StoredPacket) -> Bool {
        // Before what looked like the first packet of its first picture may stand more of that picture.
        packet.extendedSequenceNumber < selector.beginning.number
            ? packet.timestamp == selector.beginning.timestamp
            : pastEras.era(of: packet, before: selector.era) != nil
    }

    /// The era that a packet is forwarded for.
    @inline(never)
    private mutating func lateEra(of packet: StoredPacket) -> LayerEra {
        packet.extendedSequenceNumber < selector.beginning.number
            ? selector.era : pastEras.era(of: packet, before: selector.era) ?? selector.era
    }

    /// Whether a packet is the last of its picture, now that the layers above it are left out.
    @inline(__always)
    mutating func endsPicture(_ packet: StoredPacket) -> Bool {
        if packet.marker { return true }
        guard packet.layers.flags.contains(.frameEnd) else { return false }
        return packet.extendedSequenceNumber >= selector.era.since
            ? packet.layers.spatialLayer == selector.era.spatialLayer
            : packet.layers.spatialLayer == lateEra(of: packet).spatialLayer
    }

    // MARK: Numbers

    /// The extended sequence number a watcher means by its 16 bits: the one closest to the newest sent.
    func extended(_ sequenceNumber: UInt16) -> Int64 {
        highestSent + Int64(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highestSent)))
    }

    /// The extended sequence number whose low bits these are: the one closest to the newest sent.
    func extended(_ sequenceNumber: UInt32) -> Int64 {
        highestSent + Int64(Int32(bitPattern: sequenceNumber &- UInt32(truncatingIfNeeded: highestSent)))
    }

    /// The number for a packet of the source that is to leave; nil when it has left before, or may not leave any more.
    ///
    /// Of what lies further back than the history it can't be told whether it has left, and no number may protect two
    /// packets, so it stays.
    mutating func takeNumber(for packet: StoredPacket) -> Int64? {
        let isNewest = packet.extendedSequenceNumber > numbers.highest
        guard let number = numbers.take(packet.extendedSequenceNumber), isFree(number) else { return nil }
        selector.takes(packet, isNewest: isNewest)
        return number
    }

    /// Leaves a packet of the source out. Returns the number that would stay empty for it, when it comes late.
    mutating func omit(_ packet: StoredPacket) -> Int64? {
        selector.omits(packet, isNewest: packet.extendedSequenceNumber > numbers.highest)
        if closesUpPictures, packet.layers.pictureNumberOffset != 0 {
            _ = pictures.omit(packet.layers.pictureNumber)
        }
        guard let number = numbers.omit(packet.extendedSequenceNumber), isFree(number) else { return nil }
        return number
    }

    /// Whether a packet is behind all that were looked at.
    func isNewest(_ packet: StoredPacket) -> Bool { packet.extendedSequenceNumber > numbers.highest }

    /// Of VP8, pictures that are left out leave no gap. VP9 may tell of each picture which ones it refers to, by the
    /// difference of their numbers.
    private var closesUpPictures: Bool { parameters.codec.codec == .vp8 }

    private mutating func isFree(_ number: Int64) -> Bool {
        number > highestSent - Int64(history.capacity) && history.packet(number) == nil
    }

    /// What a departure makes of a packet.
    mutating func rewrite(_ packet: StoredPacket) -> SentPacket.Rewrite {
        var rewrite = SentPacket.Rewrite(run: run, flags: .taken, timestampOffset: timestampOffset)
        if endsPicture(packet) { rewrite.flags.insert(.marker) }
        let layers = packet.layers
        if layers.flags.contains(.described) {
            rewrite.target =
                packet.extendedSequenceNumber >= selector.era.since ? selector.era.target : lateEra(of: packet).target
            // At every change, and often enough that who lost one soon gets another.
            if layers.flags.contains(.frameStart), layers.targetCount > 1, selector.selects,
                layers.targetsVersion == selector.targetsVersion,
                layers.temporalLayer == 0 || rewrite.target != toldTarget
                    || !layers.flags.isDisjoint(with: [.keyframeStart, .ownActiveMask])
            {
                rewrite.flags.insert(.activeMask)
                toldTarget = rewrite.target
            }
            let offset = currentRun.frameNumberOffset
            let number = UInt16(truncatingIfNeeded: layers.frameNumber) &+ offset
            if Int16(bitPattern: number &- frameNumber) > 0 { frameNumber = number }
        }
        if layers.pictureNumberOffset != 0 {
            if layers.flags.contains(.keyframe), layers.pictureNumber <= pictures.highest - NumberMap.window {
                // The publisher counts anew. All packets of a picture keep one number.
                pictures.begin(at: layers.pictureNumber, as: pictureNumber + 1)
            }
            let number = pictures.take(layers.pictureNumber) ?? pictureNumber
            pictureNumber = max(pictureNumber, number)
            rewrite.pictureNumber = UInt16(truncatingIfNeeded: number)
        }
        if layers.levelZeroOffset != 0 {
            let index = layers.levelZeroIndex &+ currentRun.levelZeroOffset
            if Int8(bitPattern: index &- levelZeroIndex) > 0 { levelZeroIndex = index }
        }
        return rewrite
    }

    /// What stands in a number that nothing else will fill.
    func rewriteFiller() -> SentPacket.Rewrite {
        SentPacket.Rewrite(run: run, flags: [.taken, .filler], timestampOffset: timestampOffset)
    }

    /// Counts a departure and keeps what a resend will need.
    mutating func sent(
        _ packet: SentPacket, _ sequenceNumber: Int64, timestamp: UInt32, payloadByteCount: Int,
        at instant: MediaInstant
    ) {
        history.remember(packet)
        highestSent = max(highestSent, sequenceNumber)
        counters.packets &+= 1
        counters.payloadBytes &+= UInt64(payloadByteCount)
        if newest.map({ Int32(bitPattern: timestamp &- $0.timestamp) > 0 }) ?? true { newest = (timestamp, instant) }
    }

    /// How many bytes each departure touches.
    static let departureByteCount = 512

    /// A fresh sequence number of the retransmission stream.
    mutating func takeRetransmissionNumber() -> Int64 {
        nextRetransmission += 1
        return nextRetransmission
    }
}
