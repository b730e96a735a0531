/// One producer's media on its way to one watcher: its numbers, its history, what the watcher says of it.
struct Consumer: ~Copyable {
    // What each departure touches stands first, side by side; `departureByteCount` covers it.
    let transport: SlotID
    let producer: SlotID
    /// How far it has come in the producer's arrivals.
    var position: UInt64
    /// Whether it waits for its transport's turn, and who waits behind it.
    var isQueued = false
    var nextQueued: SlotID?
    let header: OutboundHeader
    let ssrc: UInt32
    let payloadType: UInt8
    /// The payload type of redundant audio; nil for a watcher that gets it plain.
    let redundantPayloadType: UInt8?
    var history: SentHistory
    /// The stream it is fed from; nil until a packet it can start with has come.
    private(set) var source: SlotID?
    /// The source's first packet that was forwarded: none before it ever is.
    private(set) var firstSource: Int64 = 0
    private var sequenceOffset: Int64 = 0
    private(set) var timestampOffset: UInt32 = 0
    /// The highest extended sequence number sent, or the one before the first.
    private(set) var highestSent: Int64
    private var newest: (timestamp: UInt32, departure: MediaInstant)?
    var counters = Counters()

    let parameters: RTPParameters
    let retransmissionSSRC: UInt32
    private var nextRetransmission: Int64
    /// What the watcher's last report said.
    var remote = RemoteReport()

    struct Counters {
        /// Everything sent, retransmissions included.
        var packets: UInt64 = 0
        var payloadBytes: UInt64 = 0
        var retransmitted: UInt64 = 0
        var retransmittedBytes: UInt64 = 0
        var nacks: UInt64 = 0
        var pictureLosses: UInt64 = 0
        var fullIntraRequests: UInt64 = 0
    }

    struct RemoteReport {
        var packetsLost: Int64 = 0
        var jitter: Double = 0
        var roundTrip: MediaDuration?
    }

    /// A consumer that takes what arrives of its producer from `position` on.
    init(
        transport: SlotID, producer: SlotID, position: UInt64, parameters: RTPParameters, random: inout MediaRandom
    ) {
        self.transport = transport
        self.producer = producer
        self.position = position
        self.parameters = parameters
        header = OutboundHeader(parameters)
        let encoding = parameters.encodings.first ?? RTPEncodingParameters()
        ssrc = encoding.ssrc ?? 0
        payloadType = parameters.codec.payloadType
        redundantPayloadType = parameters.codec.redundantPayloadType
        retransmissionSSRC = encoding.retransmissionSSRC ?? 0
        history = SentHistory(capacity: parameters.kind == .video ? 512 : 64)
        // Below 2^15, so that early reordering never looks like a roll-over. Source: RFC 3711, section 3.3.1.
        highestSent = Int64(UInt16.random(in: 1...0x7FFF, using: &random))
        nextRetransmission = Int64(UInt16.random(in: 1...0x7FFF, using: &random))
    }

    /// Whether retransmissions travel in a stream of their own. Source: RFC 4588, section 4.
    var hasRetransmissionStream: Bool {
        retransmissionSSRC != 0 && parameters.codec.retransmissionPayloadType != nil
    }

    /// Whether the watcher expects lost packets to be sent again.
    var answersNACKs: Bool { parameters.codec.feedback.contains(.nack) }

    /// Starts with, or changes over to, a stream at one of its packets: numbers go on without a hole, time goes on by
    /// what has passed, at least one tick.
    ///
    /// `first` is the source's lowest number that may follow: the packet's own, or one of the same picture before it.
    mutating func synchronize(
        with source: SlotID, at packet: StoredPacket, first: Int64, instant: MediaInstant
    ) {
        self.source = source
        firstSource = first
        sequenceOffset = highestSent + 1 - first
        if let newest {
            let elapsed = SourceClock.ticks(instant - newest.departure, parameters.codec.codec.clockRate)
            timestampOffset = newest.timestamp &+ max(elapsed, 1) &- packet.timestamp
        }
    }

    /// Goes on at one of the source's packets after others that were not for it: numbers have no hole, time has passed.
    mutating func resume(at source: Int64) {
        firstSource = source
        sequenceOffset = highestSent + 1 - source
    }

    /// The consumer's own extended sequence number for a packet of its source.
    func sequenceNumber(for source: Int64) -> Int64 { source + sequenceOffset }

    /// The extended sequence number a watcher means by its 16 bits: the one closest to the newest sent.
    func extended(_ sequenceNumber: UInt16) -> Int64 {
        highestSent + Int64(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highestSent)))
    }

    /// The extended sequence number whose low bits these are: the one closest to the newest sent.
    func extended(_ sequenceNumber: UInt32) -> Int64 {
        highestSent + Int64(Int32(bitPattern: sequenceNumber &- UInt32(truncatingIfNeeded: highestSent)))
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

    /// Whether a packet of the current source may leave: it has not before. Of what lies further back than the history
    /// that can't be told, and no number may protect two packets, so it stays.
    func maySend(_ source: Int64) -> Bool {
        let number = sequenceNumber(for: source)
        return number > highestSent - Int64(history.capacity) && history.packet(number) == nil
    }

    /// What was sent under `ssrc`: the counts of its sender reports. Source: RFC 3550, section 6.4.1.
    var sentInStream: (packets: UInt64, payloadBytes: UInt64) {
        guard hasRetransmissionStream else { return (counters.packets, counters.payloadBytes) }
        return (counters.packets - counters.retransmitted, counters.payloadBytes - counters.retransmittedBytes)
    }

    /// Counts a resend, when it was and under which transport-wide number.
    mutating func resent(
        _ packet: SentPacket, transportSequenceNumber: UInt16, payloadByteCount: Int, at instant: MediaInstant
    ) {
        var packet = packet
        packet.resent(under: transportSequenceNumber, at: instant)
        history.remember(packet)
        counters.packets &+= 1
        counters.payloadBytes &+= UInt64(payloadByteCount)
        counters.retransmitted &+= 1
        counters.retransmittedBytes &+= UInt64(payloadByteCount)
    }

    /// How many bytes each departure touches.
    static let departureByteCount = 320

    /// Starts to fetch where the next departures will be remembered.
    func prefetchHistory(packets: Int) {
        history.prefetch(from: highestSent + 1, count: packets)
    }

    /// A fresh sequence number of the retransmission stream.
    mutating func takeRetransmissionNumber() -> Int64 {
        nextRetransmission += 1
        return nextRetransmission
    }
}
