/// Why bytes are not RTCP.
package enum RTCPError: Error {
    /// The packets do not fill the datagram exactly, or one has a wrong version or padding.
    case framing
    /// A packet is shorter than what its header or its counts promise, or not what its format allows.
    case truncated
}
