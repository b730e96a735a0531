/// What a worker's sockets and thread have done since it began.
public struct WorkerStatistics: Sendable, Encodable {
    /// Datagrams received, truncated ones not counted.
    public var datagramsReceived: UInt64 = 0
    /// The messages they came in: fewer when the kernel hands over runs of datagrams at once (UDP_GRO).
    public var messagesReceived: UInt64 = 0
    /// Their bytes of UDP payload.
    public var bytesReceived: UInt64 = 0
    /// Datagrams dropped because they were larger than any we can use (2,048 bytes).
    public var datagramsTruncated: UInt64 = 0
    /// Whether the kernel tells the marks of explicit congestion notification (ECN) on what is received.
    public var isReadingECN = false
    /// Datagrams received with the mark CE, congestion experienced; 0 where marks are not told.
    ///
    /// Source: RFC 3168, section 5.
    public var datagramsReceivedWithCE: UInt64 = 0
    /// System calls that received.
    public var receiveCalls: UInt64 = 0
    /// Those that failed.
    public var receiveErrors: UInt64 = 0
    /// Datagrams the kernel took for sending.
    public var datagramsSent: UInt64 = 0
    /// The messages they left in: fewer when one message carries several datagrams for one peer (UDP_SEGMENT).
    public var messagesSent: UInt64 = 0
    /// Their bytes of UDP payload.
    public var bytesSent: UInt64 = 0
    /// System calls that sent.
    public var sendCalls: UInt64 = 0
    /// Datagrams the kernel refused, by reason: `unreachable`, `not-permitted`, `invalid`, `too-large`, `refused`,
    /// `no-buffers`, `other`. Reasons that never occurred are left out.
    public var sendErrors: [String: UInt64] = [:]
    /// Whether several datagrams for one peer may leave as one message, now.
    public var isSegmenting = false
    /// Messages of several datagrams that the kernel refused and then took one datagram at a time.
    public var segmentationRefusals: UInt64 = 0
    /// How often received packets waited for the rest of their frame.
    public var coalescingWaits: UInt64 = 0
    /// Datagrams that wait for room in a socket's send buffer, now.
    public var queuedDatagrams = 0
    /// Datagrams dropped because too many were waiting already.
    public var queueDrops: UInt64 = 0
    /// Datagrams the engine could not put into its output because it was full.
    public var outputRefusals: UInt64 = 0
    /// How often the thread waited for something to happen, or looked whether it had.
    public var waitCalls: UInt64 = 0
    /// Events that nobody read and that newer ones displaced.
    public var eventDrops: UInt64 = 0
}
