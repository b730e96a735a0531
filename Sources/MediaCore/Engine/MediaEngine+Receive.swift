/// Demultiplexing: from a datagram to the transport and the protocol it is for.
extension MediaEngine {
    /// Takes a batch of received datagrams. Never throws: what can't be used is dropped and counted.
    public mutating func receive(_ batch: borrowing DatagramBatch, at instant: MediaInstant) {
        for index in 0..<batch.entries.count {
            let entry = batch.entries[index]
            let datagram = batch.datagram(entry)
            if let reason = receive(datagram, from: entry.path, at: instant) { drop(reason) }
        }
        rescheduleTouched()
    }

    /// The first byte tells the protocol. Source: RFC 7983, section 7.
    private mutating func receive(
        _ datagram: RawSpan, from path: NetworkPath, at instant: MediaInstant
    ) -> DropReason? {
        guard datagram.byteCount > 1, datagram.byteCount <= PacketStore.maximumPacketByteCount,
            let first = try? datagram.uint8(at: 0), let second = try? datagram.uint8(at: 1)
        else { return .unrecognized }
        switch first {
        case 0...3:
            return receiveSTUN(datagram, from: path, at: instant)
        case 20...63:
            guard let transport = validated(path) else { return .unknownAddress }
            let reason = receiveDTLS(datagram, transport, from: path, at: instant)
            if reason == nil { count(datagram, transport) }
            return reason
        case 128...191:
            guard let transport = validated(path) else { return .unknownAddress }
            guard transports[transport].isConnected else { return .notReady }
            // RTCP packet types 192 to 223, less the marker bit's place. Source: RFC 5761, section 4.
            let reason =
                (64...95).contains(second & 0x7F)
                ? receiveRTCP(datagram, transport, at: instant) : receiveRTP(datagram, transport, at: instant)
            if reason == nil { count(datagram, transport) }
            return reason
        default:
            return .unrecognized
        }
    }

    /// Counts an accepted datagram, unless it was the one that closed the transport.
    private mutating func count(_ datagram: RawSpan, _ transport: SlotID) {
        guard transports.contains(transport) else { return }
        transports[transport].counters.packetsReceived &+= 1
        transports[transport].counters.bytesReceived &+= UInt64(datagram.byteCount)
    }

    /// The transport that a validated address belongs to.
    private func validated(_ path: NetworkPath) -> SlotID? {
        guard let transport = paths[path], transports.contains(transport),
            transports[transport].ice.isValidated(path)
        else { return nil }
        return transport
    }

    // MARK: STUN

    private mutating func receiveSTUN(
        _ datagram: RawSpan, from path: NetworkPath, at instant: MediaInstant
    ) -> DropReason? {
        let message: STUNMessage
        do throws(STUNError) {
            message = try STUNMessage.parse(datagram)
        } catch {
            return .stunMalformed
        }
        if message.messageClass == .request {
            guard let names = message.usernameFragments(in: datagram), let transport = fragments[names.receiver] else {
                return .stunUnknownUsername
            }
            return receive(message, datagram, for: transport, from: path, at: instant)
        }
        // A keepalive that anybody can write: there is nothing to do, and nobody to count it for.
        // Source: RFC 8445, section 11.
        guard message.messageClass != .indication else { return nil }
        // An answer belongs to whoever asked: first to a transport that is validating the address, then to its owner.
        var reason = DropReason.stunUnknownTransaction
        for transport in [claims[path], paths[path]] {
            guard let transport, transports.contains(transport) else { continue }
            guard let refused = receive(message, datagram, for: transport, from: path, at: instant) else { return nil }
            reason = refused
        }
        return reason
    }

    private mutating func receive(
        _ message: STUNMessage, _ datagram: RawSpan, for transport: SlotID, from path: NetworkPath,
        at instant: MediaInstant
    ) -> DropReason? {
        let outcome = transports[transport].ice.receive(
            message, datagram, from: path, at: instant, random: &random, transmit: &output)
        if case .dropped(let reason) = outcome { return reason }
        count(datagram, transport)
        forgetRemovedPaths(of: transport)
        remember(path, of: transport)
        handle(outcome, transport, at: instant)
        touch(transport)
        return nil
    }

