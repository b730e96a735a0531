import Testing

@testable import MediaCore

@Suite struct H264LayerTests {
    /// Baseline, 640x480 by 40 and 30 macroblocks.
    private let sps: [UInt8] = [0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x02, 0x80, 0xF6, 0x80]

    private func aggregate(_ units: [UInt8]...) -> [UInt8] {
        [0x78] + units.flatMap { [UInt8(0), UInt8($0.count)] + $0 }
    }

    @Test func keyframes() throws {
        let stream = LayerReading(.h264)
        let sets = try #require(stream.read(aggregate(sps, [0x68, 0xCE])))
        #expect(sets.flags == [.frameStart, .keyframe, .keyframeStart, .parameterSets])
        #expect(sets.presentIn == 15 && sets.restarts == 15 && sets.switchTo == 15)
        #expect(stream.sizes[0] == FrameSize(width: 640, height: 480))
        let first = try #require(stream.read([0x7C, 0x85, 0x88]))
        #expect(first.flags == [.frameStart, .keyframe, .keyframeStart])
        let middle = try #require(stream.read([0x7C, 0x05, 0x88]))
        #expect(middle.flags == .keyframe && middle.restarts == 0)
        #expect(stream.read([0x7C, 0x45, 0x88], marker: true)?.flags == [.keyframe, .frameEnd])
        #expect(stream.read([0x68, 0xCE])?.flags == .frameStart)
    }

    @Test func temporalLayers() throws {
        let stream = LayerReading(.h264)
        // Referred to; the second slice of the same picture.
        let base = try #require(stream.read([0x41, 0x9A]))
        #expect(base.flags == .frameStart && base.presentIn == 15 && base.switchTo == 0)
        #expect(stream.read([0x41, 0x1A])?.flags == [])
        // Disposable.
        let disposable = try #require(stream.read([0x01, 0x9A], marker: true))
        #expect(disposable.flags == [.frameStart, .frameEnd] && disposable.temporalLayer == 1)
        #expect(disposable.presentIn == 14 && disposable.switchTo == 2 && disposable.switchNeedsTemporal == 0)
        #expect(stream.read([0x1C, 0x41, 0x9A])?.presentIn == 14)
        #expect(stream.read([0x5C, 0x41, 0x9A])?.presentIn == 15)
        // A prefix says it, alone and with its slice; more than three are taken for three.
        #expect(stream.read([0x6E, 0x80, 0x80, 0x47])?.presentIn == 12)
        let prefixed = try #require(stream.read(aggregate([0x6E, 0x80, 0x80, 0x47], [0x61, 0x9A])))
        #expect(prefixed.presentIn == 12 && prefixed.switchTo == 4 && prefixed.switchNeedsTemporal == 1)
        #expect(stream.read([0x6E, 0x80, 0x80, 0xE7])?.temporalLayer == 3)
        // Not of scalable coding: another extension's.
        #expect(stream.read([0x6E, 0x00, 0x80, 0x47])?.temporalLayer == 0)
        // An IDR picture stays with the lowest layer.
        #expect(stream.read(aggregate([0x6E, 0x80, 0x80, 0x47], [0x65, 0x88]))?.presentIn == 15)
        // Access unit delimiters and what else has no slice belongs to all.
        #expect(stream.read([0x09, 0x10])?.presentIn == 15)
    }

    @Test func sizes() {
        func size(_ bits: String) -> FrameSize? {
            let bytes = BitString(bits).bytes
            return H264PayloadDescriptor.size(bytes.span.bytes)
        }
        // High profile, 4:2:0, 120 by 68 macroblocks, cropped by 4 rows of 2 at the bottom.
        let high = "01100100 00000000 00101000 1 010 1 1 0 0 1 1 1 1 0 0000001111000 0000001000100 1 0 1 1 1 1 00101"
        #expect(size(high) == FrameSize(width: 1920, height: 1080))
        // The same in fields: half as many rows of twice the height.
        let fields = "01100100 00000000 00101000 1 010 1 1 0 0 1 1 1 1 0 0000001111000 00000100010 0 1 1 1 1 1 1 011"
        #expect(size(fields) == FrameSize(width: 1920, height: 1080))
        // A byte that keeps a start code out is none of the set's.
        let escaped: [UInt8] = [0x42, 0, 0, 3, 0x1E, 0xDA, 0x02, 0x80, 0xF6, 0x80]
        #expect(H264PayloadDescriptor.size(escaped.span.bytes) == FrameSize(width: 640, height: 480))
        // Cropped away; more macroblocks than there can be; broken off.
        #expect(size("01000010 00000000 00011110 1 1 1 1 1 0 1 1 1 1 1 0001001 1 1 1") == nil)
        #expect(size("01000010 00000000 00011110 1 1 1 1 1 0 0000000000000 1000000000001 1 1 1 0") == nil)
        #expect(size("01000010 00000000 00011110 1 1") == nil)
    }

    @Test func refused() {
        let stream = LayerReading(.h264)
        for payload in [[0xE5, 1], [0x79, 1], [0x7D, 0x85], [0x78], [0x78, 0, 2, 0x67], [0x7C], []] as [[UInt8]] {
            #expect(stream.read(payload) == nil)
        }
        #expect(stream.sizes[0] == FrameSize())
    }
}
