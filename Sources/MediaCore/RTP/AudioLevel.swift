/// How loud a packet's sound is. Source: RFC 6464.
struct AudioLevel: Hashable, Sendable {
    /// Whether the sender's encoder believes it holds speech.
    var hasVoice: Bool
    /// Decibels below full scale: 0 is loudest, 127 is silence.
    var level: UInt8
}
