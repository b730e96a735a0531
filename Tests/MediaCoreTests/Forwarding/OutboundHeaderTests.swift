import Testing

@testable import MediaCore

@Suite struct OutboundHeaderTests {
    private static let departure = Departure(
        ssrc: 0xCAFE_F00D, payloadType: 101, sequenceNumber: 0xFFFE, marker: true, timestamp: 0x8000_0001,
        transportSequenceNumber: 0xBEEF, absoluteSendTime: 0x12_3456)

    private func parameters(_ identifiers: [RTPHeaderExtension: UInt8], mid: String) -> RTPParameters {
        var map = RTPHeaderExtensionMap()
        for (kind, identifier) in identifiers { map[kind] = identifier }
        return RTPParameters(
            mid: mid, kind: .video, codec: RTPCodecParameters(codec: .vp8, payloadType: 101), headerExtensions: map,
            encodings: [])
    }

    /// Writes a header for a source packet that carries `data`, and returns its elements by identifier.
    private func write(
        _ identifiers: [RTPHeaderExtension: UInt8], mid: String, data: [RTPHeaderExtension: [UInt8]]
    ) throws -> (header: RTPHeader, elements: [UInt8: [UInt8]], isWithinBound: Bool) {
        var source = [UInt8](repeating: 0, count: 12)
        var packet = StoredPacket()
        for (kind, bytes) in data {
            let range = ExtensionRange(offset: UInt16(source.count), count: UInt8(bytes.count))
            source += bytes
            switch kind {
            case .audioLevel: packet.audioLevel = range
            case .playoutDelay: packet.playoutDelay = range
            case .videoOrientation: packet.videoOrientation = range
            default: packet.dependencyDescriptor = range
            }
        }
        let header = OutboundHeader(parameters(identifiers, mid: mid))
        let bound = header.byteCountBound(packet)
        var bytes = [UInt8](repeating: 0xEE, count: 1500)
        let count = bytes.withUnsafeMutableBytes { target in
            source.withUnsafeBytes { bytes in
                header.write(Self.departure, packet, from: bytes.baseAddress!, to: target.baseAddress!)
            }
        }
        let untouched = bytes[count...].allSatisfy { $0 == 0xEE }
        let written = Array(bytes[..<count])
        let parsed = try RTPHeader.parse(written.span.bytes)
        #expect(parsed.headerByteCount == count && untouched)
        var elements: [UInt8: [UInt8]] = [:]
        var reader = RTPHeaderExtensionReader(parsed, written.span.bytes)
        while let element = reader.next() {
            elements[element.identifier] = Array(written[element.offset..<element.offset + element.count])
        }
        return (parsed, elements, count <= bound)
    }

    @Test func theConsumersNumbersStandInTheHeader() throws {
        let (header, elements, _) = try write([:], mid: "1", data: [:])
        #expect(header.ssrc == 0xCAFE_F00D && header.payloadType == 101 && header.marker)
        #expect(header.sequenceNumber == 0xFFFE && header.timestamp == 0x8000_0001)
        #expect(header.headerByteCount == 12 && elements.isEmpty)
    }

    @Test func extensionsGetTheConsumersIdentifiers() throws {
        let (header, elements, isWithinBound) = try write(
            [.mid: 4, .transportSequenceNumber: 5, .absoluteSendTime: 2, .audioLevel: 14], mid: "video0",
            data: [.audioLevel: [0x85], .videoOrientation: [3]])
        #expect(header.extensionProfile == 0xBEDE && isWithinBound)
        // The orientation was not negotiated with this consumer.
        #expect(elements == [5: [0xBE, 0xEF], 2: [0x12, 0x34, 0x56], 4: Array("video0".utf8), 14: [0x85]])
    }

    @Test func whatNeedsTheTwoByteFormGetsIt() throws {
        let long = Array(1...80 as ClosedRange<UInt8>)
        let (wide, elements, isWithinBound) = try write(
            [.mid: 1, .dependencyDescriptor: 9], mid: "a", data: [.dependencyDescriptor: long])
        #expect(wide.extensionProfile == 0x1000 && isWithinBound)
        #expect(elements == [1: [UInt8(ascii: "a")], 9: long])
        let (high, other, _) = try write([.mid: 15], mid: "abc", data: [:])
        #expect(high.extensionProfile == 0x1000 && other == [15: Array("abc".utf8)])
    }

    @Test func randomHeadersReadBackAndKeepTheirBound() throws {
        var random = MediaRandom.seeded(21)
        let passed: [RTPHeaderExtension] = [.audioLevel, .playoutDelay, .videoOrientation, .dependencyDescriptor]
        for _ in 0..<500 {
            var identifiers: [RTPHeaderExtension: UInt8] = [:]
            var free = Array(1...14 as ClosedRange<UInt8>).shuffled(using: &random)
            if Int.random(in: 0..<6, using: &random) == 0 { free.append(UInt8.random(in: 15...255, using: &random)) }
            for kind in [.mid, .transportSequenceNumber, .absoluteSendTime] + passed where Bool.random(using: &random) {
                identifiers[kind] = free.removeLast()
            }
            var data: [RTPHeaderExtension: [UInt8]] = [:]
            for kind in passed where Bool.random(using: &random) {
                data[kind] = random.bytes(
                    Int.random(in: 1...(kind == .dependencyDescriptor ? 255 : 16), using: &random))
            }
            let mid = String("abcdefghijklmnop".prefix(Int.random(in: 1...16, using: &random)))
            let (_, elements, isWithinBound) = try write(identifiers, mid: mid, data: data)
            var expected: [UInt8: [UInt8]] = [:]
            for (kind, identifier) in identifiers {
                switch kind {
                case .mid: expected[identifier] = Array(mid.utf8)
                case .transportSequenceNumber: expected[identifier] = [0xBE, 0xEF]
                case .absoluteSendTime: expected[identifier] = [0x12, 0x34, 0x56]
                default: expected[identifier] = data[kind]
                }
            }
            #expect(elements == expected && isWithinBound)
        }
    }
}
