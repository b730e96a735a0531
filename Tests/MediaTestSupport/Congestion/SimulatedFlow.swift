package import MediaCore

/// A sender and a receiver at the two ends of a simulated network.
package protocol SimulatedFlow: AnyObject {
    var name: String { get }
    /// What is counted from outside.
    var counts: FlowCounts { get }
    /// What it believes the link to carry at present, in bit/s; nil for a flow that has no such belief.
    var estimate: Int64? { get }
    /// The most it would send at an instant if the link carried it, in bit/s on the wire; `.max` without bound.
    func sendable(at instant: MediaInstant) -> Int64
    /// When it wants to be woken first.
    var start: MediaInstant { get }
    /// It was to be woken now or earlier.
    func wake(in network: CongestionNetwork)
    /// A packet has come to its end.
    func receive(_ packet: WirePacket, in network: CongestionNetwork)
    /// A packet was lost on its way.
    func lose(_ packet: WirePacket, in network: CongestionNetwork)
}

/// What a flow has done so far. All bytes are on the wire.
package struct FlowCounts: Sendable {
    package var sentPackets = 0
    package var sentBytes = 0
    package var lostPackets = 0
    /// What of it was of use: media, or a file's bytes.
    package var deliveredBytes = 0
    /// What it was padded with.
    package var paddingBytes = 0
    /// Frames that were not sent because the queue in front of the pacer was too long.
    package var shedFrames = 0
    /// The large ones.
    package var keyframes: [Keyframe] = []

    /// What became of a frame of very many packets.
    package struct Keyframe: Sendable {
        /// Frames of fewer packets are not followed.
        package static let leastPackets = 40

        package var madeAt: MediaInstant
        package var packets: Int
        package var arrived = 0
        package var lastArrival = MediaInstant(nanoseconds: 0)
    }

    package init() {}
}
