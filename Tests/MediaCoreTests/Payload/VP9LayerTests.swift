import Testing

@testable import MediaCore

@Suite struct VP9LayerTests {
    private struct Packet {
        var picture: UInt8
        var temporal: UInt8 = 0
        var spatial: UInt8 = 0
        var isPredicted = true
        var isUp = false
        var isInter = false
        var isAlone = false
        var isStart = true
        var isEnd = false
        /// Nil in the non-flexible mode.
        var references: [UInt8]?
        var structure: [UInt8] = []

        var bytes: [UInt8] {
            var first: UInt8 = 0xA0
            if isPredicted { first |= 0x40 }
            if references != nil { first |= 0x10 }
            if isStart { first |= 0x08 }
            if isEnd { first |= 0x04 }
            if !structure.isEmpty { first |= 0x02 }
            if isAlone { first |= 0x01 }
            let layer = temporal << 5 | (isUp ? 0x10 : 0) | spatial << 1 | (isInter ? 1 : 0)
            var bytes = [first, picture, layer]
            if let references {
                for (index, reference) in references.enumerated() where isPredicted {
                    bytes.append(reference << 1 | (index < references.count - 1 ? 1 : 0))
                }
            } else {
                bytes.append(9)
            }
            return bytes + structure + [0xAB]
        }
    }

    private func read(_ stream: LayerReading, _ packet: Packet) throws -> FrameLayers {
        try #require(stream.read(packet.bytes))
    }

    @Test func keyPictures() throws {
        let stream = LayerReading(.vp9)
        let lowest = try read(stream, Packet(picture: 5, isPredicted: false))
        #expect(lowest.flags == [.frameStart, .keyframe, .keyframeStart])
        #expect(lowest.presentIn == 0xFFFF && lowest.restarts == 0xFFFF && lowest.switchTo == 0xFFFF)
        #expect(lowest.levelZeroIndex == 9 && lowest.levelZeroOffset == 3 && lowest.pictureNumberOffset == 1)
        let upper = try read(stream, Packet(picture: 5, spatial: 1, isPredicted: false, isInter: true, isEnd: true))
        #expect(upper.flags == [.frameStart, .frameEnd, .keyframe])
        #expect(upper.presentIn == 0xFFF0 && upper.restarts == 0 && upper.switchTo == 0)
        // The next picture is none, and a layer that begins in it begins alone.
        let next = try read(stream, Packet(picture: 6))
        #expect(next.flags == .frameStart && next.restarts == 0 && next.switchTo == 0)
        let begun = try read(stream, Packet(picture: 6, spatial: 2, isPredicted: false, isInter: true))
        #expect(begun.flags == [.frameStart])
        #expect(begun.restarts == 0x0F00 && begun.switchTo == 0x0F00)
        let rest = try read(stream, Packet(picture: 6, spatial: 2, isPredicted: false, isInter: true, isStart: false))
        #expect(rest.restarts == 0 && rest.switchTo == 0)
    }

    @Test func presence() throws {
        let stream = LayerReading(.vp9)
        #expect(try read(stream, Packet(picture: 1, temporal: 1, spatial: 1)).presentIn == 0xEEE0)
        #expect(try read(stream, Packet(picture: 1, temporal: 1, spatial: 1, isAlone: true)).presentIn == 0x00E0)
        #expect(try read(stream, Packet(picture: 1, temporal: 3, spatial: 3)).presentIn == 0x8000)
        // Without layers, Z says nothing.
        #expect(stream.read([0x89, 1, 2])?.presentIn == 0xFFFF)
    }

    @Test func syncFramesOfTheFlexibleMode() throws {
        let stream = LayerReading(.vp9)
        _ = try read(stream, Packet(picture: 10, isPredicted: false, references: []))
        let sync = try read(stream, Packet(picture: 11, temporal: 2, references: [1]))
        #expect(sync.switchTo == 0x4444 && sync.switchNeedsTemporal == 1)
        #expect(try read(stream, Packet(picture: 12, temporal: 1, spatial: 1, references: [2])).switchTo == 0x2220)
        // Refers to its own temporal layer too.
        #expect(try read(stream, Packet(picture: 13, temporal: 2, references: [3, 2])).switchTo == 0)
        #expect(try read(stream, Packet(picture: 14, temporal: 2, references: [3, 4])).switchTo == 0)
        // What it refers to is not known: it may be of its own layer, and the U bit says nothing of that.
        #expect(try read(stream, Packet(picture: 15, temporal: 1, references: [100])).switchTo == 0)
        let up = try read(stream, Packet(picture: 16, temporal: 1, isUp: true, references: [100]))
        #expect(up.switchTo == 0xCCCC && up.switchNeedsTemporal == 1)
        // U of a frame that refers to its own layer: the layers above can begin behind it.
        let above = try read(stream, Packet(picture: 17, temporal: 1, isUp: true, references: [1]))
        #expect(above.switchTo == 0xCCCC && above.switchNeedsTemporal == 1)
        let base = try read(stream, Packet(picture: 18, isUp: true, references: [8]))
        #expect(base.switchTo == 0xEEEE && base.switchNeedsTemporal == 0)
        #expect(try read(stream, Packet(picture: 18, isUp: true, isStart: false, references: [8])).switchTo == 0)
    }

