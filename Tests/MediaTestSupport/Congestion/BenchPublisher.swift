import MediaCore

/// Publishes what a synthetic source makes: real packets, over a way without delay.
struct BenchPublisher: ~Copyable {
    /// What a frame's payloads begin with: a VP8 descriptor and header, and its number.
    static let payloadPrefix = 6
    /// RTP's header and extensions, as they leave for a watcher, SRTP's tag, UDP and IP.
    static let overhead = 12 + 12 + 16 + 28

    var transport: ClientTransport
    private let ssrcs: (audio: UInt32, video: UInt32, resend: UInt32)
    private var audioIndex: UInt64 = 1
    private var videoIndex: UInt64 = 1
    private var transportNumber: UInt16 = 0

    init(certificate: DTLSCertificate, ciphers: SRTPCipherLibrary, seed: UInt64) {
        transport = ClientTransport(certificate: certificate, ciphers: ciphers, random: .seeded(seed))
        let base = UInt32(truncatingIfNeeded: seed &* 16 &+ 1000)
        ssrcs = (base, base + 1, base + 2)
    }

    var offer: String {
        SimulatedOffer.text(
            credentials: transport.credentials, fingerprint: transport.fingerprint, signaling: .ssrc, ssrcs: ssrcs)
    }

    /// Sends a packet of a frame, so long on the wire.
    mutating func sendPicture(
        _ byteCount: Int, frame: Int, isKeyframe: Bool, isFirst: Bool, isLast: Bool, at instant: MediaInstant
    ) {
        var payload: [UInt8] = [isFirst ? 0x10 : 0x00, isKeyframe ? 0x00 : 0x01]
        payload.append(bigEndian: UInt32(truncatingIfNeeded: frame))
        payload += [UInt8](repeating: 0x55, count: max(byteCount - Self.overhead - payload.count, 1))
        send(
            payload, ssrc: ssrcs.video, payloadType: SimulatedOffer.videoPayloadType, index: videoIndex,
            timestamp: UInt32(truncatingIfNeeded: instant.nanoseconds / 1000 * 9 / 100), marker: isLast, mid: "1")
        videoIndex += 1
    }

    /// Sends 20 ms of sound.
    mutating func sendSound(_ byteCount: Int, at instant: MediaInstant) {
        let timestamp = UInt32(truncatingIfNeeded: instant.nanoseconds / 1000 * 48 / 1000)
        send(
            [UInt8](repeating: 0x33, count: byteCount - Self.overhead), ssrc: ssrcs.audio,
            payloadType: SimulatedOffer.opusPayloadType, index: audioIndex, timestamp: timestamp, marker: false,
            mid: "0")
        audioIndex += 1
    }

    /// Tells the two clocks apart.
    mutating func sendReports(at instant: MediaInstant, ntpTime: NTPTime) {
        let microseconds = instant.nanoseconds / 1000
        for (ssrc, rate) in [(ssrcs.audio, Int64(48)), (ssrcs.video, 90)] {
            var bytes: [UInt8] = []
            bytes.append(
                .senderReport(
                    SenderReport(
                        ssrc: ssrc, ntpTime: ntpTime,
                        rtpTimestamp: UInt32(truncatingIfNeeded: microseconds * rate / 1000), packetCount: 0,
                        octetCount: 0, blocks: [])))
            bytes.append(.sourceDescription([SourceDescriptionChunk(ssrc: ssrc, cname: "bench")]))
            transport.sendRTCP(bytes)
        }
    }

    private mutating func send(
        _ payload: [UInt8], ssrc: UInt32, payloadType: UInt8, index: UInt64, timestamp: UInt32, marker: Bool,
        mid: String
    ) {
        transportNumber &+= 1
        var packet: [UInt8] = [0x90, payloadType | (marker ? 0x80 : 0)]
        packet.append(bigEndian: UInt16(truncatingIfNeeded: index))
        packet.append(bigEndian: timestamp)
        packet.append(bigEndian: ssrc)
        var block: [UInt8] = [SimulatedOffer.transportSequenceNumberIdentifier << 4 | 1]
        block.append(bigEndian: transportNumber)
        block += [SimulatedOffer.midIdentifier << 4 | UInt8(mid.utf8.count - 1)] + Array(mid.utf8)
        while block.count % 4 != 0 { block.append(0) }
        packet.append(bigEndian: UInt16(0xBEDE))
        packet.append(bigEndian: UInt16(block.count / 4))
        packet += block
        packet += payload
        transport.sendRTP(packet.span.bytes, index: index)
    }
}
