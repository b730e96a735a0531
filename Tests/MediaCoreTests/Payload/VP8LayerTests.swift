import Testing

@testable import MediaCore

@Suite struct VP8LayerTests {
    /// A packet with all fields: a picture id of 15 bits, TL0PICIDX and a temporal layer.
    private func packet(
        _ picture: UInt16, levelZero: UInt8 = 7, temporal: UInt8, sync: Bool = false, start: Bool = true,
        body: [UInt8] = [1, 2]
    ) -> [UInt8] {
        [
            start ? 0x90 : 0x80, 0xE0, UInt8(picture >> 8) | 0x80, UInt8(picture & 0xFF), levelZero,
            temporal << 6 | (sync ? 0x20 : 0),
        ] + body
    }

    private let keyframe: [UInt8] = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x41, 0xF0, 0x80]

    @Test func temporalLayers() throws {
        let stream = LayerReading(.vp8)
        let key = try #require(stream.read(packet(100, temporal: 0, body: keyframe)))
        #expect(key.flags == [.frameStart, .keyframe, .keyframeStart, .longPictureNumber])
        #expect(key.presentIn == 15 && key.restarts == 15 && key.switchTo == 15)
        #expect(key.pictureNumber & 0x7FFF == 100 && key.pictureNumberOffset == 2)
        #expect(key.levelZeroIndex == 7 && key.levelZeroOffset == 4)
        // The scale's two bits are not the size's.
        #expect(stream.sizes[0] == FrameSize(width: 0x140, height: 0xF0))

        let rest = try #require(stream.read(packet(100, temporal: 0, start: false), marker: true))
        #expect(rest.flags == [.frameEnd, .keyframe, .longPictureNumber])
        #expect(rest.restarts == 0 && rest.switchTo == 0)

        let sync = try #require(stream.read(packet(101, temporal: 2, sync: true)))
        #expect(sync.presentIn == 0b1100 && sync.switchTo == 0b0100 && sync.switchNeedsTemporal == 1)
        #expect(sync.restarts == 0 && sync.temporalLayer == 2 && sync.pictureNumber == key.pictureNumber + 1)
        let plain = try #require(stream.read(packet(102, temporal: 1)))
        #expect(plain.presentIn == 0b1110 && plain.switchTo == 0)
        // Only where the frame begins.
        #expect(stream.read(packet(101, temporal: 2, sync: true, start: false))?.switchTo == 0)
        #expect(stream.read(packet(103, temporal: 0, sync: true))?.switchTo == 0)
    }

    @Test func withoutLayers() throws {
        let stream = LayerReading(.vp8)
        let key = try #require(stream.read([0x10] + keyframe, marker: true))
        #expect(key.flags == [.frameStart, .frameEnd, .keyframe, .keyframeStart])
        #expect(key.pictureNumber == 0 && key.pictureNumberOffset == 0 && key.levelZeroOffset == 0)
        let next = try #require(stream.read([0x10, 1, 2]))
        #expect(next.presentIn == 15 && next.temporalLayer == 0 && next.flags == .frameStart)
        // Without T, the bits of TID and Y say nothing: only KEYIDX is there.
        let keyIndex = try #require(stream.read([0x90, 0x10, 0xE0, 1]))
        #expect(keyIndex.temporalLayer == 0 && keyIndex.presentIn == 15)
    }

    @Test func pictureIDsGoOnPastTheirWraps() throws {
        let stream = LayerReading(.vp8)
        var last = try #require(stream.read(packet(0x7FFE, temporal: 0))).pictureNumber
        for picture in [0x7FFF, 0, 1] as [UInt16] {
            let number = try #require(stream.read(packet(picture, temporal: 0))).pictureNumber
            #expect(number == last + 1)
            last = number
        }
        #expect(stream.read(packet(0x7FFF, temporal: 0))?.pictureNumber == last - 2)
        #expect(stream.read(packet(1, temporal: 0))?.pictureNumber == last)

        let short = LayerReading(.vp8)
        let first = try #require(short.read([0x90, 0x80, 0x7F, 1]))
        #expect(!first.flags.contains(.longPictureNumber))
        #expect(short.read([0x90, 0x80, 0x00, 1])?.pictureNumber == first.pictureNumber + 1)
        // From 7 bits to 15: the nearest that has these bits.
        #expect(short.read([0x90, 0x80, 0x80, 0x81, 1])?.pictureNumber == first.pictureNumber + 2)
    }

    @Test func aKeyframeIsOfTheLowestLayer() {
        let stream = LayerReading(.vp8)
        #expect(stream.read(packet(1, temporal: 1, body: keyframe)) == nil)
        #expect(stream.sizes[0] == FrameSize())
        // Another start code: no size, but a keyframe.
        #expect(stream.read([0x10, 0x10, 0, 0, 0x9D, 0x01, 0x2B, 0x40, 1, 0xF0, 0])?.restarts == 15)
        #expect(stream.sizes[0] == FrameSize())
    }
}
