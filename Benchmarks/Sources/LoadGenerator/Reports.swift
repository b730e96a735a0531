/// The RTCP that a browser sends every second, and the little that a load generator reads of a server's.
enum Reports {
    /// A sender report with the name that has to go with it. Source: RFC 3550, sections 6.4.1 and 6.5.
    static func sender(ssrc: UInt32, unixNanoseconds: Int64, timestamp: UInt32, packets: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0x80, 200, 0, 6]
        bytes.append(word: ssrc)
        let seconds = unixNanoseconds / 1_000_000_000
        bytes.append(word: UInt32(truncatingIfNeeded: seconds + 2_208_988_800))
        bytes.append(
            word: UInt32(truncatingIfNeeded: ((unixNanoseconds - seconds * 1_000_000_000) << 32) / 1_000_000_000))
        bytes.append(word: timestamp)
        bytes.append(word: packets)
        bytes.append(word: packets &* 1000)
        return bytes + name(of: ssrc)
    }

    /// A receiver report about each stream. Source: RFC 3550, section 6.4.2.
    static func receiver(
        ssrc: UInt32, streams: [ReceivedStream], senderReports: [UInt32: (compact: UInt32, at: Int64)], at now: Int64
    ) -> [UInt8] {
        let streams = streams.prefix(31)
        var bytes: [UInt8] = [0x80 | UInt8(streams.count), 201, 0, UInt8(1 + 6 * streams.count)]
        bytes.append(word: ssrc)
        for stream in streams {
            bytes.append(word: stream.ssrc)
            bytes.append(word: 0)
            bytes.append(word: stream.highestReceived)
            bytes.append(word: 0)
            let report = senderReports[stream.ssrc]
            bytes.append(word: report?.compact ?? 0)
            let delay = report.map { (now - $0.at) * 65_536 / 1_000_000_000 } ?? 0
            bytes.append(word: UInt32(truncatingIfNeeded: delay))
        }
        return bytes + name(of: ssrc)
    }

    private static func name(of ssrc: UInt32) -> [UInt8] {
        var bytes: [UInt8] = [0x81, 202, 0, 3]
        bytes.append(word: ssrc)
        return bytes + [1, 4] + Array("load".utf8) + [0, 0]
    }

    /// What a server's packet tells.
    enum Message {
        case senderReport(ssrc: UInt32, compact: UInt32)
        case keyframeRequest(media: UInt32)
    }

    /// Reads a compound packet.
    static func read(_ packet: UnsafeRawBufferPointer, _ body: (Message) -> Void) {
        func word(_ offset: Int) -> UInt32 {
            UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        var offset = 0
        while offset + 4 <= packet.count {
            let head = word(offset)
            let end = offset + 4 + Int(head & 0xFFFF) * 4
            guard head >> 30 == 2, end <= packet.count else { return }
            switch (UInt8(head >> 16 & 255), head >> 24 & 31) {
            case (200, _) where end - offset >= 28:
                let compact = word(offset + 8) << 16 | word(offset + 12) >> 16
                body(.senderReport(ssrc: word(offset + 4), compact: compact))
            case (206, 1) where end - offset >= 12:
                body(.keyframeRequest(media: word(offset + 8)))
            case (206, 4) where end - offset >= 20:
                body(.keyframeRequest(media: word(offset + 12)))
            default: break
            }
            offset = end
        }
    }
}
