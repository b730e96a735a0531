extension Packetizer {
    /// Source: AOM, RTP payload format for AV1, sections 4.4 and 5.
    static func av1(_ stream: [UInt8], beginsSequence: Bool) -> [PacketPayload] {
        struct Packet {
            var elements: [ArraySlice<UInt8>] = []
            var isContinuation = false
            var isContinued = false
            var byteCount = 1
        }
        var packets = [Packet()]
        for unit in units(stream) {
            var rest = unit[...]
            while !rest.isEmpty {
                let room = maximumByteCount - packets[packets.count - 1].byteCount - 2
                if room < 16 {
                    packets.append(Packet())
                    continue
                }
                let piece = rest.prefix(room)
                if piece.startIndex != unit.startIndex, packets[packets.count - 1].elements.isEmpty {
                    packets[packets.count - 1].isContinuation = true
                }
                packets[packets.count - 1].elements.append(piece)
                packets[packets.count - 1].byteCount += piece.count + 2
                rest = rest.dropFirst(piece.count)
                if !rest.isEmpty {
                    packets[packets.count - 1].isContinued = true
                    packets.append(Packet())
                }
            }
        }
        return packets.enumerated().map { index, packet in
            let count = packet.elements.count <= 3 ? packet.elements.count : 0
            var bytes: [UInt8] = [UInt8(count << 4)]
            if packet.isContinuation { bytes[0] |= 0x80 }
            if packet.isContinued { bytes[0] |= 0x40 }
            if beginsSequence && index == 0 { bytes[0] |= 0x08 }
            for (place, element) in packet.elements.enumerated() {
                if place + 1 != count { bytes += leb128(element.count) }
                bytes += element
            }
            return PacketPayload(bytes: bytes)
        }
    }

    /// A length in groups of seven bits, lowest first.
    static func leb128(_ value: Int) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    /// The units of a stream without their lengths, and without temporal delimiters. Source: AV1 specification, 5.3.
    private static func units(_ stream: [UInt8]) -> [[UInt8]] {
        var units: [[UInt8]] = []
        var offset = 0
        while offset < stream.count {
            let header = stream[offset]
            let headerByteCount = header & 0x04 != 0 ? 2 : 1
            var (length, place) = (0, offset + headerByteCount)
            guard header & 0x02 != 0 else { fatalError("the encoder left a length out") }
            for shift in stride(from: 0, to: 35, by: 7) {
                length |= Int(stream[place] & 0x7F) << shift
                place += 1
                if stream[place - 1] & 0x80 == 0 { break }
            }
            if header >> 3 & 15 != 2 {
                let head = [header & ~0x02] + stream[(offset + 1)..<(offset + headerByteCount)]
                units.append(head + stream[place..<(place + length)])
            }
            offset = place + length
        }
        return units
    }
}
