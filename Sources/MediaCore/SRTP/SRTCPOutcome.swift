/// What became of an SRTCP packet.
enum SRTCPOutcome: Equatable, Sendable {
    /// Authentic, new and decrypted: the length of the RTCP packet in bytes.
    case packet(count: Int)
    /// Dropped.
    case refused(DropReason)
}
