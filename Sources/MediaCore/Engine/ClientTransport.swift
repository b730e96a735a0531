/// The other end of a transport: an ICE agent that controls, a DTLS client, SRTP, and nothing above them.
///
/// Simulated peers and load generators are built on it. Like the engine it is a state machine: datagrams, time and
/// packets in; datagrams, events and packets out. It does not know what the packets carry.
public struct ClientTransport: ~Copyable {
    /// What a received datagram meant.
    public enum Input: Sendable {
        /// Nothing the caller needs to know of.
        case nothing
        /// Keys are agreed: packets can be sent.
        case connected
        /// An RTP packet stands decrypted for `withPacket`, with its 48-bit index.
        case rtp(index: UInt64)
        /// An RTCP packet, compound or not, stands decrypted for `withPacket`.
        case rtcp
        /// The peer sent close_notify, fell silent, or failed the handshake.
        case closed
        /// It was dropped.
        case dropped(DropReason)
    }

    /// Datagrams to send. After sending them, call `outputSent`.
    public internal(set) var output: TransmitArena
    /// What an offer says of this end.
    public let credentials: ICECredentials
    /// What an offer says of this end's certificate.
    public let fingerprint: CertificateFingerprint

    private var random: MediaRandom
    private let certificate: DTLSCertificate
    private let profiles: [SRTPProfile]
    private let ciphers: SRTPCipherLibrary
    private var ice: ICEAgent
    private var dtls: DTLSAssociation?
    private var outbound: SRTPTransmitter?
    private var inbound: SRTPReceiver?
    private var storage: ByteStorage
    private var packetByteCount = 0

    /// Creates a transport that waits for an answer.
    ///
    /// - Parameters:
    ///   - ciphers: what encrypts; transports on one thread should share one. libcrypto when nil.
    ///   - consentTimeout: how long a silent peer is kept, 30 s by RFC 7675.
    ///   - profiles: the SRTP profiles to offer, at least one; the server chooses.
    public init(
        certificate: DTLSCertificate, ciphers: SRTPCipherLibrary? = nil, random: MediaRandom = .system,
        consentTimeout: MediaDuration = .seconds(30), profiles: [SRTPProfile] = SRTPProfile.preference
    ) {
        self.ciphers = ciphers ?? .libcrypto()
        self.random = random
        credentials = ICECredentials(random: &self.random)
        fingerprint = certificate.fingerprint
        self.certificate = certificate
        self.profiles = profiles
        ice = ICEAgent(
            mode: .controlling, local: credentials, consentTimeout: consentTimeout, random: &self.random)
        dtls = nil
        outbound = nil
        inbound = nil
        output = TransmitArena(byteCapacity: 1 << 17, maximumEntries: 256)
        storage = ByteStorage(byteCount: 2048)
    }

    /// Takes the answer to an offer that carried `credentials` and `fingerprint`, and begins to connect.
    ///
    /// - Throws: `MediaEngineError.malformedOffer` for text that is no SDP, `.unacceptableOffer` when it lacks what a
    ///   transport needs.
    public mutating func accept(answer: String, at instant: MediaInstant) throws(MediaEngineError) {
        let remote: RemoteTransportDescription
        do throws(SDPError) {
            let description = try SessionDescription(parsing: answer)
            guard let section = description.media.first(where: { $0.port != 0 }) else {
                throw SDPError(line: 0, "the answer accepts no section")
            }
            remote = try RemoteTransportDescription(offer: description, tagged: section, bundled: [])
        } catch {
            throw .unacceptableOffer(error.description)
        }
        do throws(DTLSError) {
            dtls = try DTLSAssociation(
                role: .client, certificate: certificate, remoteFingerprints: remote.fingerprints, profiles: profiles)
        } catch {
            throw .cryptography("\(error)")
        }
        ice.setRemote(remote.credentials, candidates: remote.candidates, localPaths: [0], at: instant)
    }

    /// Empties `output`, once its datagrams have been sent.
    public mutating func outputSent() {
        output.removeAll()
    }

    /// Whether packets can be sent.
    public var isConnected: Bool { outbound != nil && ice.selectedPath != nil }

    /// Reads the packet that the last `receive` decrypted; empty when it decrypted none.
    public func withPacket<Result>(_ body: (RawSpan) -> Result) -> Result {
        body(storage.bytes.extracting(0..<packetByteCount))
    }

    /// When `advance` must be called next; nil when nothing is scheduled.
    public var nextDeadline: MediaInstant? {
        let handshake: MediaInstant? =
            switch dtls {
            case .some(let association): association.nextDeadline
            case nil: nil
            }
        guard let check = ice.nextDeadline else { return handshake }
        return min(check, handshake ?? check)
    }

    /// Does what is due. Returns `.closed` when the peer has been silent for too long, else `.nothing`.
    public mutating func advance(to instant: MediaInstant) -> Input {
        let input = handle(ice.advance(to: instant, random: &random, transmit: &output), at: instant)
        if case .closed = input { return input }
        guard let path = ice.selectedPath else { return input }
        return handle(dtls?.advance(to: instant, on: path, transmit: &output) ?? .nothing)
    }

    /// Takes a received datagram.
    public mutating func receive(
        _ datagram: RawSpan, from path: NetworkPath, at instant: MediaInstant
    ) -> Input {
        packetByteCount = 0
        guard datagram.byteCount > 1, datagram.byteCount <= storage.byteCount, let first = try? datagram.uint8(at: 0),
            let second = try? datagram.uint8(at: 1)
        else { return .dropped(.unrecognized) }
        switch first {
        case 0...3:
            guard let message = try? STUNMessage.parse(datagram) else { return .dropped(.stunMalformed) }
            let outcome = ice.receive(message, datagram, from: path, at: instant, random: &random, transmit: &output)
            return handle(outcome, at: instant)
        case 20...63:
            guard ice.isValidated(path) else { return .dropped(.unknownAddress) }
            return handle(dtls?.receive(datagram, from: path, at: instant, transmit: &output) ?? .dropped(.notReady))
        case 128...191:
            guard ice.isValidated(path) else { return .dropped(.unknownAddress) }
            return (64...95).contains(second & 0x7F) ? receiveRTCP(datagram) : receiveRTP(datagram)
        default:
            return .dropped(.unrecognized)
        }
    }

