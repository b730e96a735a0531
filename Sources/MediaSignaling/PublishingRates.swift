/// What publishers are asked to send, in bit/s.
public struct PublishingRates: Sendable {
    /// The most of each publisher, which it may lower but not lift; 30,000 to 1,000,000,000, nil for no limit.
    public var bitrateLimit: Int64?
    /// What browsers built on libwebrtc begin with, in the same range; nil for their own 300,000.
    public var startBitrate: Int64? = 1_000_000

    /// Creates the defaults.
    public init() {}
}
