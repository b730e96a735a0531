/// One RTP packet to protect or unprotect.
///
/// The memory is the caller's, and stays in place for the call; the caller has checked the ranges. Source and
/// destination must not overlap, nor may two destinations of one call. Only `protect` may work in place: the payload
/// then begins exactly at the destination.
struct SRTPJob {
    /// The RTP header with its extensions: authenticated, not encrypted. Protect: stands right before `destination`.
    var header: UnsafeRawBufferPointer
    /// Protect: the plaintext, or its first part. Unprotect: the ciphertext followed by the tag.
    var payload: UnsafeRawBufferPointer
    /// Protect: the rest of the plaintext, so that a rewritten payload descriptor need not be joined to its packet.
    var payloadTail: UnsafeRawBufferPointer
    /// Protect: takes the ciphertext, then the tag. Unprotect: takes the plaintext; holds zeros when authentication
    /// fails. GCM writes plaintext before it has verified, so nobody may look before the outcome says success: a
    /// store advances its tail only then.
    var destination: UnsafeMutableRawPointer
    /// The synchronization source that the header names.
    var ssrc: UInt32
    /// The packet index, 48 bits: roll-over counter, then sequence number. Protect: given. Unprotect: a result.
    ///
    /// Source: RFC 3711, section 3.3.1.
    var index: UInt64
    /// What became of it: a result.
    var outcome: SRTPOutcome

    init(
        header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer,
        payloadTail: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        destination: UnsafeMutableRawPointer, ssrc: UInt32, index: UInt64 = 0
    ) {
        self.header = header
        self.payload = payload
        self.payloadTail = payloadTail
        self.destination = destination
        self.ssrc = ssrc
        self.index = index
        self.outcome = .pending
    }

    /// The longest packet, tag included, that UDP carries over IPv4. Far below what one key stream may cover (2^20
    /// bytes) and below 2^16, where the hash of intel-ipsec-mb ends.
    static let maximumPacket = 65_507

    /// Whether header, payload and a tag of this length fit a datagram.
    @inline(always)
    func fitsDatagram(tagLength: Int) -> Bool {
        header.count + payload.count + payloadTail.count + tagLength <= Self.maximumPacket
    }

    /// The highest packet index there is.
    static let maximumIndex: UInt64 = 1 << 48 - 1
}
