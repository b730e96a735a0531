import Testing

@testable import MediaCore

@Suite struct AV1LayerTests {
    /// A sequence header of one operating point, 640 by 360 in ten bits each.
    private func sequence(points: [Int] = [0]) -> [UInt8] {
        var bits = BitString("000 0 0 0 0")
        bits.put(points.count - 1, 5)
        for point in points {
            bits.put(point, 12)
            bits.put(8, 5)
            bits.put(0, 1)
        }
        bits.put(9, 4)
        bits.put(9, 4)
        bits.put(639, 10)
        bits.put(359, 10)
        return [0x08] + bits.bytes
    }

    private func packet(_ first: UInt8, _ elements: [UInt8]...) -> [UInt8] {
        [first] + elements.flatMap { [UInt8($0.count)] + $0 }
    }

    @Test func keyframes() throws {
        let stream = LayerReading(.av1)
        let key = try #require(stream.read(packet(0x08, sequence(), [0x30, 1])))
        #expect(key.flags == [.frameStart, .keyframe, .keyframeStart])
        #expect(key.presentIn == 0xFFFF && key.restarts == 0xFFFF && key.switchTo == 0xFFFF)
        #expect(stream.sizes[0] == FrameSize(width: 640, height: 360))
        #expect(stream.read(packet(0x80, [1, 2]), marker: true)?.flags == .frameEnd)
        // The sequence header again, in a sequence that goes on.
        #expect(stream.read(packet(0x00, sequence()))?.flags == .frameStart)
        // More tiles of the same frame.
        #expect(stream.read(packet(0x00, [0x20, 1]))?.flags == [])
        // The size is that of the highest spatial layer of the first operating point.
        _ = stream.read(packet(0x08, sequence(points: [0x301, 0x101])))
        #expect(stream.sizes[1] == FrameSize(width: 640, height: 360))
        // An OBU that has its own size all the same.
        let other = LayerReading(.av1)
        _ = other.read(packet(0x08, [0x0A, UInt8(sequence().count - 1)] + sequence().dropFirst()))
        #expect(other.sizes[0] == FrameSize(width: 640, height: 360))
    }

    @Test func layers() throws {
        let stream = LayerReading(.av1)
        let layer = try #require(stream.read(packet(0x00, [0x34, 1 << 5 | 1 << 3, 9])))
        #expect(layer.spatialLayer == 1 && layer.temporalLayer == 1 && layer.presentIn == 0xEEE0)
        #expect(layer.switchTo == 0 && layer.restarts == 0 && layer.flags == .frameStart)
        // What goes on with it is of the same layer, up to the end of the picture.
        #expect(stream.read(packet(0xC0, [1, 2]))?.presentIn == 0xEEE0)
        #expect(stream.read(packet(0x80, [1, 2]), marker: true)?.presentIn == 0xEEE0)
        #expect(stream.read(packet(0x00, [0x30, 2]))?.presentIn == 0xFFFF)
        #expect(stream.read(packet(0x00, [0x34, 4 << 5, 9])) == nil)
        #expect(stream.read(packet(0x00, [0xB4, 0, 9])) == nil)
        #expect(stream.read(packet(0x00, [0x34])) == nil)
        #expect(stream.read([0x88, 1, 2]) == nil)
    }

    @Test func aSizeWithAllThatMayStandBefore() {
        // Timing, a decoder model, a display delay.
        var bits = BitString("000 0 0 1")
        bits.put(1, 32)
        bits.put(30, 32)
        bits.put(1, 1)
        bits.put(0b00100, 5)
        bits.put(1, 1)
        bits.put(3, 5)
        bits.put(7, 32)
        bits.put(0, 10)
        bits.put(1, 1)
        bits.put(0, 5)
        bits.put(0, 12)
        bits.put(4, 5)
        bits.put(1, 1)
        bits.put(0b101010101, 9)
        bits.put(1, 1)
        bits.put(9, 4)
        bits.put(7, 4)
        bits.put(7, 4)
        bits.put(199, 8)
        bits.put(99, 8)
        let bytes = bits.bytes
        let size = AV1PayloadDescriptor.size(bytes.span.bytes)
        #expect(size?.frame == FrameSize(width: 200, height: 100) && size?.spatialLayer == 0)
        for count in 0..<bytes.count - 1 {
            let part = Array(bytes[..<count])
            #expect(AV1PayloadDescriptor.size(part.span.bytes) == nil)
        }
    }
}
