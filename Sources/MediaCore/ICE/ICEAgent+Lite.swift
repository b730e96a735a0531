/// Which path a lite agent selects.
///
/// A path is selected when the peer has nominated it (USE-CANDIDATE) and it has answered a check of ours. When several
/// are, the peers' habits decide:
/// - Chromium facing a lite agent nominates only the pair it has selected itself, in every check on it; when it roams,
///   the flag moves to the new pair, of whatever priority, while plain checks go on at the old.
/// - Firefox, Pion and GStreamer nominate one pair once. After NAT rebinding their plain checks come from another port:
///   when the selected path has been silent for 7 s, those count as nominations.
/// - Agents of RFC 5245 (libnice by default, aiortc) may nominate every pair and mean the one of highest priority
///   (RFC 8445, section 8.1.1).
///
/// So a nomination of at least the selected path's priority wins at once. One of lower priority, or of a path that was
/// selected before and lost, wins when the peer repeats it over 300 ms without nominating the selected path in between,
/// or when the selected path has been silent for 7 s. A straggler from before a move therefore moves nothing back.
extension ICEAgent {
    private static let nominationPersistence = MediaDuration.milliseconds(300)
    /// More than the 6 s that may pass between consent checks. Source: RFC 7675, section 5.1.
    private static let silence = MediaDuration.seconds(7)
    /// The least time between two checks on a path.
    private static let checkSpacing = MediaDuration.milliseconds(50)

    /// An authentic request came and has been answered.
    mutating func receivedCheck(
        _ message: STUNMessage, index: Int, isRepeated: Bool, at instant: MediaInstant, random: inout MediaRandom,
        transmit: inout TransmitArena
    ) -> ICEOutcome {
        if state == .new { state = .checking }
        if paths[index].validation != .current {
            triggerCheck(index, at: instant, random: &random, transmit: &transmit)
        }
        // A retransmission, or a recording played back, says nothing new.
        guard !isRepeated else { return .nothing }
        if paths[index].validation != .none { lastConsent = instant }
        if message.useCandidate || isReplacingSelected(index, at: instant) {
            nominate(index, priority: message.priority ?? 0, at: instant)
        }
        return settle(index, at: instant)
    }

    /// Whether the peer is heard on this path, and on the selected one no more.
    private func isReplacingSelected(_ index: Int, at instant: MediaInstant) -> Bool {
        guard isSelectionCurrent, let selected = paths.first(where: { $0.path == selectedPath }) else { return false }
        return paths[index].path != selectedPath && instant - selected.lastHeard >= Self.silence
    }

    mutating func checkSucceeded(_ index: Int, at instant: MediaInstant) -> ICEOutcome {
        lastConsent = instant
        return settle(index, at: instant)
    }

    /// Checks a path in the same flight as the response, so that the peer's first check and ours cost one round trip.
    private mutating func triggerCheck(
        _ index: Int, at instant: MediaInstant, random: inout MediaRandom, transmit: inout TransmitArena
    ) {
        if let check = paths[index].check {
            guard instant - check.sentAt >= Self.checkSpacing else { return }
            paths[index].check?.renew()
        } else {
            let transactionID = STUNTransactionID(random: &random)
            paths[index].check = ICECheck(transactionID: transactionID, isNomination: false, at: instant)
        }
        sendCheck(index, at: instant, transmit: &transmit)
    }

    /// Finds a path or makes one; nil when there are too many that matter. An unvalidated one that was silent longest
    /// gives way, else a validated one that outlived its consent.
    mutating func index(makingRoomFor path: NetworkPath, priority: UInt32, at instant: MediaInstant) -> Int? {
        if let index = paths.firstIndex(where: { $0.path == path }) { return index }
        guard mode == .lite else { return addReflexivePair(path, priority: priority, at: instant) }
        if paths.count >= Self.maximumPaths {
            let expendable = paths.indices.filter { index in
                let candidate = paths[index]
                return candidate.path != selectedPath
                    && (candidate.validation == .none || instant - candidate.lastHeard >= consentTimeout)
            }
            let oldest = expendable.min { left, right in
                let (left, right) = (paths[left], paths[right])
                return left.validation == right.validation
                    ? left.lastHeard < right.lastHeard : left.validation == .none
            }
            guard let oldest else { return nil }
            removedPaths.append(paths.remove(at: oldest).path)
        }
        paths.append(ICEPath(path, at: instant))
        return paths.count - 1
    }

    private mutating func nominate(_ index: Int, priority: UInt32, at instant: MediaInstant) {
        nominationCount &+= 1
        let isSelected = isSelectionCurrent && paths[index].path == selectedPath
        if isSelected {
            for other in paths.indices { paths[other].nomination?.first = nil }
        }
        paths[index].nomination = ICEPath.Nomination(
            order: nominationCount, priority: priority, latest: instant,
            first: isSelected ? nil : paths[index].nomination?.first ?? instant)
    }

    /// Selects the path when it is nominated, validated, and beats the selected one.
    private mutating func settle(_ index: Int, at instant: MediaInstant) -> ICEOutcome {
        let rival = paths[index]
        guard rival.validation == .current, let nomination = rival.nomination else { return .nothing }
        guard isSelectionCurrent, let selected = paths.firstIndex(where: { $0.path == selectedPath }),
            let held = paths[selected].nomination
        else { return select(index, at: instant) }
        guard selected != index else { return .nothing }

        let isNewer = nomination.order > held.order
        let isRepeated = nomination.first.map { nomination.latest - $0 >= Self.nominationPersistence } ?? false
        let isSilent = instant - paths[selected].lastHeard >= Self.silence
        if isNewer && (isRepeated || isSilent) {
            // The peer has moved: what it nominated earlier is history.
            for other in paths.indices where other != index { paths[other].nomination = nil }
        } else {
            guard !rival.wasSuperseded, nomination.priority != held.priority || isNewer,
                nomination.priority >= held.priority, instant - nomination.latest < Self.silence
            else { return .nothing }
        }
        paths[selected].wasSuperseded = true
        paths[selected].nomination = nil
        paths[index].wasSuperseded = false
        return select(index, at: instant)
    }
}
