/// Names a group of audio producers whose participants hear each other. Expires when the group is removed.
public struct SpeakerGroupID: Hashable, Sendable, CustomStringConvertible {
    let slot: SlotID

    /// A short text for logs.
    public var description: String { "speakers-\(slot.index).\(slot.generation)" }
}
