/// What an agent knows of one path: for a lite agent an address that checks came from, for a controlling one a pair.
struct ICEPath: Hashable, Sendable {
    /// Whether the peer has answered a check of ours on the path.
    enum Validation: Hashable, Sendable {
        case none
        /// In a session before the last restart: good for what is under way, not for being selected.
        case earlier
        /// In this session.
        case current
    }

    /// USE-CANDIDATE as it arrived on a path of a lite agent.
    struct Nomination: Hashable, Sendable {
        /// Counts nominations on all paths, in order of arrival.
        var order: UInt64
        /// PRIORITY of the latest.
        var priority: UInt32
        /// When the latest arrived.
        var latest: MediaInstant
        /// When the first arrived that the selected path has not been nominated after.
        var first: MediaInstant?
    }

    /// Where a controlling agent is with a pair. Source: RFC 8445, section 6.1.2.6.
    enum PairState: Hashable, Sendable {
        case waiting, triggered, inProgress, succeeded, failed
    }

    let path: NetworkPath
    var validation = Validation.none
    var check: ICECheck?
    /// The last authenticated request's: one that comes again is a retransmission.
    var lastRequest: STUNTransactionID?
    /// When the last authenticated request came, or the path was made.
    var lastHeard: MediaInstant

    /// Bytes of authenticated requests received before validation.
    var bytesReceived = 0
    /// Bytes sent before validation.
    var bytesSent = 0
    /// Transmissions of checks before validation.
    var checksSent = 0

    // A lite agent's.
    var nomination: Nomination?
    /// Whether it was selected and lost to another.
    var wasSuperseded = false

    // A controlling agent's.
    var pairState = PairState.waiting
    var pairPriority: UInt64 = 0
    /// Whether it has been picked for nomination.
    var isPicked = false

    init(_ path: NetworkPath, at instant: MediaInstant) {
        self.path = path
        lastHeard = instant
    }

    /// Forgets the session, as a restart asks; a path that was validated stays good for what is under way.
    mutating func restart() {
        validation = validation == .none ? .none : .earlier
        check = nil
        lastRequest = nil
        nomination = nil
        wasSuperseded = false
        pairState = .waiting
        isPicked = false
    }
}
