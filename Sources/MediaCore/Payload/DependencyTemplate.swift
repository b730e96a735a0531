/// What frames of one template have in common, as masks of decode targets.
///
/// Source: AOM, RTP payload format for AV1, appendix A.8.3.
struct DependencyTemplate: Equatable, Sendable {
    var spatialLayer: UInt8 = 0
    var temporalLayer: UInt8 = 0
    /// Decode targets that the frame is part of.
    var presentIn: UInt32 = 0
    /// Decode targets that can be changed over to at the frame.
    var switchTo: UInt32 = 0
    /// Decode targets whose chain has no earlier frame.
    var chainStarts: UInt32 = 0
    /// Whether the frame refers to others.
    var hasReferences = false
    /// The frames it refers to among the 64 before it: bit 0 is the one just before.
    var references: UInt64 = 0
    /// Whether it refers to frames further back.
    var refersFarBack = false

    /// Decode targets that begin anew at the frame.
    ///
    /// Chains that never began count as well as those that begin: a frame that refers to others begins none.
    func restarts(hasChains: Bool) -> UInt32 {
        guard !hasReferences else { return 0 }
        return hasChains ? presentIn & chainStarts : presentIn
    }

    /// Reads the frame's relation to each decode target: 0 not present, 1 discardable, 2 switch, 3 required.
    mutating func readTargets(_ count: Int, _ reader: inout BitReader) throws(WireError) {
        (presentIn, switchTo) = (0, 0)
        for target in 0..<count {
            let indication = try reader.read(2)
            if indication != 0 { presentIn |= 1 << UInt32(target) }
            if indication == 2 { switchTo |= 1 << UInt32(target) }
        }
    }

    /// Forgets its references: a descriptor of its own names them anew.
    mutating func dropReferences() {
        (hasReferences, references, refersFarBack) = (false, 0, false)
    }

    /// Notes a reference to the frame so many frames before.
    mutating func addReference(_ difference: UInt32) {
        hasReferences = true
        if (1...64).contains(difference) {
            references |= 1 << UInt64(difference - 1)
        } else {
            refersFarBack = true
        }
    }
}
