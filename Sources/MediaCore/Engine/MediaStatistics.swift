/// Everything an engine counts, at one instant. Names follow the W3C's identifiers for WebRTC statistics.
public struct MediaStatistics: Sendable, Encodable {
    /// One entry for each transport.
    public var transports: [TransportStatistics] = []
    /// How many inputs were dropped since the engine began, by reason; reasons that never occurred are left out.
    public var drops: [String: UInt64] = [:]
}

/// One transport's figures.
public struct TransportStatistics: Sendable, Encodable {
    /// The transport's id as text.
    public var id: String
    /// The name it was created with.
    public var name: String
    /// `new`, `checking`, `connected`. Source: W3C RTCIceTransportState.
    public var iceState: String
    /// `new`, `connecting`, `connected`, `closed`, `failed`. Source: W3C RTCDtlsTransportState.
    public var dtlsState: String
    /// The SRTP profile's name; nil before the handshake is done.
    public var srtpCipher: String?
    /// Datagrams received and accepted, of any kind.
    public var packetsReceived: UInt64 = 0
    /// Their bytes of UDP payload.
    public var bytesReceived: UInt64 = 0
    /// Datagrams sent, of any kind.
    public var packetsSent: UInt64 = 0
    /// Their bytes of UDP payload.
    public var bytesSent: UInt64 = 0
    /// What the link to it is believed to carry, in bit/s, UDP and IP headers included; nil for one that watches nothing.
    public var availableOutgoingBitrate: Int64?
    /// What the layers take that it was given, with its sound, in bit/s on the wire; nil for one that watches nothing.
    public var allocatedBitrate: Int64?
    /// What the best layers would take that it asked for, with its sound; nil for one that watches nothing.
    public var wantedBitrate: Int64?
    /// What the link to it must be believed to carry before it is given more; nil when it has all that it asked for.
    public var nextBitrate: Int64?
    /// How long in seconds the next packet that waits for room on that link has waited; nil for one that watches nothing.
    public var sendDelay: Double?
    /// What it reports of the packets sent to it; nil before it has sent transport-wide feedback.
    public var feedback: FeedbackStatistics?
    /// What it publishes.
    public var inbound: [InboundStatistics] = []
    /// What it watches.
    public var outbound: [OutboundStatistics] = []
}

/// What a peer's transport-wide feedback says of the RTP packets sent to it, of all streams together.
///
/// A packet is counted once, however often it is reported; only the last 512 packets sent can be, or as many as leave
/// within about two seconds where that is more. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01.
public struct FeedbackStatistics: Sendable, Encodable {
    /// Feedback messages received.
    public var messagesReceived: UInt64 = 0
    /// Feedback messages that the peer sent and that did not come: the way back loses packets.
    public var messagesMissed: UInt64 = 0
    /// Feedback messages that came more than once.
    public var messagesRepeated: UInt64 = 0
    /// Feedback messages whose times can't be true: the peer's clock jumped by more than ten seconds, or packets arrived
    /// further apart than that. They count here and below, and say nothing to the estimate.
    public var messagesImplausible: UInt64 = 0
    /// Packets that arrived.
    public var packetsAcknowledged: UInt64 = 0
    /// Their bytes of UDP payload.
    public var bytesAcknowledged: UInt64 = 0
    /// Packets that were reported lost and not as arrived since.
    public var packetsLost: UInt64 = 0
    /// Packets the peer says arrived that were never sent to it, or so long ago that nobody remembers.
    public var packetsUnknown: UInt64 = 0
    /// The time in seconds from sending the newest acknowledged packet to hearing that it arrived: a round trip and as
    /// long as the peer waited before it reported, 50 to 250 ms for browsers. nil before the first.
    public var acknowledgementTime: Double?
}

/// One received stream's figures. Source: W3C RTCInboundRtpStreamStats.
public struct InboundStatistics: Sendable, Encodable {
    /// The stream's SSRC.
    public var ssrc: UInt32
    /// `audio` or `video`.
    public var kind: String
    /// The media section it belongs to.
    public var mid: String
    /// Its codec.
    public var codec: String
    /// Packets received, retransmissions not counted.
    public var packetsReceived: UInt64 = 0
    /// Payload bytes received, headers and padding not counted.
    public var bytesReceived: UInt64 = 0
    /// Packets expected and not received; negative with duplicates.
    public var packetsLost: Int64 = 0
    /// Interarrival jitter in seconds.
    public var jitter: Double = 0
    /// Packets recovered by retransmission.
    public var retransmittedPacketsReceived: UInt64 = 0
    /// NACK messages sent to the publisher.
    public var nackCount: UInt64 = 0
    /// PLI messages sent to the publisher.
    public var pliCount: UInt64 = 0
    /// FIR messages sent to the publisher.
    public var firCount: UInt64 = 0
    /// Keyframes received.
    public var keyFramesReceived: UInt64 = 0
}

/// One sent stream's figures. Source: W3C RTCOutboundRtpStreamStats, RTCRemoteInboundRtpStreamStats.
public struct OutboundStatistics: Sendable, Encodable {
    /// The stream's SSRC.
    public var ssrc: UInt32
    /// `audio` or `video`.
    public var kind: String
    /// The media section it belongs to.
    public var mid: String
    /// Its codec.
    public var codec: String
    /// Packets sent, retransmissions included.
    public var packetsSent: UInt64 = 0
    /// Payload bytes sent, headers and padding not counted.
    public var bytesSent: UInt64 = 0
    /// Packets sent again.
    public var retransmittedPacketsSent: UInt64 = 0
    /// NACK messages received from the watcher.
    public var nackCount: UInt64 = 0
    /// PLI messages received from the watcher.
    public var pliCount: UInt64 = 0
    /// FIR messages received from the watcher.
    public var firCount: UInt64 = 0
    /// How often packets that had waited too long for room on the link were left out, up to the next keyframe.
    public var timesShed: UInt64 = 0
    /// Of the payload bytes sent, those that the engine added to repeat sound for a watcher that loses it (RFC 2198).
    public var redundantBytesSent: UInt64 = 0
    /// Packets the watcher reports lost.
    public var packetsLost: Int64 = 0
    /// The watcher's jitter in seconds.
    public var jitter: Double = 0
    /// Round-trip time in seconds; nil before the first measurement.
    public var roundTripTime: Double?
    /// What was decided that it gets; nil for sound, and before the watcher is connected.
    public var allocation: AllocationStatistics?
}

/// What was decided that a watcher gets of one video.
public struct AllocationStatistics: Sendable, Encodable {
    /// Why it is that much and no more.
    public var reason: AllocationReason
    /// What its layers take, in bit/s on the wire; 0 when it gets nothing.
    public var bitrate: Int64
}
