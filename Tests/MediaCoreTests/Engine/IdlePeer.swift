import MediaTestSupport
import Testing

@testable import MediaCore

/// A peer that does one step of a connection at a time, and never nominates.
final class IdlePeer {
    let call: SimulatedCall
    let address: TransportAddress
    private let certificate: DTLSCertificate
    private var dtls: DTLSAssociation
    private var handshake = TransmitArena()
    private var random = MediaRandom.seeded(77)
    private let credentials: ICECredentials

    init(_ call: SimulatedCall) throws {
        self.call = call
        address = TransportAddress(ipv4: 0x0A00_0900, port: 5_000)
        certificate = try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        dtls = try DTLSAssociation(
            role: .client, certificate: certificate, remoteFingerprints: [call.engine.certificate.fingerprint])
        credentials = ICECredentials(random: &random)
    }

    var offer: String {
        SimulatedOffer.text(
            credentials: credentials, fingerprint: certificate.fingerprint, signaling: .ssrc, ssrcs: (1, 2, 3))
    }

    var isHandshakeDone: Bool { dtls.state == .connected }

    /// Checks the way to the engine and answers the engine's own check: the address counts as validated from then on.
    func validate(_ transport: TransportID) throws {
        let local = call.engine.transports[transport.slot].ice.local
        var builder = STUNBuilder()
        builder.begin(.request, STUNTransactionID(random: &random))
        builder.append(username: Array("\(local.usernameFragment):\(credentials.usernameFragment)".utf8))
        builder.append(priority: 1_000)
        builder.append(role: .controlling(99))
        _ = builder.finish(key: STUNIntegrityKey(password: local.password))
        for reply in exchange(builder.bytes) where reply[0] < 4 {
            let message = try STUNMessage.parse(reply.span.bytes)
            guard message.messageClass == .request else { continue }
            builder.begin(.successResponse, message.transactionID)
            builder.append(mappedAddress: SimulatedCall.server, transactionID: message.transactionID)
            _ = builder.finish(key: STUNIntegrityKey(password: credentials.password))
            _ = exchange(builder.bytes)
        }
    }

    /// Sends the first flight of the handshake and does not listen to the answer.
    func beginHandshake() {
        let path = NetworkPath(remote: SimulatedCall.server)
        dtls.start(on: path, at: call.instant, transmit: &handshake)
        for bytes in takeHandshake() { _ = exchange(bytes) }
    }

    /// Goes through the whole handshake, in no time.
    func shakeHands() {
        let path = NetworkPath(remote: SimulatedCall.server)
        dtls.start(on: path, at: call.instant, transmit: &handshake)
        for _ in 0..<10 {
            for reply in takeHandshake().flatMap(exchange) where (20...63).contains(reply[0]) {
                _ = dtls.receive(reply.span.bytes, from: path, at: call.instant, transmit: &handshake)
            }
        }
    }

    private func takeHandshake() -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        for entry in handshake.entries { datagrams.append(handshake.datagram(entry).array) }
        handshake.removeAll()
        return datagrams
    }

    /// Hands the engine a datagram and takes what it sends.
    private func exchange(_ bytes: [UInt8]) -> [[UInt8]] {
        var batch = DatagramBatch(byteCapacity: 4096)
        batch.append(bytes.span.bytes, from: NetworkPath(remote: address))
        call.engine.receive(batch, at: call.instant)
        return Self.drain(&call.engine, at: call.instant)
    }

    private static func drain(_ engine: inout MediaEngine, at instant: MediaInstant) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        while engine.fillOutput(at: instant) {
            for entry in engine.output.entries { datagrams.append(engine.output.datagram(entry).array) }
            engine.outputSent()
        }
        return datagrams
    }
}
