import Testing

@testable import MediaCore

@Suite struct H265LayerTests {
    /// A NAL unit of a kind and a temporal layer.
    private func unit(_ kind: UInt8, temporal: UInt8 = 0, _ body: [UInt8] = [0x80, 1]) -> [UInt8] {
        [kind << 1, temporal + 1] + body
    }

    private func fragment(_ kind: UInt8, temporal: UInt8 = 0, start: Bool = false, end: Bool = false) -> [UInt8] {
        unit(49, temporal: temporal, [(start ? 0x80 : 0) | (end ? 0x40 : 0) | kind, 0x80, 1])
    }

    /// The main profile, one sub-layer, 4:2:0, 1920 by 1088 cropped by 8 rows.
    private var sps: [UInt8] {
        var bits = BitString("0000 000 1")
        for _ in 0..<12 { bits.put(0xA5, 8) }
        bits.putCode(0)
        bits.putCode(1)
        bits.putCode(1920)
        bits.putCode(1088)
        bits.put(1, 1)
        for offset in [0, 0, 0, 4] { bits.putCode(offset) }
        bits.put(0x55, 8)
        return unit(33, bits.bytes)
    }

    @Test func keyframes() throws {
        let stream = LayerReading(.h265)
        let sets = try #require(stream.read(sps))
        #expect(sets.flags.isSuperset(of: [.frameStart, .keyframe, .keyframeStart]) && sets.presentIn == 15)
        #expect(sets.restarts == 15 && sets.switchTo == 15)
        #expect(stream.sizes[0] == FrameSize(width: 1920, height: 1080))
        for kind in 16...21 as ClosedRange<UInt8> {
            #expect(stream.read(unit(kind))?.flags == [.frameStart, .keyframe, .keyframeStart])
            // Another slice of it.
            #expect(stream.read(unit(kind, [0x00, 1]))?.flags == .keyframe)
            #expect(stream.read(fragment(kind, start: true))?.flags == [.frameStart, .keyframe, .keyframeStart])
            #expect(stream.read(fragment(kind, end: true), marker: true)?.flags == [.keyframe, .frameEnd])
            #expect(stream.read(unit(kind, temporal: 1)) == nil)
        }
        #expect(stream.read(unit(22))?.flags == .frameStart)
        let aggregate = unit(48, [0, 4] + unit(35, [0x50, 1]) + [0, UInt8(sps.count)] + sps)
        #expect(stream.read(aggregate)?.flags == [.frameStart, .keyframe, .keyframeStart, .parameterSets])
        #expect(stream.read(unit(34))?.flags == .frameStart)
    }

    @Test func temporalLayers() throws {
        let stream = LayerReading(.h265)
        #expect(stream.read(unit(1))?.presentIn == 15)
        let trailing = try #require(stream.read(unit(1, temporal: 2)))
        #expect(trailing.presentIn == 12 && trailing.switchTo == 0 && trailing.temporalLayer == 2)
        let own = try #require(stream.read(unit(5, temporal: 2)))
        #expect(own.switchTo == 4 && own.switchNeedsTemporal == 1 && own.restarts == 0)
        let up = try #require(stream.read(fragment(3, temporal: 1, start: true)))
        #expect(up.switchTo == 14 && up.switchNeedsTemporal == 0)
        #expect(stream.read(fragment(3, temporal: 1))?.switchTo == 0)
        #expect(stream.read(unit(2, temporal: 1, [0, 1]))?.switchTo == 0)
        #expect(stream.read(unit(1, temporal: 5))?.temporalLayer == 3)
        // PACI: its layer is known.
        #expect(stream.read(unit(50, temporal: 1))?.presentIn == 14)
    }

    @Test func refused() {
        let stream = LayerReading(.h265)
        let payloads: [[UInt8]] = [
            [], [0x02], [0x82, 1, 0x80], [0x02, 0x00, 0x80], unit(48, []), unit(48, [0, 2]), unit(48, [0, 1, 0]),
            unit(49, []),
        ]
        for payload in payloads { #expect(stream.read(payload) == nil, "\(payload)") }
        for count in 0..<sps.count { _ = stream.read(Array(sps[..<count])) }
        #expect(stream.sizes[0].width == 0 || stream.sizes[0] == FrameSize(width: 1920, height: 1080))
    }
}
