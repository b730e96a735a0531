/// A breach of what a receiver of layers may rely on.
public struct LayerViolation: Sendable, CustomStringConvertible {
    /// What it breaches.
    public enum Kind: String, CaseIterable, Sendable {
        /// A payload that is not, byte for byte, what was published, but for the numbers that may be rewritten.
        case altered
        /// Packets or pictures that run backward, or one picture's amid another's.
        case order
        /// A frame of which a packet was left out.
        case incomplete
        /// A frame that refers to one which was left out.
        case reference
        /// Two pictures of one time, time that runs backward, or by another measure than the source's.
        case timestamp
        /// A number that nothing was sent under.
        case hole
        /// A picture id that leaves something out or repeats.
        case pictureID = "picture-id"
        /// TL0PICIDX that does not count the pictures of layer 0.
        case levelZero = "tl0picidx"
        /// A marker that is not on a picture's last packet.
        case marker
        /// A receiver that goes by the payload descriptor finds a reference missing.
        case continuity
        /// A dependency descriptor that can't be read or does not say what is true.
        case descriptor
        /// A decode target that is said to be active and is not all sent.
        case mask
        /// A retransmission that differs from what was sent first.
        case retransmission = "rtx"
        /// One key, SSRC and index for two packets.
        case nonce
        /// A layer above the one asked for, or another encoding.
        case preference
        /// Fewer pictures than the layer has.
        case starved
        /// Honest packets that the engine takes for lies.
        case refused
        /// A pause in a stream that should have none.
        case pause
    }

    /// What it breaches.
    public var kind: Kind
    /// What was found, for a person.
    public var detail: String

    /// Creates one.
    public init(kind: Kind, detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// In one line.
    public var description: String { "\(kind.rawValue): \(detail)" }
}
