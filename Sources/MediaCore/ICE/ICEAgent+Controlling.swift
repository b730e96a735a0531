/// The controlling agent: paced checks, one nomination, consent.
extension ICEAgent {
    /// Ta, the least time between two new transactions. Source: RFC 8445, section 14.2.
    private static let pacing = MediaDuration.milliseconds(50)
    /// How long a validated pair waits for a better one.
    private static let nominationPatience = MediaDuration.milliseconds(200)
    /// Answers awaited: one clears all, so this covers a minute of silence.
    private static let maximumConsentRequests = 16

    // MARK: Pairs

    /// Pairs a remote candidate with a local address.
    mutating func addPair(
        _ remote: TransportAddress, _ priority: UInt32, local localIndex: Int, at instant: MediaInstant
    ) {
        let path = NetworkPath(remote: remote, local: localPaths[localIndex])
        guard paths.count < Self.maximumPairs, !contains(path) else { return }
        let preference = UInt16.max - UInt16(truncatingIfNeeded: localIndex)
        let ours = UInt64(ICECandidate.Kind.host.typePreference << 24 | UInt32(preference) << 8 | 255)
        let theirs = UInt64(priority)
        var pair = ICEPath(path, at: instant)
        // Source: RFC 8445, section 6.1.2.3.
        pair.pairPriority = min(ours, theirs) << 32 | 2 * max(ours, theirs) + (ours > theirs ? 1 : 0)
        paths.append(pair)
        nextPacing = max(nextPacing, instant)
    }

    /// Makes a pair of an address that an authentic check came from. Source: RFC 8445, section 7.3.1.3.
    mutating func addReflexivePair(_ path: NetworkPath, priority: UInt32, at instant: MediaInstant) -> Int? {
        guard let local = localPaths.firstIndex(of: path.local), paths.count < Self.maximumPairs else { return nil }
        addPair(path.remote, priority, local: local, at: instant)
        return paths.count - 1
    }

    /// An authentic request came and has been answered: check its pair before others. Source: RFC 8445, section 7.3.1.4.
    mutating func receivedCheck(_ index: Int) {
        guard !isSelectionCurrent, paths[index].pairState == .waiting || paths[index].pairState == .failed else {
            return
        }
        paths[index].pairState = .triggered
    }

    // MARK: Nomination

    mutating func checkSucceeded(
        _ index: Int, isNomination: Bool, at instant: MediaInstant, random: inout MediaRandom
    ) -> ICEOutcome {
        paths[index].pairState = .succeeded
        guard isNomination, !isSelectionCurrent else { return .nothing }
        // Checks are over. Source: RFC 8445, section 8.1.2.
        for other in paths.indices where paths[other].pairState != .succeeded {
            paths[other].check = nil
            paths[other].pairState = .failed
        }
        nominationDeadline = nil
        scheduleConsentRequest(at: instant, random: &random)
        return select(index, at: instant)
    }

    /// Picks the best pair that answered, once no better one may still answer or the wait is over.
    private mutating func pickNomination(at instant: MediaInstant) {
        guard !isSelectionCurrent, !paths.contains(where: \.isPicked),
            let best = paths.indices.filter({ paths[$0].pairState == .succeeded })
                .max(by: { paths[$0].pairPriority < paths[$1].pairPriority })
        else { return }
        let deadline = nominationDeadline ?? instant + Self.nominationPatience
        nominationDeadline = deadline
        let mayImprove = paths.contains { pair in
            pair.pairPriority > paths[best].pairPriority && pair.pairState != .succeeded && pair.pairState != .failed
        }
        if deadline <= instant || !mayImprove {
            paths[best].isPicked = true
            paths[best].pairState = .triggered
            nominationDeadline = nil
        }
    }

    // MARK: Time

    var nextControllingDeadline: MediaInstant? {
        var deadline = nextConsentRequest
        if !isSelectionCurrent {
            if nextPair != nil { deadline = min(deadline ?? nextPacing, nextPacing) }
            if let nominationDeadline { deadline = min(deadline ?? nominationDeadline, nominationDeadline) }
        }
        return deadline
    }

    /// The pair whose check is to start next: triggered ones first, then by priority.
    private var nextPair: Int? {
        guard remote != nil, !isSelectionCurrent else { return nil }
        return paths.indices.filter { paths[$0].pairState == .triggered || paths[$0].pairState == .waiting }
            .max { left, right in
                let (left, right) = (paths[left], paths[right])
                return left.pairState == right.pairState
                    ? left.pairPriority < right.pairPriority : right.pairState == .triggered
            }
    }

    /// Does what a controlling agent has due, beyond repeating checks.
    mutating func advanceControlling(
        to instant: MediaInstant, random: inout MediaRandom, transmit: inout TransmitArena
    ) {
        pickNomination(at: instant)
        if nextPacing <= instant, let index = nextPair {
            let active = paths.count { $0.pairState != .succeeded && $0.pairState != .failed }
            // Source: RFC 8445, section 14.3.
            let interval = max(ICECheck.initialInterval, Self.pacing * Int64(active))
            paths[index].check = ICECheck(
                transactionID: STUNTransactionID(random: &random), isNomination: paths[index].isPicked,
                interval: interval, at: instant)
            paths[index].pairState = .inProgress
            nextPacing = instant + Self.pacing
            sendCheck(index, at: instant, transmit: &transmit)
        }
        if let nextConsentRequest, nextConsentRequest <= instant {
            sendConsentRequest(at: instant, random: &random, transmit: &transmit)
        }
    }

    // MARK: Consent

    /// Asks the selected path's peer whether it still wants what we send: one request, never repeated.
    ///
    /// Source: RFC 7675, section 5.1.
    private mutating func sendConsentRequest(
        at instant: MediaInstant, random: inout MediaRandom, transmit: inout TransmitArena
    ) {
        scheduleConsentRequest(at: instant, random: &random)
        guard let selectedPath, let remote else { return }
        let transactionID = STUNTransactionID(random: &random)
        if consentRequests.count == Self.maximumConsentRequests { consentRequests.removeFirst() }
        consentRequests.append(transactionID)
        builder.begin(.request, transactionID)
        builder.append(username: Array("\(remote.usernameFragment):\(local.usernameFragment)".utf8))
        builder.append(priority: checkPriority(of: selectedPath))
        builder.append(role: .controlling(tieBreaker))
        if builder.finish(key: remoteKey) { transmit.append(builder.bytes.span.bytes, to: selectedPath) }
    }

    /// Every 5 s, give or take a fifth; oftener only with a timeout too short for that.
    private mutating func scheduleConsentRequest(at instant: MediaInstant, random: inout MediaRandom) {
        let period = min(5_000, max(consentTimeout.nanoseconds / 5_000_000, 1))
        nextConsentRequest = instant + .microseconds(Int64.random(in: period * 800...period * 1200, using: &random))
    }
}
