/// What an agent made of an input.
enum ICEOutcome: Hashable, Sendable {
    case nothing
    /// Media goes to this path from now on: the first one, or another than before.
    case selected(NetworkPath)
    /// The peer was silent for the consent timeout; `selectedPath` is nil. Source: RFC 7675, section 5.1.
    case consentExpired
    /// The message was not used.
    case dropped(DropReason)
}
