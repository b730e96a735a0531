import MediaCore

/// Bytes taken for a list of what a publisher, a watcher and strangers do to an engine past its handshakes.
///
/// Packets are made from the bytes and encrypted with the right keys, so that what lies behind authentication is
/// reached; others come as they are. What the engine sends is decrypted and must make sense, and what does not
/// authenticate must stay without answer.
package func fuzzEngine(_ bytes: RawSpan) throws(FuzzFailure) {
    var input = FuzzInput(bytes)
    var call = try FuzzCall.make()
    var count = 0
    while !input.isAtEnd, count < 64 {
        try call.act(&input)
        count += 1
    }
    try call.advance(.milliseconds(100))
    try call.end()
}

extension FuzzCall {
    /// Does what the next bytes say.
    fileprivate mutating func act(_ input: inout FuzzInput) throws(FuzzFailure) {
        switch input.byte() & 15 {
        case 0: sendMedia(&input)
        case 1: sendRTP(&input)
        case 2: publisher.send(rtcp: input.block())
        case 3: sendFeedback(&input)
        case 4: try sendRaw(&input)
        case 5:
            // Up to two seconds.
            let value = Int64(input.byte())
            try advance(.milliseconds(value * value / 32))
        case 6: try sendDamaged(&input)
        case 7: sendCheck(&input)
        case 8: roam(&input)
        case 9: try updateICE(&input)
        case 10: try offer(&input)
        case 11: engine.close(input.byte() & 1 == 0 ? publisher.id : watcher.id, at: instant)
        case 12: for _ in 0..<(input.byte() & 31) { sendFrame() }
        default: return
        }
        try deliver()
    }

    private static let sources: [(ssrc: UInt32, payloadType: UInt8)] = [
        (FuzzEnvironment.audioSSRC, FuzzEnvironment.audioPayloadType),
        (FuzzEnvironment.videoSSRC, FuzzEnvironment.videoPayloadType),
        (FuzzEnvironment.retransmissionSSRC, FuzzEnvironment.retransmissionPayloadType),
        (2001, FuzzEnvironment.videoPayloadType),
    ]

    /// A packet with a well-formed header.
    private mutating func sendMedia(_ input: inout FuzzInput) {
        let flags = input.byte()
        let source = Self.sources[Int(flags & 3)]
        let step = input.byte()
        let words = input.byte() & 15
        let payloadByteCount = input.byte()
        // Small steps in both directions, and any.
        let distance = step == 128 ? input.word() : UInt16(bitPattern: Int16(Int8(bitPattern: step)))
        var packet: [UInt8] = [
            0x80 | (words > 0 ? 0x10 : 0) | (flags & 0x20), source.payloadType | (flags & 4 != 0 ? 0x80 : 0),
        ]
        packet.append(bigEndian: publisher.sequenceNumber(after: distance, of: source.ssrc))
        packet.append(bigEndian: UInt32(truncatingIfNeeded: instant.nanoseconds / 11_111))
        packet.append(bigEndian: source.ssrc)
        if words > 0 {
            packet.append(bigEndian: flags & 8 != 0 ? 0x1000 : UInt16(0xBEDE))
            packet.append(bigEndian: UInt16(words))
            let block = input.take(Int(words) * 4)
            packet += block + Array(repeating: 0, count: Int(words) * 4 - block.count)
        }
        packet += input.take(Int(payloadByteCount))
        publisher.send(rtp: packet)
    }

    /// The next packet of an ordinary picture.
    mutating func sendFrame() {
        var packet: [UInt8] = [0x80, FuzzEnvironment.videoPayloadType | 0x80]
        packet.append(bigEndian: publisher.sequenceNumber(after: 1, of: FuzzEnvironment.videoSSRC))
        packet.append(bigEndian: UInt32(truncatingIfNeeded: instant.nanoseconds / 11_111))
        packet.append(bigEndian: FuzzEnvironment.videoSSRC)
        packet += [0x10, 0x00, 0x9D, 0x01, 0x2A]
        publisher.send(rtp: packet)
    }

    /// A packet whose header is any that says it is RTP.
    private mutating func sendRTP(_ input: inout FuzzInput) {
        let flags = input.byte()
        var packet = input.block()
        guard packet.count >= 12 else { return }
        packet[0] = packet[0] & 0x3F | 0x80
        if flags & 4 == 0 { Self.set(&packet, 8, Self.sources[Int(flags & 3)].ssrc) }
        publisher.send(rtp: packet)
    }

    /// RTCP of the watcher; the number of a stream it gets can be put where feedback and reports have it.
    private mutating func sendFeedback(_ input: inout FuzzInput) {
        let flags = input.byte()
        var packet = input.block()
        if flags & 3 != 0, !watcher.announced.isEmpty {
            let ssrc = watcher.announced[Int(flags & 3) % watcher.announced.count]
            Self.set(&packet, flags & 4 == 0 ? 8 : 12, ssrc)
        }
        watcher.send(rtcp: packet)
    }

