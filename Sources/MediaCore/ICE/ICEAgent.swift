/// One transport's ICE: which of the peer's addresses are real, which carries media, and whether the peer still agrees.
///
/// A state machine: messages and time come in, datagrams go into the arena, and an outcome tells what changed. It holds
/// no addresses but those that authenticated requests came from (lite) or candidates named (controlling), and a
/// bounded number of them.
///
/// A lite agent here checks more than RFC 8445 asks of one: before media moves to an address, or DTLS is taken from it,
/// our own authenticated request must have been answered from there. Else anybody with the session's credentials could
/// aim the media at a victim by one request with a forged source. Chromium, Firefox and the full agents of servers
/// answer such requests, as a full agent must.
///
/// Source: RFC 8445, RFC 7675, RFC 8838.
struct ICEAgent: ~Copyable {
    /// Addresses a lite agent keeps. Source: our choice; a peer has a few.
    static let maximumPaths = 16
    static let maximumRemoteCandidates = 32
    /// Source: RFC 8445, section 6.1.2.5.
    static let maximumPairs = 100

    let mode: ICEMode
    let consentTimeout: MediaDuration
    private(set) var local: ICECredentials
    private(set) var remote: ICECredentials?
    var state = ICEState.new
    /// Where media goes.
    var selectedPath: NetworkPath?
    /// Whether this session selected it, rather than the one before a restart.
    var isSelectionCurrent = false
    /// When the peer last showed that it wants what we send.
    var lastConsent = MediaInstant(nanoseconds: 0)

    var paths: [ICEPath] = []
    /// Paths that the last call forgot, for the caller's address table.
    var removedPaths: [NetworkPath] = []
    var nominationCount: UInt64 = 0

    // A controlling agent's.
    var localPaths: [UInt8] = []
    var remoteCandidates: [ICECandidate] = []
    /// When the next transaction may start. Source: RFC 8445, section 14.2.
    var nextPacing = MediaInstant(nanoseconds: .min)
    /// When waiting for a better pair ends.
    var nominationDeadline: MediaInstant?
    var consentRequests: [STUNTransactionID] = []
    var nextConsentRequest: MediaInstant?

    /// Each verification costs a hash. Paths that proved themselves have an allowance of their own, so that a flood from
    /// elsewhere can't starve them.
    var validatedRequests = ICERateLimit(interval: .milliseconds(5), burst: 100)
    var otherRequests = ICERateLimit(interval: .milliseconds(5), burst: 100)
    /// Checks to addresses that have not answered yet.
    var unansweredChecks = ICERateLimit(interval: .milliseconds(50), burst: 20)

    let tieBreaker: UInt64
    var localKey: STUNIntegrityKey
    var remoteKey = STUNIntegrityKey()
    var builder = STUNBuilder()

    /// Creates an agent that has heard nothing yet.
    init(mode: ICEMode, local: ICECredentials, consentTimeout: MediaDuration, random: inout MediaRandom) {
        self.mode = mode
        self.local = local
        self.consentTimeout = consentTimeout
        tieBreaker = random.next()
        localKey = STUNIntegrityKey(password: local.password)
    }

    /// Takes the peer's description. `localPaths` are the local addresses to check from, best first; a lite agent needs
    /// neither them nor candidates.
    mutating func setRemote(
        _ credentials: ICECredentials, candidates: [ICECandidate], localPaths: [UInt8], at instant: MediaInstant
    ) {
        remote = credentials
        remoteKey = STUNIntegrityKey(password: credentials.password)
        self.localPaths = localPaths
        if mode == .controlling, state == .new { state = .checking }
        for candidate in candidates { addRemoteCandidate(candidate, at: instant) }
    }

    /// Takes a trickled candidate; beyond 32 they are ignored. Source: RFC 8838, section 11.
    mutating func addRemoteCandidate(_ candidate: ICECandidate, at instant: MediaInstant) {
        let address = candidate.address
        guard mode == .controlling, remoteCandidates.count < Self.maximumRemoteCandidates,
            !remoteCandidates.contains(where: { $0.address == address }),
            address.port != 0, !address.isUnspecified, !address.isMulticast
        else { return }
        remoteCandidates.append(candidate)
        for index in localPaths.indices { addPair(candidate.address, candidate.priority, local: index, at: instant) }
    }

