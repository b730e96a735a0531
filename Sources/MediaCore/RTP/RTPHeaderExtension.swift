/// A header extension the engine reads, writes or passes on.
public enum RTPHeaderExtension: UInt8, CaseIterable, Sendable {
    /// Media identification. Source: RFC 8843, section 15.
    case mid
    /// Stream identifier of simulcast. Source: RFC 8852.
    case rid
    /// Which stream a retransmission repairs. Source: RFC 8852.
    case repairedRid
    /// Client-to-mixer audio level. Source: RFC 6464.
    case audioLevel
    /// Transport-wide sequence number. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01.
    case transportSequenceNumber
    /// Absolute send time, 24 bits of 6.18 fixed point seconds.
    case absoluteSendTime
    /// Bounds on the playout delay.
    case playoutDelay
    /// Coordination of video orientation. Source: 3GPP TS 26.114, section 7.4.5.
    case videoOrientation
    /// AV1 dependency descriptor. Source: AOM, RTP payload format for AV1, appendix A.
    case dependencyDescriptor
    /// The bitrates, sizes and frame rates that the sender has given to its layers.
    case videoLayersAllocation

    /// The URI that names it in SDP.
    public var uri: String {
        switch self {
        case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
        case .rid: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
        case .repairedRid: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
        case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        case .transportSequenceNumber:
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        case .absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
        case .playoutDelay: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
        case .videoOrientation: "urn:3gpp:video-orientation"
        case .dependencyDescriptor:
            "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
        case .videoLayersAllocation:
            "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"
        }
    }

    /// The extension a URI names; nil for one the engine does not know.
    public init?(uri: String) {
        guard let match = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
        self = match
    }
}

/// The identifiers that a media section gave to header extensions.
public struct RTPHeaderExtensionMap: Hashable, Sendable {
    /// The identifier of each known extension, by its raw value; 0 where not negotiated.
    private var identifiers: InlineArray<10, UInt8> = .init(repeating: 0)

    /// Creates an empty map.
    public init() {}

    /// The identifier of an extension, 1 to 255; nil when it was not negotiated. Setting 0 removes it.
    public subscript(_ kind: RTPHeaderExtension) -> UInt8? {
        get {
            let identifier = identifiers[Int(kind.rawValue)]
            return identifier == 0 ? nil : identifier
        }
        set { identifiers[Int(kind.rawValue)] = newValue ?? 0 }
    }

    /// Adds the identifiers of another map. Bundled sections agree on them. Source: RFC 8843, section 15.1.1.
    mutating func merge(_ other: RTPHeaderExtensionMap) {
        for index in identifiers.indices where other.identifiers[index] != 0 {
            identifiers[index] = other.identifiers[index]
        }
    }

    /// The extension that has an identifier; nil when none has.
    public func kind(of identifier: UInt8) -> RTPHeaderExtension? {
        guard identifier != 0 else { return nil }
        for index in identifiers.indices where identifiers[index] == identifier {
            return RTPHeaderExtension(rawValue: UInt8(index))
        }
        return nil
    }

    /// Compares the identifiers.
    public static func == (left: Self, right: Self) -> Bool {
        left.identifiers.indices.allSatisfy { left.identifiers[$0] == right.identifiers[$0] }
    }

    /// Hashes the identifiers.
    public func hash(into hasher: inout Hasher) {
        for index in identifiers.indices { hasher.combine(identifiers[index]) }
    }
}
