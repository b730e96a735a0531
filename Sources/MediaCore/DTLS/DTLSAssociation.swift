/// DTLS 1.2 with one peer, to authenticate it and agree on SRTP keys.
///
/// Only datagrams from addresses that ICE has validated may come here. That settles two questions: no cookies are asked
/// for, and a handshake message that breaks the handshake ends the association. Handshake messages are not
/// authenticated until the last one; whoever can forge datagrams on a validated path could as well forge a hello that
/// we can serve, and no leniency would help. What can be told from a peer's messages is dropped instead: plaintext
/// alerts, impossible fragments, records that don't decrypt, hellos out of their place.
///
/// Source: RFC 6347, RFC 5764, RFC 7627, RFC 8122.
struct DTLSAssociation: ~Copyable {
    /// When a flight is first sent again. RFC 6347, section 4.2.4.1, has a second in mind for the open internet; here ICE
    /// has just measured that the path works, a viewer waits for the picture, and a flight is a few datagrams.
    static let firstRetransmission = MediaDuration.milliseconds(200)
    /// The wait doubles up to here.
    static let longestRetransmission = MediaDuration.seconds(2)
    /// How often a flight is sent again, for 17 s altogether, before the peer counts as gone.
    static let maximumRetransmissions = 10
    /// How soon a finished side may answer a peer's repetition again: it must not be an amplifier.
    static let repetitionInterval = MediaDuration.milliseconds(100)
    /// How many bytes of records that came before their ChangeCipherSpec are kept; a Finished takes about 60.
    private static let maximumEarlyBytes = 256

    let role: DTLSRole
    private(set) var state = DTLSState.new
    /// When `advance` is to be called next; nil when there is nothing to wait for.
    private(set) var nextDeadline: MediaInstant?

    private let session: DTLSSession
    /// What to send again. A server keeps its last flight for good, since it can't know that it arrived.
    private var flight = DTLSFlight()
    private var retransmissions = 0
    private var nextSequence: UInt64 = 0
    private var lastRepetition: MediaInstant?
    private var early: [UInt8] = []

    private var peer: DTLSRole { role == .client ? .server : .client }

    /// Prepares one side of a handshake.
    ///
    /// - Parameters:
    ///   - remoteFingerprints: The fingerprints in the peer's SDP; its certificate must match one.
    ///   - profiles: The SRTP profiles to accept, best first. As a server our order counts, not the client's.
    ///   - maximumDatagramSize: The longest datagram to send, 256 to 1500 bytes of UDP payload.
    init(
        role: DTLSRole, certificate: DTLSCertificate, remoteFingerprints: [CertificateFingerprint],
        profiles: [SRTPProfile] = SRTPProfile.preference, maximumDatagramSize: Int = 1200
    ) throws(DTLSError) {
        guard !remoteFingerprints.isEmpty else { throw .missingFingerprint }
        guard !profiles.isEmpty else { throw .missingProfile }
        guard (256...1500).contains(maximumDatagramSize) else {
            throw .maximumDatagramSizeOutOfRange(maximumDatagramSize)
        }
        let session = try DTLSSession(
            role: role, certificate: certificate, fingerprints: remoteFingerprints, profiles: profiles,
            maximumDatagramSize: maximumDatagramSize)
        self.role = role
        self.session = session
    }

    /// Sends a client's first flight. A server waits for it, and has nothing to start.
    mutating func start(on path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena) {
        guard role == .client, state == .new else { return }
        state = .connecting
        _ = handle(session.start(), on: path, at: now, transmit: &transmit)
    }

    /// Takes a datagram that arrived on a validated path.
    mutating func receive(
        _ datagram: RawSpan, from path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        guard state != .closed, state != .failed else { return .dropped(.closed) }
        guard role == .server || state != .new else { return .dropped(.notReady) }
        var result = DTLSOutcome.dropped(.dtlsMalformed)
        var reader = WireReader(datagram)
        // Records before a malformed one count. There is one outcome: the last that ends the association, or else that
        // the keys are there, or else that something was of use.
        while reader.remaining > 0, let record = try? DTLSRecord(&reader) {
            let outcome =
                state == .connected
                ? receiveConnected(record, from: path, at: now, transmit: &transmit)
                : receiveHandshake(record, from: path, at: now, transmit: &transmit)
            switch (outcome, result) {
            case (.closed, _), (.failed, _): return outcome
            case (.connected, _), (.nothing, .dropped): result = outcome
            case (.dropped, .dropped(.dtlsMalformed)): result = outcome
            default: break
            }
        }
        return result
    }

    /// Sends the last flight again when its time has come.
    mutating func advance(
        to now: MediaInstant, on path: NetworkPath, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        guard let deadline = nextDeadline, now >= deadline else { return .nothing }
        guard retransmissions < Self.maximumRetransmissions else { return fail(.timeout) }
        retransmissions += 1
        flight.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
        let wait = Self.firstRetransmission * (1 << Int64(retransmissions))
        nextDeadline = now + min(wait, Self.longestRetransmission)
        return .nothing
    }

