import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

/// Dependency descriptors that Chrome sent, with what they say.
@Suite struct DependencyVectorTests {
    struct File: Decodable { var vectors: [Vector] }
    struct Vector: Decodable {
        var name: String
        var hex: String
        var expect: Expectation
    }
    struct Expectation: Decodable {
        var structureFrom: String?
        var startOfFrame: Bool
        var endOfFrame: Bool
        var frameNumber: Int64
        var activeDecodeTargets: UInt32?
        var decodeTargetCount: Int?
        var maxTemporalId: Int?
        var maxSpatialId: Int?
        var dtBitmasks: [UInt32]?
        var switchWithoutKeyframe: String?
        var frame: Frame?
    }
    struct Frame: Decodable {
        var sid: UInt8
        var tid: UInt8
    }

    private func vectors() throws -> [String: Vector]? {
        guard let data = try Captures.bytes("dd/dependency-descriptor.json") else {
            print("skipped: no captures")
            return nil
        }
        let file = try JSONDecoder().decode(File.self, from: Data(data))
        return Dictionary(uniqueKeysWithValues: file.vectors.map { ($0.name, $0) })
    }

    @Test func chromesDescriptors() throws {
        guard let vectors = try vectors() else { return }
        for vector in vectors.values {
            let stream = LayerReading(.av1)
            let expect = vector.expect
            if let name = expect.structureFrom {
                guard let structure = vectors[name] else { continue }
                #expect(stream.read([0x10, 0x30], RTPCaptures.bytes(hex: structure.hex)) != nil)
            }
            let bytes = RTPCaptures.bytes(hex: vector.hex)
            let layers = try #require(stream.read([0x10, 0x30], bytes), "\(vector.name)")
            #expect(layers.flags.contains(.described) && !layers.flags.contains(.unresolved))
            #expect(layers.flags.contains(.frameStart) == expect.startOfFrame, "\(vector.name)")
            #expect(layers.flags.contains(.frameEnd) == expect.endOfFrame, "\(vector.name)")
            #expect(layers.frameNumber & 0xFFFF == expect.frameNumber, "\(vector.name)")
            if let active = expect.activeDecodeTargets { #expect(layers.activeTargets == active, "\(vector.name)") }
            if let frame = expect.frame {
                #expect(layers.spatialLayer == frame.sid && layers.temporalLayer == frame.tid, "\(vector.name)")
            }
            #expect(layers.flags.contains(.keyframeStart) == (expect.structureFrom == nil), "\(vector.name)")
            let targets = stream.reader.targets
            if let count = expect.decodeTargetCount {
                #expect(targets.count == count && layers.targetCount == count, "\(vector.name)")
                let spatial = (0..<count).map { targets.spatialLayer($0) }
                let temporal = (0..<count).map { targets.temporalLayer($0) }
                #expect(spatial.max() == expect.maxSpatialId && temporal.max() == expect.maxTemporalId)
                // A keyframe begins all of them.
                #expect(layers.restarts == layers.presentIn && layers.presentIn == (1 << UInt32(count)) - 1)
            }
            if let masks = expect.dtBitmasks {
                // The targets that a target includes.
                let included = masks.indices.map { target in
                    masks.indices.reduce(into: UInt32(0)) { mask, other in
                        let isIncluded =
                            targets.spatialLayer(other) <= targets.spatialLayer(target)
                            && targets.temporalLayer(other) <= targets.temporalLayer(target)
                        if isIncluded { mask |= 1 << UInt32(other) }
                    }
                }
                #expect(included == masks, "\(vector.name)")
            }
            let number = UInt16(expect.frameNumber)
            #expect(DependencyDescriptorWriter.write(bytes, layers, frameNumber: number) == bytes, "\(vector.name)")
            if layers.flags.contains(.ownActiveMask) {
                let again = DependencyDescriptorWriter.write(
                    bytes, layers, frameNumber: number, activeTargets: layers.activeTargets)
                #expect(again == bytes, "\(vector.name)")
            }
        }
    }

    @Test func withoutTheStructureTheMandatoryFieldsAreRead() throws {
        guard let vectors = try vectors() else { return }
        for name in ["shortDesc", "midDescScalable", "midDescScalable2"] {
            let vector = try #require(vectors[name])
            let stream = LayerReading(.av1)
            let layers = try #require(stream.read([0x10, 0x30], RTPCaptures.bytes(hex: vector.hex)))
            #expect(layers.flags.isSuperset(of: [.described, .unresolved]))
            #expect(layers.presentIn == 0 && layers.frameNumber & 0xFFFF == vector.expect.frameNumber)
        }
    }

    /// What is written over or put in can be read again, for every vector and mask.
    @Test func writtenDescriptorsAreRead() throws {
        guard let vectors = try vectors() else { return }
        for vector in vectors.values {
            let stream = LayerReading(.av1)
            if let name = vector.expect.structureFrom {
                guard let structure = vectors[name] else { continue }
                _ = stream.read([0x10, 0x30], RTPCaptures.bytes(hex: structure.hex))
            }
            let bytes = RTPCaptures.bytes(hex: vector.hex)
            let layers = try #require(stream.read([0x10, 0x30], bytes))
            for mask in [0, 1, 5, (1 << UInt32(layers.targetCount)) - 1] as [UInt32] {
                let mask = mask & ((1 << UInt32(layers.targetCount)) - 1)
                let number = UInt16(truncatingIfNeeded: layers.frameNumber) &+ 3
                let written = DependencyDescriptorWriter.write(bytes, layers, frameNumber: number, activeTargets: mask)
                let copy = LayerReading(stream)
                let again = try #require(copy.read([0x10, 0x30], written), "\(vector.name) \(written)")
                #expect(again.activeTargets == mask && again.flags.contains(.ownActiveMask), "\(vector.name)")
                #expect(again.frameNumber == layers.frameNumber + 3)
                #expect(again.presentIn == layers.presentIn && again.restarts == layers.restarts)
                #expect(again.switchTo == layers.switchTo && again.targetCount == layers.targetCount)
                // With another number it is another picture's.
                let changed: FrameLayers.Flags = [.ownActiveMask, .keyframe]
                #expect(again.flags.subtracting(changed) == layers.flags.subtracting(changed))
            }
        }
    }
}
