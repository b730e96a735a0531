import MediaCore

/// One client: a transport with an address of its own, and what it publishes or watches.
final class Peer {
    enum Stage { case waiting, signaling, connecting, connected, failed }

    let number: Int
    /// The local IPv4 address, which no other peer has, and the port of the socket that serves it.
    let address: UInt32
    let port: UInt16
    var transport: ClientTransport
    var stage = Stage.waiting
    var failure = ""

    /// Empty for a subscriber.
    var published: [PublishedStream] = []
    /// The streams that a subscriber is to get, by publisher.
    let watched: [Int]
    var received: [ReceivedStream] = []
    /// Whether every packet is decrypted.
    let isSampled: Bool

    /// Monotonic nanoseconds.
    var requestedAt: Int64 = 0
    /// Unix nanoseconds of the request and of the first packet of media.
    var requestedAtUnix: Int64 = 0
    var firstPacketAt: Int64 = 0
    var answeredAt: Int64 = 0
    var connectedAt: Int64 = 0

    /// When the transport, the feedback and the reports are due, in monotonic nanoseconds.
    var transportDeadline = Int64.max
    var feedbackDeadline = Int64.max
    var reportDeadline = Int64.max
    var hasOutput = false

    /// The identifier of transport-wide numbers in what the peer receives.
    var transportIdentifier: UInt8?
    var feedback = FeedbackLog()
    /// The middle of the last sender report's NTP time by SSRC, and when it came.
    var senderReports: [UInt32: (compact: UInt32, at: Int64)] = [:]
    var transportSequenceNumber: UInt16 = 0

    var isPublisher: Bool { !published.isEmpty }

    init(
        number: Int, address: UInt32, port: UInt16, certificate: DTLSCertificate, ciphers: SRTPCipherLibrary,
        watched: [Int], isSampled: Bool
    ) {
        self.number = number
        self.address = address
        self.port = port
        self.watched = watched
        self.isSampled = isSampled
        // One profile, so that every server encrypts alike.
        transport = ClientTransport(
            certificate: certificate, ciphers: ciphers, consentTimeout: .seconds(60), profiles: [.aeadAES128GCM])
    }

    /// Takes the server's description.
    func connect(to description: String, at instant: Int64) {
        do throws(MediaEngineError) {
            try transport.accept(answer: description, at: MediaInstant(nanoseconds: instant))
            transportIdentifier = Offer.transportIdentifier(in: description)
            stage = .connecting
            answeredAt = instant
            transportDeadline = instant
        } catch {
            fail("\(error)")
        }
    }

    func fail(_ reason: String) {
        stage = .failed
        failure = reason
    }

    func updateDeadline() {
        transportDeadline = transport.nextDeadline?.nanoseconds ?? .max
        hasOutput = hasOutput || !transport.output.isEmpty
    }
}
