/// Why something that arrived was not used. Every drop has one reason, and every reason a counter.
public enum DropReason: UInt8, Error, CaseIterable, Sendable {
    // Demultiplexing
    /// Shorter than any packet, longer than any we take, or a first byte that no protocol owns (RFC 7983).
    case unrecognized
    /// Media or DTLS from an address that no transport has validated.
    case unknownAddress
    /// DTLS or media on a known address before it has been validated, or before keys exist.
    case notReady
    /// The transport or stream it is for has closed.
    case closed

    // STUN and ICE
    /// Not a well-formed STUN message.
    case stunMalformed
    /// A method, class or attribute that is not for us.
    case stunUnexpected
    /// A username that names no transport.
    case stunUnknownUsername
    /// A missing or wrong MESSAGE-INTEGRITY or FINGERPRINT.
    case stunIntegrity
    /// An answer to no request of ours.
    case stunUnknownTransaction
    /// More addresses than one transport may have.
    case icePathLimit
    /// More checks than one transport may send in a second.
    case iceRateLimit

    // DTLS
    /// Not a DTLS record, or one that its own protection refuses.
    case dtlsMalformed
    /// A record that the association's state has no use for.
    case dtlsUnexpected

    // SRTP
    /// Too short to hold a header, a tag and an index.
    case srtpTooShort
    /// An authentication tag that does not verify, or an SRTCP packet that is not encrypted.
    case srtpAuthentication
    /// A packet seen before.
    case srtpReplayed
    /// A packet older than the replay window.
    case srtpTooOld
    /// More synchronization sources than one transport may have.
    case srtpSourceLimit

    // RTP and RTCP
    /// Not a well-formed RTP packet.
    case rtpMalformed
    /// An SSRC that neither SDP nor a header extension ties to a stream.
    case rtpUnknownSource
    /// A payload type that was not negotiated.
    case rtpUnknownPayloadType
    /// A retransmission of something we have, or of nothing we know.
    case rtpUselessRetransmission
    /// A payload or dependency descriptor that can't be true: layers out of range, templates that never came.
    case rtpUnusableDescriptor
    /// Too far from the stream's other packets to be kept.
    case rtpOutOfRange
    /// Not well-formed RTCP.
    case rtcpMalformed
    /// Feedback about a stream that is not the sender's to speak of.
    case rtcpUnknownSource

    // Output
    /// No room in the transmit arena.
    case outputFull
    /// No address to send to yet, or no keys.
    case outputNotReady
    /// A packet that was asked for again, beyond what a watcher's link has for such.
    case resendOverBudget
}

/// A counter for each drop reason.
public struct DropCounters: Sendable {
    private var counts: [UInt64] = Array(repeating: 0, count: DropReason.allCases.count)

    /// Creates counters at zero.
    public init() {}

    /// How often a reason occurred.
    public subscript(_ reason: DropReason) -> UInt64 {
        counts[Int(reason.rawValue)]
    }

    mutating func count(_ reason: DropReason, times: UInt64 = 1) {
        counts[Int(reason.rawValue)] &+= times
    }
}
