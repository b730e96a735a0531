/// Why bytes are not an RTP packet.
public enum RTPError: Error {
    /// They end before the header, its CSRC list or its extension does.
    case truncated
    /// The version is not 2.
    case version
}