    /// Starts a new session. Media stays on the selected path until the new session selects one, and consent runs on
    /// meanwhile; requests with the old username fragment are refused from here on.
    ///
    /// Source: RFC 8445, section 9.
    mutating func restart(local: ICECredentials, remote: ICECredentials, at instant: MediaInstant) {
        removedPaths.removeAll(keepingCapacity: true)
        self.local = local
        self.remote = remote
        localKey = STUNIntegrityKey(password: local.password)
        remoteKey = STUNIntegrityKey(password: remote.password)
        isSelectionCurrent = false
        nominationDeadline = nil
        consentRequests.removeAll(keepingCapacity: true)
        nextConsentRequest = nil
        nextPacing = max(nextPacing, instant)
        state = .checking
        for index in paths.indices { paths[index].restart() }
        if mode == .lite {
            for path in paths where path.validation == .none { removedPaths.append(path.path) }
            paths.removeAll { $0.validation == .none }
        }
    }

    /// Whether the peer has answered a check of ours from this path: DTLS and SRTP are taken from no other.
    func isValidated(_ path: NetworkPath) -> Bool {
        path == selectedPath || paths.contains { $0.path == path && $0.validation != .none }
    }

    /// Whether the agent keeps the path: whoever maps addresses to agents maps these.
    func contains(_ path: NetworkPath) -> Bool {
        paths.contains { $0.path == path }
    }

    /// When `advance` must be called next; nil when nothing is scheduled.
    var nextDeadline: MediaInstant? {
        guard state != .disconnected else { return nil }
        var deadline = consentDeadline
        func consider(_ candidate: MediaInstant?) {
            guard let candidate else { return }
            deadline = min(deadline ?? candidate, candidate)
        }
        for path in paths { consider(path.check?.deadline) }
        if mode == .controlling { consider(nextControllingDeadline) }
        return deadline
    }

    /// When consent runs out; nil while there is nothing to consent to.
    var consentDeadline: MediaInstant? {
        selectedPath == nil ? nil : lastConsent + consentTimeout
    }

    /// Does what is due at or before `instant`.
    mutating func advance(
        to instant: MediaInstant, random: inout MediaRandom, transmit: inout TransmitArena
    ) -> ICEOutcome {
        removedPaths.removeAll(keepingCapacity: true)
        guard state != .disconnected else { return .nothing }
        if expireConsent(at: instant) { return .consentExpired }
        for index in paths.indices {
            guard let check = paths[index].check, check.deadline <= instant else { continue }
            if check.isExhausted {
                checkTimedOut(index)
            } else {
                sendCheck(index, at: instant, transmit: &transmit)
            }
        }
        if mode == .controlling { advanceControlling(to: instant, random: &random, transmit: &transmit) }
        return .nothing
    }

    /// Stops everything when consent has run out.
    mutating func expireConsent(at instant: MediaInstant) -> Bool {
        guard state != .disconnected, let consentDeadline, consentDeadline <= instant else { return false }
        state = .disconnected
        selectedPath = nil
        isSelectionCurrent = false
        for path in paths { removedPaths.append(path.path) }
        paths.removeAll(keepingCapacity: true)
        consentRequests.removeAll(keepingCapacity: true)
        nextConsentRequest = nil
        return true
    }

    /// Makes a path the selected one. A path of the session before counts as unchanged when it is selected again.
    mutating func select(_ index: Int, at instant: MediaInstant) -> ICEOutcome {
        let path = paths[index].path
        let isChanged = path != selectedPath
        if selectedPath == nil || mode == .controlling { lastConsent = instant }
        selectedPath = path
        isSelectionCurrent = true
        state = .connected
        return isChanged ? .selected(path) : .nothing
    }
}
