/// Sessions: from an SDP offer to a transport with its producers or consumers, and back to nothing.
extension MediaEngine {
    /// The canonical name of what the engine itself sends reports about. Source: RFC 7022.
    static let cname = "sluice"

    /// Accepts a publisher's offer: creates a transport, and a producer for each media section that is sent.
    ///
    /// - Parameters:
    ///   - offer: SDP.
    ///   - name: comes back with the transport's closing event and stands in statistics.
    ///   - bitrateLimit: the most that the publisher is to send, in bit/s, 30,000 to 1,000,000,000; nil for no limit.
    ///     Whom REMB doesn't reach is told in the answer (`b=TIAS`, `b=AS`), for good; see `limitBitrate`.
    ///   - startBitrate: the bit rate that a browser built on libwebrtc begins with instead of its own 300 kbit/s, in the
    ///     same range; nil leaves it alone. With too little it begins with a small picture and takes seconds to grow,
    ///     with more than its link carries it begins with loss.
    /// - Throws: `MediaEngineError`: what is wrong with the offer, or a bit rate out of range.
    public mutating func publish(
        offer: String, name: String, bitrateLimit: Int64? = nil, startBitrate: Int64? = nil, at instant: MediaInstant
    ) throws(MediaEngineError) -> PublishSession {
        try checkRoom()
        try Self.checkBitrate(bitrateLimit, "bitrateLimit")
        try Self.checkBitrate(startBitrate, "startBitrate")
        let offer = try parse(offer)
        let local = localDescription()
        let remote: RemoteTransportDescription
        let media: [RTPParameters]
        let answer: SessionDescription
        do throws(SDPError) {
            (remote, media, answer) = try PublishNegotiation.accept(
                offer: offer, local: local, sessionID: sessionID(),
                prefersRedundantAudio: configuration.prefersRedundantAudio, bitrateLimit: bitrateLimit,
                startBitrate: startBitrate)
        } catch {
            throw .unacceptableOffer(error.description)
        }
        let transport = try createTransport(name, local, remote, media, at: instant)
        transports[transport].requestedBitrate.set(bitrateLimit)
        var hasFeedback = false
        for parameters in media {
            let producer = producers.insert(Producer(transport: transport, parameters: parameters))
            transports[transport].producers.append(producer)
            hasFeedback = hasFeedback || parameters.codec.feedback.contains(.transportWide)
            for encoding in parameters.encodings {
                guard let ssrc = encoding.ssrc else { continue }
                transports[transport].sources[ssrc] = .announced(producer: producer, repairs: nil)
                guard let repair = encoding.retransmissionSSRC else { continue }
                transports[transport].sources[repair] = .announced(producer: producer, repairs: ssrc)
            }
        }
        if hasFeedback { transports[transport].feedback = TransportFeedbackRecorder() }
        return PublishSession(
            transport: TransportID(slot: transport),
            producers: transports[transport].producers.map { ProducerID(slot: $0) },
            answer: answer.description, usernameFragment: local.credentials.usernameFragment)
    }

    /// Accepts a watcher's offer: creates a transport, and a consumer for each of `producers` that a media section of
    /// the offer can receive.
    ///
    /// `startBitrate` is what its link is taken to carry at first, in bit/s, such as the last estimate of a session that
    /// it had before; it is brought within the configuration's limits, whose start takes its place when it is nil.
    public mutating func watch(
        offer: String, name: String, producers watched: [ProducerID], startBitrate: Int64? = nil,
        at instant: MediaInstant
    ) throws(MediaEngineError) -> WatchSession {
        try checkRoom()
        let offer = try parse(offer)
        var sources: [WatchSource] = []
        for producer in watched {
            guard producers.contains(producer.slot) else { throw .unknownProducer }
            sources.append(watchSource(producer.slot, apartFrom: sources))
        }
        let local = localDescription()
        let remote: RemoteTransportDescription
        let media: [(sourceIndex: Int, parameters: RTPParameters)]
        let answer: SessionDescription
        do throws(SDPError) {
            (remote, media, answer) = try WatchNegotiation.accept(
                offer: offer, sources: sources, local: local, sessionID: sessionID())
        } catch {
            throw error.isCodecMismatch ? .noCommonCodec(error.description) : .unacceptableOffer(error.description)
        }
        let transport = try createTransport(
            name, local, remote, media.map { $0.parameters }, startBitrate: startBitrate, at: instant)
        for (sourceIndex, parameters) in media {
            let producer = watched[sourceIndex].slot
            let consumer = consumers.insert(
                Consumer(
                    transport: transport, producer: producer, parameters: parameters,
                    sourceCodec: producers[producer].parameters.codec, random: &random))
            transports[transport].consumers.append(consumer)
            if configuration.repeatsLostAudio, parameters.codec.redundantPayloadType != nil {
                transports[transport].redundancyRoom = RedundancyRoom(at: instant)
            }
            transports[transport].consumerBySSRC[consumers[consumer].ssrc] = consumer
            producers[producer].consumers.append(consumer)
            if consumers[consumer].header.hasTransportSequenceNumber { transports[transport].hasNumbers = true }
            if transports[transport].paddingSource == nil, consumers[consumer].canPad {
                transports[transport].paddingSource = consumer
            }
        }
        return WatchSession(
            transport: TransportID(slot: transport),
            consumers: transports[transport].consumers.map { ConsumerID(slot: $0) },
            answer: answer.description, usernameFragment: local.credentials.usernameFragment)
    }

