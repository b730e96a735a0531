import MediaCore

extension Packetizer {
    /// Parameter sets go together in one packet, large units in fragments. Source: RFC 6184, sections 5.7 and 5.8.
    static func h264(_ stream: [UInt8]) -> [PacketPayload] {
        var packets: [PacketPayload] = []
        var small: [[UInt8]] = []
        func flush() {
            if small.count == 1 {
                packets.append(PacketPayload(bytes: small[0]))
            } else if small.count > 1 {
                var bytes: [UInt8] = [24 | (small.map { $0[0] & 0x60 }.max() ?? 0)]
                for unit in small {
                    bytes.append(bigEndian: UInt16(unit.count))
                    bytes += unit
                }
                packets.append(PacketPayload(bytes: bytes))
            }
            small = []
        }
        for unit in units(stream) where !unit.isEmpty {
            if unit.count + small.reduce(1, { $0 + $1.count + 2 }) <= maximumByteCount {
                small.append(unit)
                continue
            }
            flush()
            if unit.count <= maximumByteCount {
                small.append(unit)
                continue
            }
            let count = (unit.count - 1 + maximumByteCount - 3) / (maximumByteCount - 2)
            for index in 0..<count {
                let piece = unit[(1 + (unit.count - 1) * index / count)..<(1 + (unit.count - 1) * (index + 1) / count)]
                let edges: UInt8 = (index == 0 ? 0x80 : 0) | (index == count - 1 ? 0x40 : 0)
                packets.append(PacketPayload(bytes: [unit[0] & 0xE0 | 28, edges | unit[0] & 0x1F] + piece))
            }
        }
        flush()
        return packets
    }

    /// The units between start codes.
    private static func units(_ stream: [UInt8]) -> [[UInt8]] {
        var starts: [(code: Int, unit: Int)] = []
        var index = 0
        while index + 2 < stream.count {
            if stream[index] == 0, stream[index + 1] == 0, stream[index + 2] == 1 {
                starts.append((index > 0 && stream[index - 1] == 0 ? index - 1 : index, index + 3))
                index += 3
            } else {
                index += 1
            }
        }
        let ends = starts.dropFirst().map(\.code) + [stream.count]
        return zip(starts, ends).map { Array(stream[$0.unit..<$1]) }
    }
}
