/// A packet without bytes.
package struct WirePacket: Sendable {
    /// What it is to its flow.
    package enum Kind: UInt8, Sendable {
        case video, audio, padding, resend
        /// What the receiver says of what arrived, by the number of a message that the flow keeps.
        case feedback
        case senderReport, receiverReport
        case segment, acknowledgement
        /// Real bytes, by a number under which the flow keeps them.
        case datagram
    }

    /// The flow's place in the network.
    package var flow: Int
    package var kind: Kind
    /// On the wire, UDP and IP headers included.
    package var byteCount: Int
    /// What it means is the flow's matter.
    package var number: Int64
    package var second: Int64 = 0
    /// Whether it goes from the flow's sender to its receiver.
    package var isForward = true
    /// How many links it has passed.
    var hop = 0
    /// How long it has waited in queues, in nanoseconds.
    package var waited: Int64 = 0

    package init(flow: Int, kind: Kind, byteCount: Int, number: Int64, second: Int64 = 0, isForward: Bool = true) {
        self.flow = flow
        self.kind = kind
        self.byteCount = byteCount
        self.number = number
        self.second = second
        self.isForward = isForward
    }
}
