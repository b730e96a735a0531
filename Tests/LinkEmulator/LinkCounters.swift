/// What happened to one direction's packets.
struct LinkCounters: Codable, Equatable, Sendable {
    var received = 0
    var receivedBytes = 0
    var delivered = 0
    var lost = 0
    var duplicated = 0
    /// Dropped because the bottleneck's queue was full, or more packets were under way than the emulator keeps.
    var overflowed = 0
    /// The receiving interface refused the packet.
    var refused = 0
}
