/// What 20 ms of a simulated microphone are like.
public enum SimulatedSound: Sendable {
    /// A packet with this level, in decibels below full scale. Source: RFC 6464.
    case level(UInt8)
    /// No packet: silence that is not transmitted.
    case unsent
}
