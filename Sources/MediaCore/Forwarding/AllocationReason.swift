/// Why a watcher gets of a video what it gets.
public enum AllocationReason: String, Hashable, Sendable, Encodable {
    /// It is the best that it asked for of what arrives.
    case preferred
    /// Its link does not carry what it asked for beside what is more important.
    case bandwidth
    /// It gets nothing: its link does not carry even the least of it beside what is more important.
    case bandwidthPaused = "bandwidth-paused"
    /// It gets nothing, as it asked for.
    case paused
    /// Nothing of it arrives.
    case silent
}
