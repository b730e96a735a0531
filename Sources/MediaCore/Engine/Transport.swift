/// One peer: its ICE agent, its DTLS association, its SRTP keys, and what it sends and receives.
struct Transport: ~Copyable {
    let name: String
    let created: MediaInstant
    var ice: ICEAgent
    var dtls: DTLSAssociation
    /// Both nil until DTLS is done.
    var outbound: SRTPTransmitter?
    var inbound: SRTPReceiver?
    var profile: SRTPProfile?
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
    /// Sender of our RTCP.
    let localSSRC: UInt32
    var reducedSizeRTCP = false
    /// Its wall clock's lead over ours, from its first sender report.
    var clockLead: MediaDuration?
    /// The last transport-wide number we sent, and what left under it.
    private var transportSequenceNumber: UInt16 = 0
    var departures = DepartureHistory()
    var goodbyes: Set<UInt32> = []

    /// When the next sender or receiver reports are due; nil while no media flows.
    var nextReport: MediaInstant?
    /// Packets received and sent when reports were last sent.
    var activityAtReport: UInt64 = 0
    /// The deadline the timer queue holds for it; nil when none.
    var scheduled: MediaInstant?
    /// Whether it waits in the list of transports whose deadline may have moved.
    var isTouched = false
    var counters = Counters()

    struct Counters {
        var packetsReceived: UInt64 = 0
        var bytesReceived: UInt64 = 0
        var packetsSent: UInt64 = 0
        var bytesSent: UInt64 = 0
    }

    init(
        name: String, created: MediaInstant, ice: consuming ICEAgent, dtls: consuming DTLSAssociation, localSSRC: UInt32
    ) {
        self.name = name
        self.created = created
        self.ice = ice
        self.dtls = dtls
        self.localSSRC = localSSRC
    }

    var isConnected: Bool { profile != nil }

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

    /// A fresh transport-wide number for a packet of a consumer.
    mutating func takeTransportSequenceNumber(for sequenceNumber: Int64, of consumer: SlotID) -> UInt16 {
        transportSequenceNumber &+= 1
        departures.remember(
            DepartureHistory.Entry(number: transportSequenceNumber, consumer: consumer, sequenceNumber: sequenceNumber))
        return transportSequenceNumber
    }

    mutating func countSent(_ byteCount: Int) {
        counters.packetsSent &+= 1
        counters.bytesSent &+= UInt64(byteCount)
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
