/// What the delay's trend says about the link.
enum LinkUsage: Hashable, Sendable {
    /// Its queue drains.
    case under
    /// Its queue keeps its length.
    case normal
    /// Its queue grows.
    case over
}
