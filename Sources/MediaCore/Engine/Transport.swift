/// One peer: its ICE agent, its DTLS association, its SRTP keys, and what it sends and receives.
struct Transport: ~Copyable {
    // What each departure touches stands first, side by side; `departureByteCount` covers it.
    /// The first of the consumers that have something to send: see `Consumer.nextQueued`.
    var firstQueued: SlotID?
    /// Whether it waits in the list of transports whose consumers have something to send.
    var isDeparting = false
    /// Whether some of them, or packets that are to be sent again, wait for the pacer.
    var isPaced = false
    /// When packets may leave.
    var pacer: Pacer
    /// Bytes sent that the estimator has not been told of, on the wire: of packets with transport-wide numbers, where
    /// there are any, as no feedback comes of others.
    var untoldByteCount = 0
    var hasNumbers = false
    /// nil until DTLS is done.
    var outbound: SRTPTransmitter?
    var profile: SRTPProfile?
    /// The last transport-wide number we sent, and what left under it.
    private var transportSequenceNumber: Int64 = 0
    var departures = DepartureHistory()
    var counters = Counters()
    /// When the next sender or receiver reports are due; nil while no media flows.
    var nextReport: MediaInstant?
    /// Whether it waits in the list of transports whose deadline may have moved.
    var isTouched = false
    var ice: ICEAgent

    /// What the link to a watcher carries, and where it leads.
    var measured: TransportAddress?
    var estimator: any BandwidthEstimator
    /// What of it each of its videos gets, and whether it waits in the list of those to be decided on anew.
    var allocator = BitrateAllocator()
    var isUnallocated = false
    /// What it is not to be sent more than, in bit/s on the wire; nil for no cap.
    var bitrateCap: Int64?
    /// Packets that are to be sent again, as soon as the pacer lets them, and what they take.
    var resends = ResendQueue()
    var resendRate = ResendRate()
    /// The consumer whose retransmission stream carries padding; nil when there is none.
    var paddingSource: SlotID?
    /// Which of its packets is next, counted from the newest.
    var paddingAge: Int64 = 0

    let name: String
    let created: MediaInstant
    var dtls: DTLSAssociation
    /// nil until DTLS is done.
    var inbound: SRTPReceiver?
    /// Addresses the demultiplexer knows it by.
    var paths: [NetworkPath] = []
    var claims: [NetworkPath] = []

    var producers: [SlotID] = []
    var consumers: [SlotID] = []
    /// Which received stream an SSRC is, or repairs.
    var sources: [UInt32: InboundSource] = [:]
    /// The consumer that sends an SSRC.
    var consumerBySSRC: [UInt32: SlotID] = [:]
    /// Header extension identifiers of what it sends; the same in all its media sections.
    var extensions = RTPHeaderExtensionMap()
    var feedback: TransportFeedbackRecorder?
    var requestedBitrate = RequestedBitrate()
    /// How much copies of sound may take; nil where none can be made.
    var redundancyRoom: RedundancyRoom?
    /// What its feedback said of `departures`.
    private(set) var reported = ReportedDepartures()
    /// Sender of our RTCP.
    let localSSRC: UInt32
    var reducedSizeRTCP = false
    /// Its wall clock's lead over ours, from its first sender report.
    var clockLead: MediaDuration?
    /// SSRCs it said goodbye for, and when it counts as gone for having said it for all.
    var goodbyes: Set<UInt32> = []
    var goodbyeDeadline: MediaInstant?

    /// Packets received and sent when reports were last sent.
    var activityAtReport: UInt64 = 0
    /// The deadline the timer queue holds for it; nil when none.
    var scheduled: MediaInstant?

    struct Counters {
        var packetsReceived: UInt64 = 0
        var bytesReceived: UInt64 = 0
        var packetsSent: UInt64 = 0
        var bytesSent: UInt64 = 0
    }

    init(
        name: String, created: MediaInstant, ice: consuming ICEAgent, dtls: consuming DTLSAssociation,
        localSSRC: UInt32, estimator: any BandwidthEstimator, pacingQuantum: MediaDuration
    ) {
        self.name = name
        self.created = created
        self.ice = ice
        self.dtls = dtls
        self.localSSRC = localSSRC
        self.estimator = estimator
        pacer = Pacer(rates: estimator.rates, quantum: pacingQuantum)
    }

    var isConnected: Bool { profile != nil }

    /// Whether padding is to be sent, now or later, unless media takes its place.
    var wantsPadding: Bool { pacer.nextPadding != nil && paddingSource != nil }

    /// Whether consent is watched from here on: until then the handshake's time-out bounds its life.
    var isEstablished: Bool { profile != nil && ice.selectedPath != nil }

    /// Where its handshake goes.
    var handshakePath: NetworkPath? { ice.selectedPath ?? paths.last }

    mutating func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        outbound?.protect(jobs)
    }

    mutating func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        inbound?.unprotect(jobs)
    }

    mutating func protectRTCP(_ packet: [UInt8], into destination: UnsafeMutableRawBufferPointer) -> Int? {
        outbound?.protectRTCP(packet.span.bytes, into: destination)
    }

    mutating func unprotectRTCP(_ packet: RawSpan, into destination: UnsafeMutableRawBufferPointer) -> SRTCPOutcome {
        inbound?.unprotectRTCP(packet, into: destination) ?? .refused(.notReady)
    }

    /// A fresh transport-wide number.
    mutating func takeTransportSequenceNumber() -> UInt16 {
        transportSequenceNumber &+= 1
        return UInt16(truncatingIfNeeded: transportSequenceNumber)
    }

    /// Takes its feedback on what left, and appends what that says to `reports`; whether anything was lost.
    mutating func take(
        _ feedback: TransportFeedbackReader, at instant: MediaInstant, into reports: inout [PacketReport]
    ) -> Bool {
        reported.take(
            feedback, of: &departures, newest: transportSequenceNumber,
            overhead: Self.headerByteCount(to: ice.selectedPath), at: instant,
            into: &reports)
    }

    /// The IP and UDP headers of what is sent over a path, without options. Source: RFC 791, 8200, 768.
    static func headerByteCount(to path: NetworkPath?) -> Int { path?.remote.isIPv4 == false ? 48 : 28 }

    /// Counts a packet of its own: RTCP.
    mutating func countSent(_ byteCount: Int) {
        counters.packetsSent &+= 1
        counters.bytesSent &+= UInt64(byteCount)
    }

    /// Counts a packet of media, for the pacer and the estimator too.
    @inline(__always)
    mutating func countSent(_ byteCount: Int, isUrgent: Bool, on route: DepartureRoute) {
        countSent(byteCount)
        pacer.departed(byteCount: byteCount + route.overheadByteCount, isUrgent: isUrgent, at: route.instant)
    }

    /// How many bytes each departure touches.
    static let departureByteCount = 448

    /// Starts to fetch what its next departures need besides.
    func prefetchDepartures(packets: Int) {
        outbound?.prefetch()
        departures.prefetch(from: UInt16(truncatingIfNeeded: transportSequenceNumber &+ 1), count: packets)
    }
}

/// What an SSRC of a peer stands for.
enum InboundSource {
    /// A media section's stream that SDP announced and no packet has come of.
    case announced(producer: SlotID, repairs: UInt32?)
    /// A stream.
    case media(SlotID)
    /// Retransmissions of a stream.
    case retransmission(of: SlotID)
}

extension InboundSource {
    /// The stream it belongs to; nil when it is only announced.
    var stream: SlotID? {
        switch self {
        case .announced: nil
        case .media(let stream), .retransmission(of: let stream): stream
        }
    }
}