    private static func set(_ packet: inout [UInt8], _ offset: Int, _ value: UInt32) {
        guard packet.count >= offset + 4 else { return }
        for index in 0..<4 { packet[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index)) }
    }

    /// Bytes as they are, from a peer's address or a stranger's.
    private mutating func sendRaw(_ input: inout FuzzInput) throws(FuzzFailure) {
        let flags = input.byte()
        let datagram = input.block()
        switch flags & 3 {
        case 0: inject(datagram, from: publisher.address)
        case 1: inject(datagram, from: watcher.address)
        case 2: inject(datagram, from: publisher.address, local: 1)
        default:
            inject(datagram, from: TransportAddress(ipv4: 0x0A00_0900, port: 6000))
            try require(!engine.fillOutput(at: instant), "a stranger gets an answer")
        }
    }

    /// A peer's last packet once more, as it was or with one byte changed.
    private mutating func sendDamaged(_ input: inout FuzzInput) throws(FuzzFailure) {
        let isWatcher = input.byte() & 1 != 0
        var datagram = isWatcher ? watcher.lastDatagram : publisher.lastDatagram
        let (offset, mask) = (Int(input.byte()), input.byte())
        guard !datagram.isEmpty else { return }
        datagram[offset % datagram.count] ^= mask
        inject(datagram, from: isWatcher ? watcher.address : publisher.address)
        // Unchanged it may be news, if it came from an address that was unknown at the time. Another first byte might
        // make it another protocol's.
        guard mask != 0, offset % datagram.count > 0 else { return }
        try require(!engine.fillOutput(at: instant), "a damaged packet has an effect")
    }

    /// A check with any attributes, signed with the right password.
    private mutating func sendCheck(_ input: inout FuzzInput) {
        let flags = input.byte()
        let attributes = input.block()
        let isWatcher = flags & 1 != 0
        let key = STUNIntegrityKey(password: isWatcher ? watcher.enginePassword : publisher.enginePassword)
        let (receiver, sender) =
            isWatcher
            ? (watcher.engineFragment, watcher.transport.credentials.usernameFragment)
            : (publisher.engineFragment, publisher.transport.credentials.usernameFragment)
        var address = isWatcher ? watcher.address : publisher.address
        if flags & 4 != 0 { address.port = 7000 &+ UInt16(flags >> 3) }
        let message = Self.check("\(receiver):\(sender)", attributes, isControlling: flags & 2 != 0, key: key)
        inject(message, from: address)
    }

    private static func check(
        _ username: String, _ attributes: [UInt8], isControlling: Bool, key: borrowing STUNIntegrityKey
    ) -> [UInt8] {
        var message: [UInt8] = []
        message.append(bigEndian: UInt16(1))
        message.append(bigEndian: UInt16(0))
        message.append(bigEndian: 0x2112_A442 as UInt32)
        message += Array("transactions".utf8)
        func append(_ type: UInt16, _ value: [UInt8]) {
            message.append(bigEndian: type)
            message.append(bigEndian: UInt16(value.count))
            message += value + Array(repeating: 0, count: -value.count & 3)
        }
        append(0x0006, Array(username.utf8))
        if isControlling { append(0x802A, Array("breakers".utf8)) }
        message += attributes.prefix(attributes.count & ~3)
        guard let code = key.code(of: message.span.bytes, integrityOffset: message.count) else { return [] }
        append(0x0008, code.span.bytes.array)
        let length = UInt16(message.count + 8 - 20)
        (message[2], message[3]) = (UInt8(length >> 8), UInt8(truncatingIfNeeded: length))
        let fingerprint = crc32(message) ^ 0x5354_554E
        append(0x8028, (0..<4).map { UInt8(truncatingIfNeeded: fingerprint >> (24 - 8 * $0)) })
        return message
    }

    /// The CRC of ITU V.42.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    private mutating func roam(_ input: inout FuzzInput) {
        let isWatcher = input.byte() & 1 != 0
        let port = 5000 + UInt16(input.byte() & 15)
        if isWatcher { watcher.address.port = port } else { publisher.address.port = port }
    }

    private mutating func updateICE(_ input: inout FuzzInput) throws(FuzzFailure) {
        let id = input.byte() & 1 == 0 ? publisher.id : watcher.id
        let fragment = String(decoding: input.block(), as: UTF8.self)
        let answer = try? engine.updateICE(id, fragment: fragment, at: instant)
        guard let answer else { return }
        try require((try? ICEFragment(parsing: answer.answer)) != nil, "an answering fragment does not parse")
    }

    /// Another session, which goes at once.
    private mutating func offer(_ input: inout FuzzInput) throws(FuzzFailure) {
        let before = engine.statistics(at: instant).transports.count
        let credentials = ICECredentials(usernameFragment: "more", password: "moremoremoremoremoremore")
        var offer = Array(FuzzEnvironment.offer(sends: true, credentials: credentials).utf8)
        for (index, byte) in zip(Int(input.word()) % offer.count..<offer.count, input.block()) { offer[index] = byte }
        let text = String(decoding: offer, as: UTF8.self)
        if let session = try? engine.publish(offer: text, name: "another", at: instant) {
            engine.close(session.transport, at: instant)
        }
        let after = engine.statistics(at: instant).transports.count
        try require(before == after, "\(before) transports became \(after)")
    }
}