    /// Sends an RTP packet; `index` is its 48-bit number, whose low 16 bits its header carries. Never use an index
    /// twice with other bytes. Returns false when not connected, malformed or out of room.
    @discardableResult
    public mutating func sendRTP(_ packet: RawSpan, index: UInt64) -> Bool {
        guard let path = ice.selectedPath, let tagByteCount = outbound?.tagLength,
            let header = try? RTPHeader.parse(packet), output.hasRoom(packet.byteCount + tagByteCount)
        else { return false }
        let memory = output.unsafeTail
        packet.withUnsafeBytes { bytes in
            let head = UnsafeRawBufferPointer(rebasing: bytes[..<header.headerByteCount])
            UnsafeMutableRawBufferPointer(start: memory, count: head.count).copyMemory(from: head)
            var job = SRTPJob(
                header: UnsafeRawBufferPointer(start: memory, count: head.count),
                payload: UnsafeRawBufferPointer(rebasing: bytes[header.headerByteCount...]),
                destination: memory.advanced(by: head.count), ssrc: header.ssrc, index: index)
            withUnsafeMutablePointer(to: &job) {
                outbound?.protect(UnsafeMutableBufferPointer(start: $0, count: 1))
            }
        }
        output.commit(packet.byteCount + tagByteCount, to: path)
        return true
    }

    /// Sends an RTCP packet, compound or not. Returns false when not connected or out of room.
    @discardableResult
    public mutating func sendRTCP(_ packet: [UInt8]) -> Bool {
        let room = packet.count + 32
        guard let path = ice.selectedPath, output.hasRoom(room) else { return false }
        let memory = UnsafeMutableRawBufferPointer(start: output.unsafeTail, count: room)
        guard let byteCount = outbound?.protectRTCP(packet.span.bytes, into: memory) else { return false }
        output.commit(byteCount, to: path)
        return true
    }

    /// Sends close_notify.
    public mutating func close(at instant: MediaInstant) {
        guard let path = ice.selectedPath else { return }
        dtls?.close(on: path, at: instant, transmit: &output)
    }

    /// Uses these keys instead of agreeing on some: for runs that must repeat byte for byte.
    package mutating func install(_ keys: SRTPKeyingMaterial) {
        outbound = try? SRTPTransmitter(profile: keys.profile, key: keys.local, ciphers: ciphers)
        inbound = try? SRTPReceiver(profile: keys.profile, key: keys.remote, ciphers: ciphers)
        dtls = nil
    }

    // MARK: Outcomes

    private mutating func handle(_ outcome: ICEOutcome, at instant: MediaInstant) -> Input {
        switch outcome {
        case .nothing: return .nothing
        case .selected(let path):
            if dtls?.state == .new { dtls?.start(on: path, at: instant, transmit: &output) }
            return .nothing
        case .consentExpired: return .closed
        case .dropped(let reason): return .dropped(reason)
        }
    }

    private mutating func handle(_ outcome: DTLSOutcome) -> Input {
        switch outcome {
        case .nothing:
            return .nothing
        case .connected(let keys):
            outbound = try? SRTPTransmitter(profile: keys.profile, key: keys.local, ciphers: ciphers)
            inbound = try? SRTPReceiver(profile: keys.profile, key: keys.remote, ciphers: ciphers)
            return outbound != nil && inbound != nil ? .connected : .closed
        case .closed, .failed:
            return .closed
        case .dropped(let reason):
            return .dropped(reason)
        }
    }

    private mutating func receiveRTP(_ datagram: RawSpan) -> Input {
        guard let tagByteCount = inbound?.tagLength else { return .dropped(.notReady) }
        guard let header = try? RTPHeader.parse(datagram) else { return .dropped(.rtpMalformed) }
        guard datagram.byteCount >= header.headerByteCount + tagByteCount else { return .dropped(.srtpTooShort) }
        let memory = storage.unsafeBase
        let outcome = datagram.withUnsafeBytes { bytes in
            let head = UnsafeRawBufferPointer(rebasing: bytes[..<header.headerByteCount])
            var job = SRTPJob(
                header: head, payload: UnsafeRawBufferPointer(rebasing: bytes[header.headerByteCount...]),
                destination: memory.advanced(by: head.count), ssrc: header.ssrc)
            withUnsafeMutablePointer(to: &job) {
                inbound?.unprotect(UnsafeMutableBufferPointer(start: $0, count: 1))
            }
            UnsafeMutableRawBufferPointer(start: memory, count: head.count).copyMemory(from: head)
            return (job.outcome, job.index)
        }
        guard outcome.0 == .success else { return .dropped(outcome.0.dropReason ?? .notReady) }
        packetByteCount = datagram.byteCount - tagByteCount
        return .rtp(index: outcome.1)
    }

    private mutating func receiveRTCP(_ datagram: RawSpan) -> Input {
        let memory = UnsafeMutableRawBufferPointer(start: storage.unsafeBase, count: storage.byteCount)
        switch inbound?.unprotectRTCP(datagram, into: memory) {
        case .packet(let count)?:
            packetByteCount = count
            return .rtcp
        case .refused(let reason)?: return .dropped(reason)
        case nil: return .dropped(.notReady)
        }
    }
}
