/// Why a call in memory is of no use.
public enum MemoryCallError: Error {
    /// A handshake did not end.
    case notConnected
}