    /// Takes an SDP fragment: trickled candidates (returns nil), or new credentials, which restart ICE (returns the
    /// answering fragment and the new local username fragment).
    ///
    /// Source: RFC 8840; RFC 9725, section 4.3.
    public mutating func updateICE(
        _ transport: TransportID, fragment text: String, at instant: MediaInstant
    ) throws(MediaEngineError) -> (answer: String, usernameFragment: String)? {
        let transport = transport.slot
        guard transports.contains(transport) else { throw .unknownTransport }
        let fragment: ICEFragment
        do throws(SDPError) {
            fragment = try ICEFragment(parsing: text)
        } catch {
            throw .malformedOffer(error.description)
        }
        touch(transport)
        defer { rescheduleTouched() }
        guard let remote = fragment.credentials, remote != transports[transport].ice.remote else {
            for candidate in fragment.candidates {
                transports[transport].ice.addRemoteCandidate(candidate, at: instant)
            }
            return nil
        }
        let local = localDescription()
        fragments[transports[transport].ice.local.usernameFragment] = nil
        transports[transport].ice.restart(local: local.credentials, remote: remote, at: instant)
        fragments[local.credentials.usernameFragment] = transport
        forgetRemovedPaths(of: transport)
        let answer = ICEFragment(answering: fragment, local: local)
        return (answer.description, local.credentials.usernameFragment)
    }

    /// Closes a transport: BYE and close_notify go out with the next output; no event follows.
    /// Returns whether it was still there.
    ///
    /// The goodbyes stand in `output` at once. To close more than a few hundred transports, send what `fillOutput` gives
    /// in between: what finds no room is dropped, and counted as `outputFull`.
    @discardableResult
    public mutating func close(_ transport: TransportID, at instant: MediaInstant) -> Bool {
        guard transports.contains(transport.slot) else { return false }
        close(transport.slot, reason: .requested, at: instant)
        return true
    }

    // MARK: Making a transport

    private func checkRoom() throws(MediaEngineError) {
        guard transports.count < configuration.maximumTransports else { throw .tooManyTransports }
    }

    private func parse(_ offer: String) throws(MediaEngineError) -> SessionDescription {
        do throws(SDPError) {
            return try SessionDescription(parsing: offer)
        } catch {
            throw .malformedOffer(error.description)
        }
    }

    /// An SDP session id: 62 random bits. Source: RFC 8829, section 5.2.1.
    private mutating func sessionID() -> UInt64 { random.next() >> 2 }

    private mutating func localDescription() -> LocalTransportDescription {
        var credentials = ICECredentials(random: &random)
        while fragments[credentials.usernameFragment] != nil { credentials = ICECredentials(random: &random) }
        return LocalTransportDescription(
            credentials: credentials, candidates: configuration.candidates, fingerprint: certificate.fingerprint)
    }

