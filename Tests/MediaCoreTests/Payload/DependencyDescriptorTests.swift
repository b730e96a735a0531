import Testing

@testable import MediaCore

@Suite struct DependencyDescriptorTests {
    private typealias Structure = DescriptorBuilder.Structure
    private let payload: [UInt8] = [0x10, 0x30]

    private func read(_ stream: LayerReading, _ descriptor: DescriptorBuilder) throws -> FrameLayers {
        try #require(stream.read(payload, descriptor.bytes))
    }

    private func begin(_ stream: LayerReading, _ structure: Structure = .l2t2, number: Int = 10) throws -> FrameLayers {
        try read(stream, DescriptorBuilder(template: structure.offset, number: number, structure: structure))
    }

    @Test func frames() throws {
        let stream = LayerReading(.av1)
        let key = try begin(stream)
        #expect(key.flags == [.frameStart, .frameEnd, .keyframe, .keyframeStart, .described])
        #expect(key.presentIn == 15 && key.restarts == 15 && key.switchTo == 15 && key.activeTargets == 15)
        #expect(key.targetCount == 4 && key.frameNumber & 0xFFFF == 10 && key.targetsVersion == 1)
        #expect(stream.sizes[0] == FrameSize(width: 320, height: 180))
        #expect(stream.sizes[1] == FrameSize(width: 640, height: 360) && stream.sizes[2] == FrameSize())
        let targets = stream.reader.targets
        #expect(targets.count == 4 && (0..<4).map { targets.spatialLayer($0) } == [0, 0, 1, 1])
        #expect((0..<4).map { targets.temporalLayer($0) } == [0, 1, 0, 1])
        #expect(targets.target(spatial: 1, temporal: 0) == 2 && targets.target(spatial: 2, temporal: 0) == nil)

        // The upper layer of the key picture: it switches, but does not begin.
        let upper = try read(stream, DescriptorBuilder(template: 63, number: 11))
        #expect(upper.flags == [.frameStart, .frameEnd, .keyframe, .described])
        #expect(upper.presentIn == 12 && upper.switchTo == 12 && upper.restarts == 0)
        #expect(upper.spatialLayer == 1 && upper.temporalLayer == 0 && upper.switchNeedsTemporal == 0)
        // Ids go round at 64.
        let temporal = try read(stream, DescriptorBuilder(end: false, template: 1, number: 13))
        #expect(temporal.spatialLayer == 1 && temporal.temporalLayer == 1 && temporal.presentIn == 8)
        #expect(temporal.flags == [.frameStart, .described] && temporal.switchTo == 0)
        // A packet that begins no frame begins nothing else.
        let rest = try read(stream, DescriptorBuilder(start: false, template: 61, number: 14))
        #expect(rest.presentIn == 15 && rest.switchTo == 0 && rest.flags == [.frameEnd, .described])
    }

    @Test func keyPicturesEnd() throws {
        let stream = LayerReading(.av1)
        _ = try begin(stream)
        _ = try read(stream, DescriptorBuilder(template: 61, number: 11))
        #expect(!(try read(stream, DescriptorBuilder(template: 0, number: 12))).flags.contains(.keyframe))
        // The keyframe's own number, again and again; an upper layer that comes before it is late.
        #expect(try read(stream, DescriptorBuilder(start: false, template: 60, number: 10)).flags.contains(.keyframe))
    }

    @Test func ownValuesReplaceTheTemplates() throws {
        let stream = LayerReading(.av1)
        _ = try begin(stream)
        let own = try read(
            stream, DescriptorBuilder(template: 61, number: 12, targets: "S-RD", references: [17, 300, 4096]))
        #expect(own.presentIn == 13 && own.switchTo == 1 && own.restarts == 0)
        // Without references a frame begins what chains begin at it: here the second, which protects 2 and 3.
        let begun = try read(stream, DescriptorBuilder(template: 61, number: 14, references: [], chains: [9, 0]))
        #expect(begun.restarts == 12 && !begun.flags.contains(.keyframeStart))
        // A chain that has no frame yet is none that begins here.
        let silent = try read(stream, DescriptorBuilder(template: 61, number: 16, references: [4], chains: [9, 0]))
        #expect(silent.restarts == 0)
    }

    @Test func withoutChains() throws {
        let stream = LayerReading(.av1)
        let structure = Structure(
            templates: [
                .init(targets: "SS"), .init(targets: "SS", references: [2]),
                .init(temporal: 1, targets: "-D", references: [1]),
            ], targetCount: 2)
        #expect(try begin(stream, structure).restarts == 3)
        #expect(try read(stream, DescriptorBuilder(template: 1, number: 12)).restarts == 0)
        #expect(try read(stream, DescriptorBuilder(template: 1, number: 12, references: [])).restarts == 3)
        #expect(try read(stream, DescriptorBuilder(template: 2, number: 13, references: [])).restarts == 2)
    }

