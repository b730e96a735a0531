import CLoadGenerator

/// One stream that a publisher sends: its packets, and when each of them left.
final class PublishedStream {
    static let magic: UInt32 = 0x534C_5543

    let number: Int
    let ssrc: UInt32
    let isVideo: Bool
    let packetSize: Int
    /// The number of the next packet; its low 16 bits are its sequence number.
    private(set) var nextIndex: UInt64
    /// The part of the numbers that counts.
    var measured: Range<UInt64> = 0..<0
    /// Unix nanoseconds of departure by the low 16 bits of the number.
    let sentAt = UnsafeMutablePointer<Int64>.allocate(capacity: 1 << 16)
    let memory: UnsafeMutableRawBufferPointer
    var wantsKeyframe = true
    private var pictureID: UInt16 = 0

    init(number: Int, isVideo: Bool, packetSize: Int) {
        self.number = number
        self.isVideo = isVideo
        self.packetSize = packetSize
        ssrc = 0x1000_0000 + UInt32(number) * 16
        // So that sequence numbers wrap in a long run.
        nextIndex = 60_000
        sentAt.initialize(repeating: 0, count: 1 << 16)
        memory = .allocate(byteCount: 1500, alignment: 16)
        for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index &* 31 &+ 7) }
    }

    /// Writes the next packet into `memory` and returns its number.
    func next(
        timestamp: UInt32, isFirst: Bool, isLast: Bool, transportSequenceNumber: UInt16
    ) -> UInt64 {
        let index = nextIndex
        nextIndex += 1
        memory[0] = 0x90
        memory[1] = (isVideo ? Offer.videoPayloadType : Offer.audioPayloadType) | (isVideo && isLast ? 0x80 : 0)
        store(UInt16(truncatingIfNeeded: index), at: 2)
        store(timestamp, at: 4)
        store(ssrc, at: 8)
        // Extensions as a browser sends them: mid, transport-wide number, and the audio level of sound.
        store(UInt16(0xBEDE), at: 12)
        store(UInt16(2), at: 14)
        memory[16] = Offer.midIdentifier << 4
        memory[17] = isVideo ? UInt8(ascii: "1") : UInt8(ascii: "0")
        memory[18] = Offer.transportIdentifier << 4 | 1
        store(transportSequenceNumber, at: 19)
        memory[21] = isVideo ? 0 : Offer.audioLevelIdentifier << 4
        memory[22] = isVideo ? 0 : 30
        memory[23] = 0
        var offset = 24
        if isVideo {
            // Source: RFC 7741, section 4.2: X and S; I with 15 bits of picture number. Section 4.3: P clear in a
            // keyframe, whose start code and size follow.
            if isFirst { pictureID = (pictureID &+ 1) & 0x7FFF }
            memory[24] = 0x80 | (isFirst ? 0x10 : 0)
            memory[25] = 0x80
            store(0x8000 | pictureID, at: 26)
            let isKeyframe = isFirst && wantsKeyframe
            if isKeyframe { wantsKeyframe = false }
            let head: [UInt8] =
                isKeyframe ? [0x10, 2, 0, 0x9D, 1, 0x2A, 0, 5, 0xD0, 2] : [0x11, 2, 0, 0, 0, 0, 0, 0, 0, 0]
            for (position, byte) in head.enumerated() { memory[28 + position] = byte }
            offset = 38
        } else {
            memory[24] = 0x78
            offset = 25
        }
        store(Self.magic, at: offset)
        store(UInt32(number), at: offset + 4)
        store(UInt32(truncatingIfNeeded: index >> 32), at: offset + 8)
        store(UInt32(truncatingIfNeeded: index), at: offset + 12)
        return index
    }

    /// Which stream and packet a decrypted packet says that it is; nil when it says nothing, or its filling is damaged.
    static func identify(_ packet: UnsafeRawBufferPointer, headerByteCount: Int) -> (stream: Int, index: UInt64)? {
        // The descriptor of video takes 14 bytes, that of sound one; forwarding may not have changed its length.
        let isVideo = packet.count > 200
        let offset = headerByteCount + (isVideo ? 14 : 1)
        guard packet.count >= offset + 16, load(packet, offset) == magic else { return nil }
        let index = UInt64(load(packet, offset + 8)) << 32 | UInt64(load(packet, offset + 12))
        // What fills the packet depends on where it stood when it was sent.
        let shift = (isVideo ? 38 : 25) - offset
        for position in stride(from: offset + 16, to: packet.count, by: 61) {
            let expected = UInt8(truncatingIfNeeded: (position + shift) &* 31 &+ 7)
            guard packet[position] == expected else { return nil }
        }
        return (Int(load(packet, offset + 4)), index)
    }

    private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    private func store(_ value: some FixedWidthInteger, at offset: Int) {
        memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value.bigEndian))
    }
}
