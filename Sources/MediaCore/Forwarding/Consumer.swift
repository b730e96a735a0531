/// One producer's media on its way to one watcher: its numbers, its history, what the watcher says of it.
struct Consumer: ~Copyable {
    let transport: SlotID
    let producer: SlotID
    let parameters: RTPParameters
    let header: OutboundHeader
    let ssrc: UInt32
    let retransmissionSSRC: UInt32
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
    private var nextRetransmission: Int64
    var counters = Counters()
    /// What the watcher's last report said.
    var remote = RemoteReport()

    struct Counters {
        var packets: UInt64 = 0
        var payloadBytes: UInt64 = 0
        var retransmitted: UInt64 = 0
        var nacks: UInt64 = 0
        var pictureLosses: UInt64 = 0
        var fullIntraRequests: UInt64 = 0
    }

    struct RemoteReport {
        var packetsLost: Int64 = 0
        var jitter: Double = 0
        var roundTrip: MediaDuration?
    }

    init(transport: SlotID, producer: SlotID, parameters: RTPParameters, random: inout MediaRandom) {
        self.transport = transport
        self.producer = producer
        self.parameters = parameters
        header = OutboundHeader(parameters)
        let encoding = parameters.encodings.first ?? RTPEncodingParameters()
        ssrc = encoding.ssrc ?? 0
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
    mutating func synchronize(with source: SlotID, at packet: StoredPacket, instant: MediaInstant) {
        self.source = source
        firstSource = packet.extendedSequenceNumber
        sequenceOffset = highestSent + 1 - packet.extendedSequenceNumber
        if let newest {
            let elapsed = SourceClock.ticks(instant - newest.departure, parameters.codec.codec.clockRate)
            timestampOffset = newest.timestamp &+ max(elapsed, 1) &- packet.timestamp
        }
    }

    /// The consumer's own extended sequence number for a packet of its source.
    func sequenceNumber(for source: Int64) -> Int64 { source + sequenceOffset }

    /// The extended sequence number a watcher means by its 16 bits: the one closest to the newest sent.
    func extended(_ sequenceNumber: UInt16) -> Int64 {
        highestSent + Int64(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highestSent)))
    }

    /// Counts a departure and keeps what a resend will need.
    mutating func sent(_ packet: SentPacket, timestamp: UInt32, payloadByteCount: Int, at instant: MediaInstant) {
        history.remember(packet)
        highestSent = max(highestSent, packet.sequenceNumber)
        counters.packets &+= 1
        counters.payloadBytes &+= UInt64(payloadByteCount)
        if newest.map({ Int32(bitPattern: timestamp &- $0.timestamp) > 0 }) ?? true { newest = (timestamp, instant) }
    }

    /// Whether a packet of the current source has gone already.
    func hasSent(_ source: Int64) -> Bool {
        guard let sent = history.packet(sequenceNumber(for: source)) else { return false }
        return sent.stream == self.source
    }

    /// Counts a resend, when it was and under which transport-wide number.
    mutating func resent(_ packet: SentPacket, transportSequenceNumber: UInt16, at instant: MediaInstant) {
        var packet = packet
        packet.latestTransportSequenceNumber = transportSequenceNumber
        packet.lastSent = instant
        packet.resendCount += 1
        history.remember(packet)
        counters.packets &+= 1
        counters.retransmitted &+= 1
    }

    /// A fresh sequence number of the retransmission stream.
    mutating func takeRetransmissionNumber() -> Int64 {
        nextRetransmission += 1
        return nextRetransmission
    }
}
