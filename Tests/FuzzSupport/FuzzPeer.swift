import MediaCore

/// One end of a fuzzed call: its transport, its place in the network, and the numbers it has used.
struct FuzzPeer: ~Copyable {
    /// The session at the engine.
    let id: TransportID
    /// What it publishes.
    let producers: [ProducerID]
    /// The engine's end, for checks that are signed.
    let engineFragment: String
    let enginePassword: String
    /// The SSRCs that the engine's answer announces, of sound and of picture with its retransmissions.
    let announced: [UInt32]
    var address: TransportAddress
    var transport: ClientTransport
    /// How many packets of media came and made sense.
    private(set) var receivedPackets = 0
    /// The last packet that was encrypted.
    var lastDatagram: [UInt8] = []

    private var newest: [UInt32: UInt64] = [:]
    private var used: [UInt32: Set<UInt64>] = [:]

    init(
        id: TransportID, producers: [ProducerID] = [], answer: String, fragment: String, address: TransportAddress,
        transport: consuming ClientTransport
    ) {
        self.id = id
        self.producers = producers
        engineFragment = fragment
        self.address = address
        self.transport = transport
        var password = ""
        var announced: [UInt32] = []
        for line in answer.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("a=ice-pwd:") { password = String(line.dropFirst(10)) }
            if line.hasPrefix("a=ssrc:"), let ssrc = UInt32(line.dropFirst(7).prefix { $0 != " " }) {
                announced.append(ssrc)
            }
        }
        enginePassword = password
        self.announced = announced
    }

    /// The sequence number `step` behind the last one of a source.
    func sequenceNumber(after step: UInt16, of ssrc: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: newest[ssrc] ?? 1000) &+ step
    }

    /// Encrypts an RTP packet, if it is one and its number is a fresh one.
    mutating func send(rtp packet: [UInt8]) {
        guard let header = try? RTPHeader(parsing: packet.span.bytes) else { return }
        let last = newest[header.ssrc] ?? UInt64(header.sequenceNumber)
        let step = Int16(bitPattern: header.sequenceNumber &- UInt16(truncatingIfNeeded: last))
        let index = Int64(last) + Int64(step)
        guard index >= 0, used[header.ssrc, default: []].insert(UInt64(index)).inserted else { return }
        newest[header.ssrc] = max(last, UInt64(index))
        if transport.sendRTP(packet.span.bytes, index: UInt64(index)) { remember() }
    }

    /// Encrypts RTCP.
    mutating func send(rtcp packet: [UInt8]) {
        if transport.sendRTCP(packet) { remember() }
    }

    private mutating func remember() {
        guard let entry = transport.output.entries.last else { return }
        lastDatagram = transport.output.datagram(entry).array
    }

    /// Takes what the engine sent, which must make sense.
    mutating func receive(_ bytes: [UInt8], at instant: MediaInstant) throws(FuzzFailure) {
        let input = transport.receive(bytes.span.bytes, from: NetworkPath(remote: FuzzEnvironment.server), at: instant)
        switch input {
        case .rtp:
            let packet = transport.withPacket { $0.array }
            try check(rtp: packet)
        case .rtcp:
            try check(rtcp: transport.withPacket { $0.array })
        case .dropped(let reason):
            let header = try? RTPHeader(parsing: bytes.span.bytes)
            // Without a retransmission format a packet is sent again as it was.
            let isSound = header?.ssrc == announced.first
            let words = "\(reason) \(header?.ssrc ?? 0) \(header?.sequenceNumber ?? 0) of \(announced)"
            switch reason {
            case .srtpReplayed: try require(isSound, "the engine repeats itself: \(words)")
            // A publisher may recover packets so late that they are behind the watcher's window.
            case .srtpTooOld: break
            case .srtpAuthentication, .srtpTooShort, .rtpMalformed, .stunMalformed, .stunIntegrity, .unrecognized:
                throw FuzzFailure(description: "the engine sent what is dropped: \(reason) \(bytes.prefix(40))")
            default: break
            }
        case .nothing, .connected, .closed: break
        }
    }

    private mutating func check(rtp packet: [UInt8]) throws(FuzzFailure) {
        guard let header = try? RTPHeader(parsing: packet.span.bytes) else {
            throw FuzzFailure(description: "the engine sent malformed RTP")
        }
        try require(announced.contains(header.ssrc), "the engine sent the SSRC \(header.ssrc)")
        let types: [UInt8] = [
            FuzzEnvironment.audioPayloadType, FuzzEnvironment.videoPayloadType,
            FuzzEnvironment.retransmissionPayloadType,
        ]
        try require(types.contains(header.payloadType), "the engine sent the payload type \(header.payloadType)")
        // What fills the link travels in the retransmission stream.
        let mayPad = header.payloadType == FuzzEnvironment.retransmissionPayloadType
        try require(
            (!header.hasPadding || mayPad) && header.csrcCount == 0, "the engine sent padding or CSRCs: \(header)")
        try fuzzRTP(packet.span.bytes)
        if !header.hasPadding { receivedPackets += 1 }
    }

    private func check(rtcp packet: [UInt8]) throws(FuzzFailure) {
        var reader = RTCPReader(packet.span.bytes)
        do throws(RTCPError) {
            while let message = try reader.next() {
                if case .unknown = message { throw .framing }
            }
        } catch {
            throw FuzzFailure(description: "the engine sent malformed RTCP: \(packet)")
        }
        try fuzzRTCP(packet.span.bytes)
    }
}
