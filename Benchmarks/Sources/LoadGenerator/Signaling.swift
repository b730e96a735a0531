/// How peers reach a server: an offer goes out, a description comes back, nothing waits.
protocol Signaling: AnyObject {
    /// Brings the server into the state that peers need; true once it is.
    func prepare(at now: Int64) -> Bool
    /// Begins to connect a peer; `publishers` are those that a subscriber watches.
    func join(_ peer: Peer, at now: Int64)
    /// Moves on what is under way.
    func sweep(at now: Int64)
}
