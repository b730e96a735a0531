/// What came of one random sequence.
public struct LayerReport: Sendable {
    /// The sequence's seed.
    public var seed: UInt64
    /// What the network and the layers did, for a person.
    public var circumstances = ""
    /// Frames published, of all encodings.
    public var published = 0
    /// Frames sent to watchers, whole or in part.
    public var forwarded = 0
    /// Frames of these that can be decoded.
    public var decodable = 0
    /// Frames that watchers decoded behind their lossy links.
    public var played = 0
    /// Changes of encoding, or of the layers of one, that watchers saw.
    public var switches = 0
    /// Keyframes the publisher was asked for.
    public var keyframeRequests = 0
    /// What watchers asked for and what they were sent, packet by packet, when that is wanted.
    public var trace: [String] = []
    /// What was found wrong.
    public var violations: [LayerViolation] = []

    /// Creates an empty report.
    public init(seed: UInt64, circumstances: String = "") {
        self.seed = seed
        self.circumstances = circumstances
    }

    /// Adds the figures of another sequence.
    public mutating func add(_ other: LayerReport) {
        published += other.published
        forwarded += other.forwarded
        decodable += other.decodable
        played += other.played
        switches += other.switches
        keyframeRequests += other.keyframeRequests
        violations += other.violations
    }
}