    @Test func activeTargets() throws {
        let stream = LayerReading(.av1)
        _ = try begin(stream)
        #expect(try read(stream, DescriptorBuilder(template: 61, number: 12)).activeTargets == 15)
        let masked = try read(stream, DescriptorBuilder(template: 61, number: 14, active: (3, 4)))
        #expect(masked.activeTargets == 3 && masked.flags.contains(.ownActiveMask) && masked.activeMaskBit == 29)
        let next = try read(stream, DescriptorBuilder(template: 61, number: 16))
        #expect(next.activeTargets == 3 && !next.flags.contains(.ownActiveMask) && next.activeMaskBit == 0)
        // What comes late is not the news.
        #expect(try read(stream, DescriptorBuilder(template: 61, number: 13, active: (1, 4))).activeTargets == 1)
        #expect(try read(stream, DescriptorBuilder(template: 61, number: 18)).activeTargets == 3)
        // The structure again: all are active, unless it says otherwise.
        #expect(try begin(stream, number: 20).activeTargets == 15)
        let key = try read(
            stream, DescriptorBuilder(template: 60, number: 22, structure: .l2t2, active: (7, 4)))
        #expect(key.activeTargets == 7 && key.flags.contains(.keyframeStart) && key.activeMaskBit > 29)
        #expect(try read(stream, DescriptorBuilder(template: 61, number: 24)).activeTargets == 7)
    }

    @Test func structuresChange() throws {
        let stream = LayerReading(.av1)
        #expect(try begin(stream).targetsVersion == 1)
        #expect(try begin(stream, number: 20).targetsVersion == 1)
        var other = Structure.l2t2
        other.sizes[1] = (1280, 720)
        // Other templates for the same targets: who chose one goes on with it.
        #expect(try begin(stream, other, number: 30).targetsVersion == 1)
        #expect(stream.sizes[1] == FrameSize(width: 1280, height: 720))
        // The old one comes late: it is read by what it came with, and that does not come back.
        let late = try begin(stream, number: 20)
        #expect(late.flags.contains(.described) && !late.flags.contains(.keyframeStart) && late.presentIn == 15)
        #expect(late.switchTo == 0 && late.restarts == 0)
        #expect(stream.sizes[1] == FrameSize(width: 1280, height: 720))
        // A publisher that counts anew is believed.
        #expect(try begin(stream, number: 40_000).flags.contains(.keyframeStart))
        #expect(stream.sizes[1] != FrameSize(width: 1280, height: 720))
    }

    /// What was sent with a mask is repeated as long as its layout has not changed: no layout has the name of another
    /// one while packets of both are stored.
    @Test func manyStructures() throws {
        let stream = LayerReading(.av1)
        var other = Structure.l2t2
        other.templates[5].targets = "--DD"
        var versions: Set<UInt16> = []
        for step in 0..<2_048 {
            versions.insert(try begin(stream, step % 2 == 0 ? .l2t2 : other, number: 10 + step).targetsVersion)
        }
        #expect(versions.count == 2_048)
    }

    /// A packet that comes before its templates is told once they are there.
    @Test func templatesThatComeLater() throws {
        let stream = LayerReading(.av1)
        let delta = DescriptorBuilder(template: 61, number: 12, references: [2])
        let unknown = try read(stream, delta)
        #expect(unknown.flags == [.frameStart, .frameEnd, .described, .unresolved])
        #expect(unknown.presentIn == 0 && unknown.targetCount == 0)
        _ = try begin(stream)
        let known = try read(stream, delta)
        #expect(known.presentIn == 15 && known.frameNumber == unknown.frameNumber)
        #expect(try read(stream, delta) == known)
        // A template that the structure does not have.
        let strange = try read(stream, DescriptorBuilder(template: 20, number: 13, references: [1]))
        #expect(strange.flags.contains(.unresolved) && strange.frameNumber == known.frameNumber + 1)
    }

    @Test func lies() throws {
        let stream = LayerReading(.av1)
        func refuse(_ descriptor: DescriptorBuilder, _ comment: Comment) {
            #expect(stream.read(payload, descriptor.bytes) == nil, comment)
        }
        let begun = DescriptorBuilder(template: 60, number: 10, structure: .l2t2)
        for count in 0..<begun.bytes.count where count != 3 {
            #expect(stream.read(payload, Array(begun.bytes[..<count])) == nil, "\(count) bytes")
        }
        var descriptor = begun
        descriptor.start = false
        refuse(descriptor, "a structure in the middle of a frame")
        descriptor = begun
        descriptor.template = 59
        refuse(descriptor, "a structure without the template of its own frame")
        let five = (0..<5).map { DescriptorBuilder.Template(spatial: $0, targets: "S") }
        refuse(
            DescriptorBuilder(structure: Structure(templates: five, targetCount: 1)), "five spatial layers")
        let nine = (0..<9).map { DescriptorBuilder.Template(temporal: $0, targets: "S") }
        refuse(
            DescriptorBuilder(structure: Structure(templates: nine, targetCount: 1)), "nine temporal layers")
        let many = (0..<65).map { _ in DescriptorBuilder.Template(targets: "S") }
        refuse(DescriptorBuilder(structure: Structure(templates: many, targetCount: 1)), "65 templates")
        #expect(stream.reader.targets.version == 0 && stream.sizes[0] == FrameSize())

        _ = try begin(stream)
        let masked = DescriptorBuilder(
            template: 61, number: 12, active: (3, 4), targets: "SSRR", references: [4], chains: [3, 300])
        for count in 0..<masked.bytes.count where count != 3 {
            #expect(stream.read(payload, Array(masked.bytes[..<count])) == nil, "\(count) bytes")
        }
        #expect(try read(stream, DescriptorBuilder(template: 61, number: 12)).activeTargets == 15)
    }

