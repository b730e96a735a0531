extension ICEAgent {
    /// Takes a STUN message that arrived on `path`. What does not authenticate changes nothing but an allowance for
    /// verifications, and is met with silence.
    mutating func receive(
        _ message: STUNMessage, _ bytes: RawSpan, from path: NetworkPath, at instant: MediaInstant,
        random: inout MediaRandom, transmit: inout TransmitArena
    ) -> ICEOutcome {
        removedPaths.removeAll(keepingCapacity: true)
        guard state != .disconnected else { return .dropped(.closed) }
        // Time comes before what arrived in it: a late answer does not bring consent back.
        if expireConsent(at: instant) { return .consentExpired }
        guard message.method == STUNMessage.bindingMethod else { return .dropped(.stunUnexpected) }
        let outcome: ICEOutcome
        switch message.messageClass {
        case .request:
            outcome = receiveRequest(message, bytes, from: path, at: instant, random: &random, transmit: &transmit)
        case .indication:
            // A keepalive: nothing to do. Source: RFC 8445, section 11.
            return .nothing
        case .successResponse, .errorResponse:
            outcome = receiveResponse(message, bytes, from: path, at: instant, random: &random)
        }
        if mode == .controlling { advanceControlling(to: instant, random: &random, transmit: &transmit) }
        return outcome
    }

    // MARK: Requests

    private mutating func receiveRequest(
        _ message: STUNMessage, _ bytes: RawSpan, from path: NetworkPath, at instant: MediaInstant,
        random: inout MediaRandom, transmit: inout TransmitArena
    ) -> ICEOutcome {
        if let reason = refusal(of: message, bytes, from: path, at: instant) { return .dropped(reason) }
        // The request is authentic from here on.
        guard message.unknownAttributes.isEmpty else {
            builder.begin(.errorResponse, message.transactionID)
            builder.append(errorCode: 420)
            builder.append(unknownAttributes: message.unknownAttributes)
            respond(to: path, transmit: &transmit)
            return .dropped(.stunUnexpected)
        }
        switch (mode, message.role) {
        case (.lite, .controlled):
            // A lite agent has no other role to take; 487 makes the peer take the other one.
            return refuseRole(message, path, &transmit)
        case (.controlling, .controlling(let theirs)):
            // With the larger tie-breaker it is the peer that would say so, and this agent that would have to give way,
            // which it can't. Source: RFC 8445, section 7.3.1.1.
            return tieBreaker >= theirs ? refuseRole(message, path, &transmit) : .dropped(.stunUnexpected)
        default:
            break
        }
        guard let index = index(makingRoomFor: path, priority: message.priority ?? 0, at: instant) else {
            return .dropped(.icePathLimit)
        }
        let isRepeated = paths[index].lastRequest == message.transactionID
        paths[index].lastRequest = message.transactionID
        paths[index].lastHeard = instant
        if paths[index].validation == .none { paths[index].bytesReceived += bytes.byteCount }
        builder.begin(.successResponse, message.transactionID)
        builder.append(mappedAddress: path.remote, transactionID: message.transactionID)
        paths[index].bytesSent += respond(to: path, transmit: &transmit)
        switch mode {
        case .lite:
            return receivedCheck(
                message, index: index, isRepeated: isRepeated, at: instant, random: &random, transmit: &transmit)
        case .controlling:
            receivedCheck(index)
            return .nothing
        }
    }

    /// Why a request is not to be answered at all; nil when it is authentic. Cheap questions come first.
    private mutating func refusal(
        of message: STUNMessage, _ bytes: RawSpan, from path: NetworkPath, at instant: MediaInstant
    ) -> DropReason? {
        guard let names = message.usernameFragments(in: bytes), names.receiver == local.usernameFragment,
            remote == nil || names.sender == remote?.usernameFragment
        else { return .stunUnknownUsername }
        guard message.integrityOffset != nil, message.verifyFingerprint(in: bytes) else { return .stunIntegrity }
        guard isValidated(path) ? validatedRequests.take(at: instant) : otherRequests.take(at: instant) else {
            return .iceRateLimit
        }
        return message.verifyIntegrity(in: bytes, key: localKey) ? nil : .stunIntegrity
    }

    private mutating func refuseRole(
        _ message: STUNMessage, _ path: NetworkPath, _ transmit: inout TransmitArena
    ) -> ICEOutcome {
        builder.begin(.errorResponse, message.transactionID)
        builder.append(errorCode: 487)
        respond(to: path, transmit: &transmit)
        return .dropped(.stunUnexpected)
    }

    /// Signs and sends what the builder holds; returns how many bytes that were.
    @discardableResult
    private mutating func respond(to path: NetworkPath, transmit: inout TransmitArena) -> Int {
        guard builder.finish(key: localKey) else { return 0 }
        return transmit.append(builder.bytes.span.bytes, to: path) ? builder.bytes.count : 0
    }

    // MARK: Responses

    private mutating func receiveResponse(
        _ message: STUNMessage, _ bytes: RawSpan, from path: NetworkPath, at instant: MediaInstant,
        random: inout MediaRandom
    ) -> ICEOutcome {
        // The answer must come from where the question went. Source: RFC 8445, section 7.2.5.2.1.
        guard let index = paths.firstIndex(where: { $0.path == path }) else { return .dropped(.stunUnknownTransaction) }
        let isConsent = path == selectedPath && consentRequests.contains(message.transactionID)
        guard isConsent || paths[index].check?.transactionID == message.transactionID else {
            return .dropped(.stunUnknownTransaction)
        }
        // An error that anybody could have sent ends nothing, a 487 above all.
        guard message.verifyFingerprint(in: bytes), message.verifyIntegrity(in: bytes, key: remoteKey) else {
            return .dropped(.stunIntegrity)
        }
        guard message.messageClass == .successResponse, message.unknownAttributes.isEmpty else {
            if !isConsent { checkFailed(index) }
            return .dropped(.stunUnexpected)
        }
        if isConsent {
            lastConsent = instant
            consentRequests.removeAll(keepingCapacity: true)
            return .nothing
        }
        let isNomination = paths[index].check?.isNomination ?? false
        paths[index].check = nil
        paths[index].validation = .current
        switch mode {
        case .lite: return checkSucceeded(index, at: instant)
        case .controlling: return checkSucceeded(index, isNomination: isNomination, at: instant, random: &random)
        }
    }

    // MARK: Our checks

    /// Sends a path's check, first time or again. An address that has not answered yet gets the seven transmissions of
    /// one check, beyond that at most three times the bytes that came from it in authentic requests; and all such
    /// addresses together get twenty checks a second. So forging sources is no way to multiply traffic. What is withheld
    /// counts as sent.
    mutating func sendCheck(_ index: Int, at instant: MediaInstant, transmit: inout TransmitArena) {
        guard let check = paths[index].check, let remote else { return }
        paths[index].check?.sent(at: instant)
        builder.begin(.request, check.transactionID)
        builder.append(username: Array("\(remote.usernameFragment):\(local.usernameFragment)".utf8))
        builder.append(priority: checkPriority(of: paths[index].path))
        if check.isNomination { builder.appendUseCandidate() }
        builder.append(role: mode == .lite ? .controlled(tieBreaker) : .controlling(tieBreaker))
        guard builder.finish(key: remoteKey) else { return }
        let count = builder.bytes.count
        if mode == .lite, paths[index].validation == .none {
            guard
                paths[index].checksSent < ICECheck.maximumTransmissions
                    || paths[index].bytesSent + count <= 3 * paths[index].bytesReceived,
                unansweredChecks.take(at: instant)
            else { return }
            paths[index].checksSent += 1
        }
        if transmit.append(builder.bytes.span.bytes, to: paths[index].path) { paths[index].bytesSent += count }
    }

    /// PRIORITY: what a peer-reflexive candidate learned from the check would have; local addresses rank as listed.
    ///
    /// Source: RFC 8445, section 7.1.1.
    func checkPriority(of path: NetworkPath) -> UInt32 {
        let preference = UInt32(UInt16.max) - UInt32(localPaths.firstIndex(of: path.local) ?? 0)
        return ICECandidate.Kind.peerReflexive.typePreference << 24 | preference << 8 | 255
    }

    /// A check was given up. A pair that answered before, as its nomination did not, gets a second chance.
    mutating func checkTimedOut(_ index: Int) {
        let hadAnswered = paths[index].validation == .current
        checkFailed(index)
        if mode == .controlling, hadAnswered, !isSelectionCurrent {
            paths[index].validation = .none
            paths[index].pairState = .waiting
        }
    }

    /// A check was given up or refused.
    mutating func checkFailed(_ index: Int) {
        paths[index].check = nil
        paths[index].pairState = .failed
        paths[index].isPicked = false
    }
}