    private mutating func createTransport(
        _ name: String, _ local: LocalTransportDescription, _ remote: RemoteTransportDescription,
        _ media: [RTPParameters], startBitrate: Int64? = nil, at instant: MediaInstant
    ) throws(MediaEngineError) -> SlotID {
        guard !remote.isLite else {
            throw .unacceptableOffer("a=ice-lite: this end is lite too, and neither would check")
        }
        var ice = ICEAgent(
            mode: .lite, local: local.credentials, consentTimeout: configuration.consentTimeout, random: &random)
        ice.setRemote(remote.credentials, candidates: remote.candidates, localPaths: [], at: instant)
        let slot: SlotID
        do throws(DTLSError) {
            let dtls = try DTLSAssociation(
                role: remote.weAreServer ? .server : .client, certificate: certificate,
                remoteFingerprints: remote.fingerprints, maximumDatagramSize: configuration.maximumDatagramSize)
            slot = transports.insert(
                Transport(
                    name: name, created: instant, ice: ice, dtls: dtls,
                    localSSRC: UInt32.random(in: 1...UInt32.max, using: &random),
                    estimator: configuration.makeEstimator(limits(for: media, startBitrate: startBitrate)),
                    pacingQuantum: configuration.pacingQuantum))
        } catch {
            throw .cryptography("\(error)")
        }
        for parameters in media { transports[slot].extensions.merge(parameters.headerExtensions) }
        transports[slot].reducedSizeRTCP = media.allSatisfy { $0.reducedSizeRTCP }
        fragments[local.credentials.usernameFragment] = slot
        touch(slot)
        rescheduleTouched()
        return slot
    }

    /// The bounds of a link's estimate. A peer whose feedback tells nothing of congestion is trusted with what there is,
    /// until its reports tell of losses.
    private func limits(for media: [RTPParameters], startBitrate: Int64?) -> BitrateLimits {
        var limits = configuration.bitrateLimits
        if let startBitrate { limits.start = min(max(startBitrate, limits.minimum), limits.maximum) }
        let feedback = media.reduce(into: RTCPFeedbackTypes()) { $0.formUnion($1.codec.feedback) }
        if feedback.isDisjoint(with: [.transportWide, .receiverEstimate]) { limits.start = limits.maximum }
        return limits
    }

    /// What a watcher's answer says of a producer: fresh SSRCs, one name for all that one publisher sends.
    private mutating func watchSource(_ producer: SlotID, apartFrom others: [WatchSource]) -> WatchSource {
        let parameters = producers[producer].parameters
        let name = "sluice-\(producers[producer].transport.index)-\(producers[producer].transport.generation)"
        // All that one watcher gets is under one key: no SSRC may stand for two streams.
        var taken = Set(others.flatMap { [$0.ssrc, $0.retransmissionSSRC ?? 0] } + [0])
        func freshSSRC() -> UInt32 {
            var ssrc = UInt32(truncatingIfNeeded: random.next())
            while !taken.insert(ssrc).inserted { ssrc = UInt32(truncatingIfNeeded: random.next()) }
            return ssrc
        }
        return WatchSource(
            codec: parameters.codec, ssrc: freshSSRC(),
            retransmissionSSRC: parameters.kind == .video ? freshSSRC() : nil,
            cname: name, streamID: name, trackID: "\(name)-\(parameters.kind.rawValue)",
            headerExtensions: parameters.headerExtensions)
    }

    // MARK: Closing

    /// Says goodbye as far as the peer can hear it, and frees everything.
    mutating func close(_ transport: SlotID, reason: TransportCloseReason, at instant: MediaInstant) {
        sendGoodbye(transport, at: instant)
        if let path = transports[transport].handshakePath {
            transports[transport].dtls.close(on: path, at: instant, transmit: &output)
        }
        for producer in transports[transport].producers {
            removeFromSpeakers(producer)
            for stream in producers[producer].streams { _ = streams.remove(stream) }
            _ = producers.remove(producer)
        }
        for consumer in transports[transport].consumers {
            let producer = consumers[consumer].producer
            unsubscribe(consumer)
            if producers.contains(producer) {
                producers[producer].consumers.removeAll { $0 == consumer }
                noteWish(producer)
            }
            _ = consumers.remove(consumer)
        }
        for path in transports[transport].paths where paths[path] == transport { paths[path] = nil }
        for path in transports[transport].claims where claims[path] == transport { claims[path] = nil }
        fragments[transports[transport].ice.local.usernameFragment] = nil
        let name = transports[transport].name
        _ = transports.remove(transport)
        if reason != .requested {
            events.append(.transportClosed(TransportID(slot: transport), name: name, reason: reason))
        }
    }

    /// BYE for everything a peer was sent, behind a last report. Source: RFC 3550, section 6.6.
    private mutating func sendGoodbye(_ transport: SlotID, at instant: MediaInstant) {
        // One whose consent has run out hears nothing any more.
        guard transports[transport].isConnected, transports[transport].ice.selectedPath != nil else { return }
        for consumer in transports[transport].consumers {
            compound.removeAll(keepingCapacity: true)
            if !appendSenderReport(consumer, at: instant) { beginCompound(transport) }
            compound.append(.goodbye(Goodbye(ssrcs: [consumers[consumer].ssrc])))
            sendCompound(transport, at: instant)
        }
    }
}