    @Test func theMostThereCanBe() throws {
        let stream = LayerReading(.av1)
        let templates = (0..<64).map {
            DescriptorBuilder.Template(
                spatial: $0 / 16, temporal: $0 % 16 / 2, targets: String(repeating: "R", count: 32),
                chains: Array(repeating: 1, count: 32))
        }
        let structure = Structure(templates: templates, targetCount: 32, protectedBy: Array(0..<32))
        let key = try read(
            stream, DescriptorBuilder(structure: structure, active: (0x8000_0001, 32)))
        #expect(key.targetCount == 32 && key.activeTargets == 0x8000_0001 && key.presentIn == .max)
        #expect(stream.reader.targets.count == 32 && stream.reader.targets.temporalLayer(31) == 7)
        let last = try read(stream, DescriptorBuilder(template: 63, number: 1))
        #expect(last.spatialLayer == 3 && last.temporalLayer == 7 && last.activeTargets == 0x8000_0001)
        let grown = DependencyDescriptorWriter.write([0xFF, 0, 1], last, frameNumber: 1, activeTargets: 0xA000_0005)
        #expect(grown.count == 3 + DependencyDescriptorWriter.maximumGrowth)
        #expect(stream.read(payload, grown)?.activeTargets == 0xA000_0005)
    }

    @Test func masksArePutIn() throws {
        let stream = LayerReading(.av1)
        let begun = DescriptorBuilder(template: 60, number: 10, structure: .l2t2)
        let key = try read(stream, begun)
        var expected = begun
        expected.active = (5, 4)
        expected.number = 700
        let grown = DependencyDescriptorWriter.write(begun.bytes, key, frameNumber: 700, activeTargets: 5)
        // The zeros at its end are kept.
        #expect(grown.starts(with: expected.bytes) && grown.dropFirst(expected.bytes.count).allSatisfy { $0 == 0 })
        #expect(grown.count == begun.bytes.count + 1)
        let plain = DescriptorBuilder(template: 61, number: 12)
        let layers = try read(stream, plain)
        let written = DependencyDescriptorWriter.write(plain.bytes, layers, frameNumber: 0xABCD, activeTargets: 9)
        #expect(written == DescriptorBuilder(template: 61, number: 0xABCD, active: (9, 4)).bytes)
        // Of a frame whose templates are not known, only the number.
        var unknown = layers
        unknown.flags.insert(.unresolved)
        #expect(
            DependencyDescriptorWriter.write(plain.bytes, unknown, frameNumber: 1, activeTargets: 9)
                == DescriptorBuilder(template: 61, number: 1).bytes)
        #expect(DependencyDescriptorWriter.write([1, 2], layers, frameNumber: 1, activeTargets: 9) == [])
    }

    /// Codecs whose payloads have numbers keep them; a stream that stops describing itself begins anew at a keyframe.
    @Test func besidePayloadDescriptors() throws {
        let stream = LayerReading(.vp8)
        let vp8: [UInt8] = [0x90, 0xE0, 0x81, 0x02, 0x33, 0x40, 1, 2]
        let begun = DescriptorBuilder(template: 60, number: 10, structure: .l2t2)
        let key = try #require(stream.read(vp8, begun.bytes))
        #expect(key.pictureNumber & 0x7FFF == 0x102 && key.pictureNumberOffset == 2 && key.levelZeroOffset == 4)
        #expect(key.levelZeroIndex == 0x33 && key.presentIn == 15 && key.flags.contains(.longPictureNumber))
        // What is encrypted looks like anything.
        let opaque = try #require(stream.read([0x90, 0xE0], begun.bytes))
        #expect(opaque.flags.contains(.keyframeStart) && opaque.presentIn == 15 && opaque.pictureNumberOffset == 0)

        let bare = try #require(stream.read(vp8))
        #expect(bare.flags.contains(.unresolved) && bare.presentIn == 0 && bare.targetsVersion == 1)
        let anew = try #require(stream.read([0x10, 0, 1]))
        #expect(anew.flags.contains(.keyframeStart) && anew.presentIn == 15 && anew.targetsVersion == 2)
        #expect(stream.reader.targets.count == 16 && stream.read(vp8)?.presentIn == 14)
        #expect(try #require(stream.read(vp8, begun.bytes)).targetsVersion == 3)
    }
}