    /// Tells the peer that this is the end. It is not repeated when lost.
    mutating func close(on path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena) {
        guard state != .closed, state != .failed else { return }
        if state == .connected {
            session.shutDown()
            sendAlert(on: path, transmit: &transmit)
        }
        end(.closed)
    }

    // MARK: - Handshake

    private mutating func receiveHandshake(
        _ record: borrowing DTLSRecord, from path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        switch (record.epoch, record.type) {
        case (0, .handshake):
            guard record.holdsHandshakeFragments(from: peer) else { return .dropped(.dtlsMalformed) }
        case (0, .changeCipherSpec):
            guard record.isChangeCipherSpec else { return .dropped(.dtlsMalformed) }
        case (1, .handshake):
            guard session.expectsFinished else {
                // OpenSSL would keep it in a buffer of 17 kB, and up to a hundred more.
                guard record.bytes.byteCount <= Self.maximumEarlyBytes - early.count else {
                    return .dropped(.dtlsUnexpected)
                }
                early.append(record.bytes)
                return .nothing
            }
        default:
            // Above all a plaintext alert: anybody can write one.
            return .dropped(.dtlsUnexpected)
        }
        state = .connecting
        let outcome = handle(session.handshake(record.bytes), on: path, at: now, transmit: &transmit)
        guard state == .connecting, !early.isEmpty, session.expectsFinished else { return outcome }
        return receiveEarly(from: path, at: now, transmit: &transmit)
    }

    /// Processes what came before its ChangeCipherSpec.
    private mutating func receiveEarly(
        from path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        let records = early
        early = []
        var reader = WireReader(records.span.bytes)
        while state == .connecting, let record = try? DTLSRecord(&reader) {
            let outcome = handle(session.handshake(record.bytes), on: path, at: now, transmit: &transmit)
            if state != .connecting { return outcome }
        }
        return .nothing
    }

    private mutating func handle(
        _ progress: DTLSSession.Progress, on path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        switch progress {
        case .waiting:
            let written = session.takeOutgoing()
            guard !written.isEmpty else { return .nothing }
            // A server answers once it has seen the hello: without a common profile there is nothing to go on for.
            if role == .server, session.profile == nil {
                flight = .handshakeFailure
                flight.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
                return fail(.noCommonProfile)
            }
            flight = written
            flight.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
            retransmissions = 0
            nextDeadline = now + Self.firstRetransmission
            return .nothing
        case .finished:
            return finish(on: path, at: now, transmit: &transmit)
        case .failed(let failure):
            // OpenSSL has written the alert that says so.
            flight = session.takeOutgoing()
            flight.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
            return fail(failure)
        }
    }

    private mutating func finish(
        on path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        flight = session.takeOutgoing()
        flight.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
        early = []
        nextDeadline = nil
        do throws(DTLSFailure) {
            let material = try session.keyingMaterial()
            state = .connected
            return .connected(material)
        } catch {
            session.shutDown()
            sendAlert(on: path, transmit: &transmit)
            return fail(error)
        }
    }

    // MARK: - After the handshake

    private mutating func receiveConnected(
        _ record: borrowing DTLSRecord, from path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        switch (record.epoch, record.type) {
        case (0, .handshake):
            guard record.holdsHandshakeFragments(from: peer) else { return .dropped(.dtlsMalformed) }
            guard !record.startsWithClientHello else { return .dropped(.dtlsUnexpected) }
            return answerRepetition(on: path, at: now, transmit: &transmit)
        case (0, .changeCipherSpec):
            guard record.isChangeCipherSpec else { return .dropped(.dtlsMalformed) }
            return answerRepetition(on: path, at: now, transmit: &transmit)
        case (1, .handshake):
            return answerRepetition(on: path, at: now, transmit: &transmit)
        case (1, .alert), (1, .applicationData):
            switch session.read(record.bytes) {
            case .nothing: return .dropped(.dtlsMalformed)
            case .applicationData: return .dropped(.dtlsUnexpected)
            case .closed:
                sendAlert(on: path, transmit: &transmit)
                end(.closed)
                return .closed
            }
        default:
            return .dropped(.dtlsUnexpected)
        }
    }

    /// A client that repeats its last flight has not got ours. Source: RFC 6347, section 4.2.4.
    ///
    /// OpenSSL is not asked: it would count, and end the association at the thirteenth repetition.
    private mutating func answerRepetition(
        on path: NetworkPath, at now: MediaInstant, transmit: inout TransmitArena
    ) -> DTLSOutcome {
        // The other side of the last flight has nothing to say again.
        guard role == .server else { return .dropped(.dtlsUnexpected) }
        if let lastRepetition, now - lastRepetition < Self.repetitionInterval { return .dropped(.dtlsUnexpected) }
        lastRepetition = now
        flight.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
        return .nothing
    }

    private mutating func sendAlert(on path: NetworkPath, transmit: inout TransmitArena) {
        var alert = session.takeOutgoing()
        alert.send(nextSequence: &nextSequence, to: path, transmit: &transmit)
    }

    private mutating func fail(_ failure: DTLSFailure) -> DTLSOutcome {
        end(.failed)
        return .failed(failure)
    }

    private mutating func end(_ state: DTLSState) {
        self.state = state
        nextDeadline = nil
        flight = DTLSFlight()
        early = []
    }
}
