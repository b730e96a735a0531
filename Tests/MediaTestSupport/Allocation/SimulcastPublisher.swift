package import MediaCore

/// Sends one camera in up to three encodings of three temporal layers each, as browsers do, and sound. Encodings make
/// keyframes when they are asked to.
package final class SimulcastPublisher: SimulatedPeer {
    /// How it behaves.
    package struct Behaviour: Sendable {
        /// The bit rates of the encodings on the wire, the smallest first: one, or three.
        package var bitrates: [Int64]
        /// Opus without pauses, a packet each 20 ms.
        package var hasSound = true
        /// How far an encoding's rate over a second may lie from its mean, as a share.
        package var rateVariation = 0.05
        /// The standard deviation of a frame's size, as a share.
        package var frameVariation = 0.1
        /// What is in the picture, as a factor on all bit rates, from when on.
        package var scenes: Steps<Double> = Steps(1)

        package init(_ bitrates: [Int64]) { self.bitrates = bitrates }
    }

    /// What a packet takes of a watcher's link besides its payload: RTP with its extensions, SRTP's tag, UDP and IP.
    package static let overhead = 12 + 16 + 16 + 28
    /// In bit/s on the wire.
    package static let soundBitrate = Int64((soundByteCount + overhead) * 8 * 50)
    private static let soundByteCount = 50
    private static let soundInterval = MediaDuration.milliseconds(20)
    private static let frameInterval = MediaDuration(nanoseconds: 1_000_000_000 / 30)
    /// How much of the rate each temporal layer has, over how much of the frames.
    private static let weights = [0.4 / 0.25, 0.2 / 0.25, 0.4 / 0.5]
    private static let rids = [SimulatedOffer.lowRid, SimulatedOffer.middleRid, SimulatedOffer.rid]

    /// The bytes made so far on the wire, by encoding and then by temporal layer; the sound's.
    package private(set) var byteCounts: [[Int]]
    package private(set) var soundByteCount = 0
    /// Keyframes made, by encoding.
    package private(set) var keyframes: [Int]

    private struct Encoding {
        var source: MediaSource
        var rid: String?
        var ssrc: UInt32
        var index: UInt64 = 1
        var frame = 0
        var sinceKeyframe = -1
        var levelZeroIndex: UInt8 = 0
    }

    private let place: Int
    private let behaviour: Behaviour
    private let wallClock: WallClock
    private let soundSSRC: UInt32
    private var encodings: [Encoding]
    private var soundIndex: UInt64 = 1
    private var transportNumber: UInt16 = 0
    private var nextFrame: MediaInstant
    private var nextSound: MediaInstant
    private var nextReport: MediaInstant
    /// When the scenes begin.
    package var beginning = MediaInstant(nanoseconds: 0)

    init(
        _ behaviour: Behaviour, place: Int, address: TransportAddress, seed: UInt64, certificate: DTLSCertificate,
        wallClock: WallClock, at instant: MediaInstant
    ) {
        self.place = place
        self.behaviour = behaviour
        self.wallClock = wallClock
        var random = MediaRandom.seeded(seed)
        let base = UInt32.random(in: 1...0x0FFF_FFFF, using: &random) * 8
        soundSSRC = base
        encodings = behaviour.bitrates.enumerated().map { number, bitrate in
            var source = MediaSource.Configuration()
            source.adaptation = .none
            source.maximum = bitrate
            source.rateVariation = behaviour.rateVariation
            source.frameVariation = behaviour.frameVariation
            source.needsKeyframes = true
            return Encoding(
                source: MediaSource(source, start: instant, seed: random.next()),
                rid: behaviour.bitrates.count > 1 ? Self.rids[number] : nil, ssrc: base + 1 + UInt32(number))
        }
        byteCounts = behaviour.bitrates.map { _ in [0, 0, 0] }
        keyframes = behaviour.bitrates.map { _ in 0 }
        // Cameras are not in step.
        nextFrame = instant + .microseconds(Int64.random(in: 0..<33_333, using: &random))
        nextSound = instant + .microseconds(Int64.random(in: 0..<20_000, using: &random))
        nextReport = instant
        super.init(
            address: address, link: SimulatedLink.Behaviour(), seed: seed, certificate: certificate,
            consentTimeout: .seconds(30))
        uplink.behaviour.delay = .zero
        downlink.behaviour.delay = .zero
    }

    var offer: String {
        SimulatedOffer.text(
            credentials: transport.credentials, fingerprint: transport.fingerprint,
            signaling: encodings.count > 1 ? .rid : .mid, hasRedundancy: false)
    }

    /// The number of an encoding by its name.
    package static func encoding(_ rid: String?) -> Int { rids.firstIndex { $0 == rid } ?? 0 }

    // MARK: Time

    override var nextAction: MediaInstant? {
        guard transport.isConnected else { return nil }
        let next = min(nextFrame, nextReport)
        return behaviour.hasSound ? min(next, nextSound) : next
    }

    override func act(at instant: MediaInstant) {
        while nextFrame <= instant {
            nextFrame = nextFrame + Self.frameInterval
            for number in encodings.indices { encode(number, at: instant) }
        }
        while behaviour.hasSound, nextSound <= instant {
            nextSound = nextSound + Self.soundInterval
            send(
                [UInt8](repeating: 0x33, count: Self.soundByteCount), ssrc: soundSSRC,
                payloadType: SimulatedOffer.opusPayloadType, index: soundIndex,
                timestamp: UInt32(truncatingIfNeeded: instant.nanoseconds / 1000 * 48 / 1000), marker: false,
                mid: "0", rid: nil)
            soundIndex += 1
            soundByteCount += Self.soundByteCount + Self.overhead
        }
        if nextReport <= instant {
            nextReport = instant + .seconds(1)
            report(at: instant)
        }
    }

    private func encode(_ number: Int, at instant: MediaInstant) {
        let isKeyframe = encodings[number].source.owesKeyframe
        encodings[number].sinceKeyframe = isKeyframe ? 0 : encodings[number].sinceKeyframe + 1
        let place = encodings[number].sinceKeyframe
        let temporal = [0, 2, 1, 2][place % 4]
        if temporal == 0 { encodings[number].levelZeroIndex &+= 1 }
        if isKeyframe { keyframes[number] += 1 }
        let scene = behaviour.scenes.value(at: MediaInstant(nanoseconds: 0) + (instant - beginning))
        let made = encodings[number].source.frame(at: instant).reduce(0, +)
        let wire = Double(made) * scene * (isKeyframe ? 1 : Self.weights[temporal])
        let count = max(Int((wire / Double(MediaSource.packetByteCount)).rounded(.up)), 1)
        let shift = encodings.count - 1 - number
        let frame = encodings[number].frame
        for position in 0..<count {
            let part = SimulcastPart(
                publisher: self.place, encoding: number, frame: frame, temporal: temporal,
                back: isKeyframe ? 0 : [4, 1, 2, 1][place % 4], position: position, count: count)
            let payload = part.payload(
                byteCount: Int(wire) / count - Self.overhead, size: (1280 >> shift, 720 >> shift),
                levelZeroIndex: encodings[number].levelZeroIndex, isSync: place % 4 == 1 || place % 4 == 2)
            send(
                payload, ssrc: encodings[number].ssrc, payloadType: SimulatedOffer.videoPayloadType,
                index: encodings[number].index,
                timestamp: UInt32(truncatingIfNeeded: instant.nanoseconds / 1000 * 9 / 100),
                marker: position == count - 1, mid: "1", rid: encodings[number].rid)
            encodings[number].index += 1
            byteCounts[number][temporal] += payload.count + Self.overhead
        }
        encodings[number].frame += 1
    }

    private func send(
        _ payload: [UInt8], ssrc: UInt32, payloadType: UInt8, index: UInt64, timestamp: UInt32, marker: Bool,
        mid: String, rid: String?
    ) {
        transportNumber &+= 1
        var packet: [UInt8] = [0x90, payloadType | (marker ? 0x80 : 0)]
        packet.append(bigEndian: UInt16(truncatingIfNeeded: index))
        packet.append(bigEndian: timestamp)
        packet.append(bigEndian: ssrc)
        var block: [UInt8] = [SimulatedOffer.transportSequenceNumberIdentifier << 4 | 1]
        block.append(bigEndian: transportNumber)
        block += [SimulatedOffer.midIdentifier << 4 | UInt8(mid.utf8.count - 1)] + Array(mid.utf8)
        if let rid { block += [SimulatedOffer.ridIdentifier << 4 | UInt8(rid.utf8.count - 1)] + Array(rid.utf8) }
        while block.count % 4 != 0 { block.append(0) }
        packet.append(bigEndian: UInt16(0xBEDE))
        packet.append(bigEndian: UInt16(block.count / 4))
        packet += block
        packet += payload
        transport.sendRTP(packet.span.bytes, index: index)
    }

    private func report(at instant: MediaInstant) {
        let microseconds = instant.nanoseconds / 1000
        let streams = [(soundSSRC, Int64(48))] + encodings.map { ($0.ssrc, 90) }
        for (ssrc, rate) in streams {
            var bytes: [UInt8] = []
            bytes.append(
                .senderReport(
                    SenderReport(
                        ssrc: ssrc, ntpTime: wallClock.ntpTime(at: instant),
                        rtpTimestamp: UInt32(truncatingIfNeeded: microseconds * rate / 1000), packetCount: 0,
                        octetCount: 0, blocks: [])))
            bytes.append(.sourceDescription([SourceDescriptionChunk(ssrc: ssrc, cname: "camera")]))
            transport.sendRTCP(bytes)
        }
    }

    override func received(_ message: RTCPMessage, at instant: MediaInstant) {
        switch message {
        case .pictureLoss(let loss): want(loss.media)
        case .fullIntraRequest(let request):
            for entry in request.entries { want(entry.ssrc) }
        default: break
        }
    }

    private func want(_ ssrc: UInt32) {
        guard let number = encodings.firstIndex(where: { $0.ssrc == ssrc }) else { return }
        encodings[number].source.owesKeyframe = true
    }
}