    /// Lets the demultiplexer know an address that an authenticated check came from: as its transport's own once
    /// validated, as a claim before. So a check with a forged source takes no other transport's address away.
    private mutating func remember(_ path: NetworkPath, of transport: SlotID) {
        if transports[transport].ice.isValidated(path) {
            guard paths[path] != transport else { return }
            if let other = paths[path], transports.contains(other) {
                transports[other].paths.removeAll { $0 == path }
            }
            if claims[path] == transport { claims[path] = nil }
            transports[transport].claims.removeAll { $0 == path }
            paths[path] = transport
            transports[transport].paths.append(path)
        } else if claims[path] != transport, transports[transport].ice.contains(path) {
            claims[path] = transport
            // Another may have claimed it in between.
            if !transports[transport].claims.contains(path) { transports[transport].claims.append(path) }
        }
    }

    /// Forgets the addresses that the ICE agent's last step gave up.
    mutating func forgetRemovedPaths(of transport: SlotID) {
        for path in transports[transport].ice.removedPaths {
            if paths[path] == transport { paths[path] = nil }
            if claims[path] == transport { claims[path] = nil }
            transports[transport].paths.removeAll { $0 == path }
            transports[transport].claims.removeAll { $0 == path }
        }
    }

    mutating func handle(_ outcome: ICEOutcome, _ transport: SlotID, at instant: MediaInstant) {
        switch outcome {
        case .nothing, .dropped:
            break
        case .selected(let path):
            if transports[transport].dtls.state == .new, transports[transport].dtls.role == .client {
                transports[transport].dtls.start(on: path, at: instant, transmit: &output)
            }
            // Another address is another link; another port of the same may be its router's doing.
            if transports[transport].isConnected, transports[transport].measured?.isSameHost(as: path.remote) == false {
                beginEstimate(transport, at: instant)
            }
        case .consentExpired:
            close(transport, reason: .consentExpired, at: instant)
        }
    }

    // MARK: DTLS

    /// Uses these keys for a transport instead of agreeing on some: for runs that must repeat byte for byte.
    package mutating func install(_ keys: SRTPKeyingMaterial, for transport: TransportID, at instant: MediaInstant) {
        guard transports.contains(transport.slot) else { return }
        _ = handle(.connected(keys), transport.slot, at: instant)
    }

    private mutating func receiveDTLS(
        _ datagram: RawSpan, _ transport: SlotID, from path: NetworkPath, at instant: MediaInstant
    ) -> DropReason? {
        let outcome = transports[transport].dtls.receive(datagram, from: path, at: instant, transmit: &output)
        touch(transport)
        return handle(outcome, transport, at: instant)
    }

    mutating func handle(_ outcome: DTLSOutcome, _ transport: SlotID, at instant: MediaInstant) -> DropReason? {
        switch outcome {
        case .nothing:
            break
        case .dropped(let reason):
            return reason
        case .connected(let keys):
            do throws(SRTPError) {
                transports[transport].outbound = try SRTPTransmitter(
                    profile: keys.profile, key: keys.local, ciphers: ciphers)
                transports[transport].inbound = try SRTPReceiver(
                    profile: keys.profile, key: keys.remote, ciphers: ciphers)
            } catch {
                close(transport, reason: .handshakeFailed, at: instant)
                return nil
            }
            transports[transport].profile = keys.profile
            events.append(.transportConnected(TransportID(slot: transport)))
            beginEstimate(transport, at: instant)
            sendRequestedBitrate(transport, at: instant)
            for consumer in transports[transport].consumers {
                let producer = consumers[consumer].producer
                guard producers.contains(producer) else { continue }
                choose(consumer, among: ranked(producer))
                noteWish(producer)
            }
        case .closed:
            close(transport, reason: .closeNotify, at: instant)
        case .failed:
            close(transport, reason: .handshakeFailed, at: instant)
        }
        return nil
    }

    /// Asks the stream that feeds a consumer for a keyframe.
    mutating func wantKeyframe(for consumer: SlotID, at instant: MediaInstant) {
        guard consumers.contains(consumer),
            let stream = consumers[consumer].source ?? consumers[consumer].wanted?.stream, streams.contains(stream),
            streams[stream].isVideo, consumers[consumer].mayAskForKeyframe(at: instant)
        else { return }
        streams[stream].keyframes.want(at: instant)
        touch(streams[stream].transport)
    }
}
