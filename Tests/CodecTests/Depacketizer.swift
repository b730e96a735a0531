import MediaCore

/// Puts one stream's packets together to what a decoder takes: all layers of a picture at once.
struct Depacketizer {
    let codec: MediaCodec
    /// Breaches of the payload format, in words.
    private(set) var complaints: [String] = []
    private var bytes: [UInt8] = []
    private var timestamp: UInt32?
    /// The AV1 element that goes on in the next packet.
    private var open: [UInt8]?
    private var lastVP8Picture: Int?
    private let checksPictures: Bool

    /// Receivers that have dependency descriptors don't look at picture ids, and nobody keeps those in order for them.
    init(_ codec: MediaCodec, checksPictures: Bool = true) {
        self.codec = codec
        self.checksPictures = checksPictures
    }

    /// Takes a packet; returns a picture's bytes with its last one.
    mutating func take(_ payload: [UInt8], timestamp now: UInt32, marker: Bool) -> [UInt8]? {
        if let timestamp, timestamp != now, !bytes.isEmpty {
            complain("a picture without an end")
            bytes = []
            open = nil
        }
        timestamp = now
        switch codec {
        case .vp8: vp8(payload)
        case .vp9: vp9(payload)
        case .h264: h264(payload)
        default: av1(payload)
        }
        guard marker else { return nil }
        defer { bytes = [] }
        if open != nil { complain("an element without an end") }
        open = nil
        return bytes
    }

    /// Forgets a picture of which something is lost.
    mutating func reset() {
        bytes = []
        open = nil
    }

    /// Whether a picture, or a layer's part of one, may begin with a packet.
    func isStart(_ payload: [UInt8]) -> Bool {
        switch codec {
        case .vp8: payload[0] & 0x10 != 0
        case .vp9: payload[0] & 0x08 != 0
        case .h264: payload[0] & 0x1F != 28 || payload[1] & 0x80 != 0
        default: payload[0] & 0x80 == 0
        }
    }

    mutating func complain(_ text: String) {
        if complaints.count < 20 { complaints.append(text) }
    }

    private mutating func vp8(_ payload: [UInt8]) {
        var offset = 1
        if payload[0] & 0x80 != 0 {
            let extensions = payload[1]
            offset = 2
            if extensions & 0x80 != 0 {
                let isLong = payload[offset] & 0x80 != 0
                if isLong { check(Int(payload[offset] & 0x7F) << 8 | Int(payload[offset + 1])) }
                offset += isLong ? 2 : 1
            }
            if extensions & 0x40 != 0 { offset += 1 }
            if extensions & 0x30 != 0 { offset += 1 }
        }
        bytes += payload[offset...]
    }

    /// Picture ids have no gap. Source: RFC 7741, section 4.2.
    private mutating func check(_ picture: Int) {
        if checksPictures, let last = lastVP8Picture, picture != (bytes.isEmpty ? last + 1 : last) & 0x7FFF {
            complain("picture \(picture) after \(last)")
        }
        lastVP8Picture = picture
    }

    private mutating func vp9(_ payload: [UInt8]) {
        let first = payload[0]
        var offset = 1
        if first & 0x80 != 0 { offset += payload[offset] & 0x80 != 0 ? 2 : 1 }
        if first & 0x20 != 0 { offset += first & 0x10 != 0 ? 1 : 2 }
        if first & 0x50 == 0x50 {
            while payload[offset] & 1 != 0 { offset += 1 }
            offset += 1
        }
        if first & 0x02 != 0 {
            let head = payload[offset]
            offset += 1
            if head & 0x10 != 0 { offset += (Int(head >> 5) + 1) * 4 }
            if head & 0x08 != 0 {
                let count = payload[offset]
                offset += 1
                for _ in 0..<count { offset += 1 + Int(payload[offset] >> 2 & 3) }
            }
        }
        bytes += payload[offset...]
    }

    private mutating func h264(_ payload: [UInt8]) {
        let startCode: [UInt8] = [0, 0, 0, 1]
        switch payload[0] & 0x1F {
        case 24:
            var offset = 1
            while offset + 2 <= payload.count {
                let count = Int(payload[offset]) << 8 | Int(payload[offset + 1])
                guard offset + 2 + count <= payload.count else { return complain("a unit longer than its packet") }
                bytes += startCode + payload[(offset + 2)..<(offset + 2 + count)]
                offset += 2 + count
            }
        case 28:
            if payload[1] & 0x80 != 0 { bytes += startCode + [payload[0] & 0xE0 | payload[1] & 0x1F] }
            bytes += payload[2...]
        default:
            bytes += startCode + payload
        }
    }

    private mutating func av1(_ payload: [UInt8]) {
        let head = payload[0]
        let count = Int(head >> 4 & 3)
        if (head & 0x80 != 0) != (open != nil) { complain("an element that does not go on") }
        if bytes.isEmpty { bytes = [0x12, 0x00] }
        var (offset, place) = (1, 1)
        while offset < payload.count {
            var length = payload.count - offset
            if place != count {
                length = 0
                for shift in stride(from: 0, to: 35, by: 7) {
                    length |= Int(payload[offset] & 0x7F) << shift
                    offset += 1
                    if payload[offset - 1] & 0x80 == 0 { break }
                }
            }
            let element = (open ?? []) + payload[offset..<(offset + length)]
            open = nil
            offset += length
            place += 1
            if offset >= payload.count, head & 0x40 != 0 {
                open = element
            } else {
                append(unit: element)
            }
        }
    }

    /// With its length, as decoders want it.
    private mutating func append(unit: [UInt8]) {
        guard let head = unit.first else { return }
        let headerByteCount = head & 0x04 != 0 ? 2 : 1
        // Some senders leave the length in.
        guard head & 0x02 == 0 else { return bytes += unit }
        bytes.append(head | 0x02)
        bytes += unit[1..<headerByteCount]
        bytes += Packetizer.leb128(unit.count - headerByteCount)
        bytes += unit[headerByteCount...]
    }
}
