/// What a stream carries.
public enum MediaKind: String, Sendable {
    /// Sound.
    case audio
    /// Pictures.
    case video
}

/// A codec the engine forwards.
public enum MediaCodec: String, CaseIterable, Sendable {
    /// RFC 7587.
    case opus
    /// RFC 7741.
    case vp8 = "VP8"
    /// RFC 9628.
    case vp9 = "VP9"
    /// RFC 6184.
    case h264 = "H264"
    /// RFC 7798.
    case h265 = "H265"
    /// AOM, RTP payload format for AV1.
    case av1 = "AV1"

    /// Whether it is an audio or a video codec.
    public var kind: MediaKind { self == .opus ? .audio : .video }

    /// Whether parameter sets, in packets of their own, may come before a keyframe's picture.
    var leadsWithParameterSets: Bool { self == .h264 || self == .h265 }

    /// The RTP clock in Hz.
    public var clockRate: UInt32 { self == .opus ? 48_000 : 90_000 }
}

/// The RTCP feedback messages negotiated for a codec.
public struct RTCPFeedbackTypes: OptionSet, Sendable, Hashable {
    /// The set as bits.
    public var rawValue: UInt8

    /// Creates a set from bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Generic NACK (`nack`). Source: RFC 4585, section 4.2.
    public static let nack = RTCPFeedbackTypes(rawValue: 1)
    /// Picture loss indication (`nack pli`).
    public static let pictureLoss = RTCPFeedbackTypes(rawValue: 2)
    /// Full intra request (`ccm fir`). Source: RFC 5104, section 7.1.
    public static let fullIntraRequest = RTCPFeedbackTypes(rawValue: 4)
    /// Transport-wide feedback (`transport-cc`).
    public static let transportWide = RTCPFeedbackTypes(rawValue: 8)
    /// Receiver-estimated maximum bitrate (`goog-remb`).
    public static let receiverEstimate = RTCPFeedbackTypes(rawValue: 16)
}

/// One negotiated codec, with its retransmission format.
public struct RTPCodecParameters: Hashable, Sendable {
    /// Which codec.
    public var codec: MediaCodec
    /// The payload type, 0 to 127.
    public var payloadType: UInt8
    /// The payload type of RFC 4588 retransmissions of it; nil when none was negotiated.
    public var retransmissionPayloadType: UInt8?
    /// The payload type of RFC 2198 redundant audio whose blocks are of this codec; nil when none was negotiated.
    public var redundantPayloadType: UInt8?
    /// The text of its `a=fmtp`, without the payload type; empty when there is none.
    public var formatParameters: String
    /// The feedback both ends understand.
    public var feedback: RTCPFeedbackTypes

    /// Creates codec parameters.
    public init(
        codec: MediaCodec, payloadType: UInt8, retransmissionPayloadType: UInt8? = nil,
        redundantPayloadType: UInt8? = nil, formatParameters: String = "", feedback: RTCPFeedbackTypes = []
    ) {
        self.codec = codec
        self.payloadType = payloadType
        self.retransmissionPayloadType = retransmissionPayloadType
        self.redundantPayloadType = redundantPayloadType
        self.formatParameters = formatParameters
        self.feedback = feedback
    }
}

/// One RTP stream of a media section.
public struct RTPEncodingParameters: Hashable, Sendable {
    /// Its SSRC; nil when only a RID or the section's MID tells it.
    public var ssrc: UInt32?
    /// The SSRC of its retransmissions; nil when unknown or none.
    public var retransmissionSSRC: UInt32?
    /// Its restriction identifier; nil without simulcast. Source: RFC 8851.
    public var rid: String?
    /// Whether it is paused at first. Source: RFC 8853, section 5.2.
    public var isPaused: Bool

    /// Creates encoding parameters.
    public init(
        ssrc: UInt32? = nil, retransmissionSSRC: UInt32? = nil, rid: String? = nil, isPaused: Bool = false
    ) {
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.rid = rid
        self.isPaused = isPaused
    }
}

/// What one media section agreed on: everything the engine needs to receive it or to send it.
public struct RTPParameters: Hashable, Sendable {
    /// The media identification, 1 to 16 characters on the wire. Source: RFC 8843, section 9.2.
    public var mid: String
    /// Audio or video.
    public var kind: MediaKind
    /// The one codec in use.
    public var codec: RTPCodecParameters
    /// Header extensions and their identifiers.
    public var headerExtensions: RTPHeaderExtensionMap
    /// Its streams: one, or several with simulcast.
    public var encodings: [RTPEncodingParameters]
    /// The sender's canonical name; empty when not signalled.
    public var cname: String
    /// Whether non-compound RTCP was negotiated. Source: RFC 5506.
    public var reducedSizeRTCP: Bool
    /// Whether its sender says that it shows slides, which is how a shared screen is announced. Source: RFC 4796,
    /// section 5.
    public var isSlides: Bool

    /// Creates parameters.
    public init(
        mid: String, kind: MediaKind, codec: RTPCodecParameters, headerExtensions: RTPHeaderExtensionMap,
        encodings: [RTPEncodingParameters], cname: String = "", reducedSizeRTCP: Bool = false,
        isSlides: Bool = false
    ) {
        self.mid = mid
        self.kind = kind
        self.codec = codec
        self.headerExtensions = headerExtensions
        self.encodings = encodings
        self.cname = cname
        self.reducedSizeRTCP = reducedSizeRTCP
        self.isSlides = isSlides
    }
}