    /// Two spatial layers, 320x180 and 640x360, and a group of four pictures: 0 2 1 2.
    private let structure: [UInt8] = [
        0x38, 1, 64, 0, 180, 2, 128, 1, 104,
        4, 0x04, 4, 0x54, 1, 0x34, 2, 0x48, 1, 2,
    ]

    @Test func syncFramesByThePictureGroup() throws {
        let stream = LayerReading(.vp9)
        _ = try read(stream, Packet(picture: 126, isPredicted: false, structure: structure))
        #expect(stream.sizes[0] == FrameSize(width: 320, height: 180))
        #expect(stream.sizes[1] == FrameSize(width: 640, height: 360) && stream.sizes[2] == FrameSize())
        #expect(try read(stream, Packet(picture: 127, temporal: 2)).switchTo == 0x4444)
        #expect(try read(stream, Packet(picture: 0, temporal: 1)).switchTo == 0x2222)
        #expect(try read(stream, Packet(picture: 1, temporal: 2)).switchTo == 0)
        // One picture was lost: the group's index goes on, and tells of it too.
        #expect(try read(stream, Packet(picture: 3, temporal: 2)).switchTo == 0x4444)
        // A picture that does not follow the group.
        #expect(try read(stream, Packet(picture: 4, temporal: 2)).switchTo == 0)
        // Another structure, without sizes and group: the sizes stay, the U bit is what is left.
        _ = try read(stream, Packet(picture: 6, structure: [0x20]))
        #expect(stream.sizes[1] == FrameSize(width: 640, height: 360))
        #expect(try read(stream, Packet(picture: 7, temporal: 2)).switchTo == 0)
        #expect(try read(stream, Packet(picture: 8, temporal: 2, isUp: true)).switchTo == 0x4444)
    }

    @Test func lies() throws {
        let stream = LayerReading(.vp9)
        #expect(stream.read(Packet(picture: 1, spatial: 4).bytes) == nil)
        #expect(stream.read(Packet(picture: 1, temporal: 4).bytes) == nil)
        #expect(stream.read(Packet(picture: 1, references: [1, 2, 3, 4]).bytes) == nil)
        #expect(stream.read(Packet(picture: 1, references: [1, 2, 3]).bytes) != nil)
        #expect(stream.read(Packet(picture: 1, references: [0]).bytes) == nil)
        // A picture of a group that is of the fifth temporal layer.
        #expect(stream.read(Packet(picture: 1, isPredicted: false, structure: [0x08, 1, 0x80]).bytes) == nil)
        #expect(stream.read(Packet(picture: 1, isPredicted: false, structure: [0x08, 1, 0x60]).bytes) != nil)
        let packet = Packet(picture: 126, isPredicted: false, structure: structure).bytes
        for count in 0..<packet.count { #expect(stream.read(Array(packet[..<count])) == nil) }
        #expect(stream.sizes[0] == FrameSize())
    }

    /// A publisher that begins to count anew is followed.
    @Test func picturesCountedAnew() throws {
        let stream = LayerReading(.vp9)
        let high: [UInt8] = [0xA8, 0xF0, 0, 0, 9] + [1]
        let low: [UInt8] = [0xA8, 0xC0, 0, 0, 9] + [1]
        _ = try #require(stream.read(high))
        _ = try #require(stream.read(low))
        #expect(stream.read([0xA4, 0xC0, 0, 3, 9, 1])?.flags.contains(.keyframe) == true)
        #expect(stream.read([0xA4, 0xF0, 0, 3, 9, 1])?.flags.contains(.keyframe) == false)
    }
}
