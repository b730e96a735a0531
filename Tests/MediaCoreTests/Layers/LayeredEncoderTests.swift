import Foundation
import MediaCore
import Testing

@testable import MediaTestSupport

/// The simulated encoders against what real ones send.
@Suite struct LayeredEncoderTests {
    private struct Known: Hashable {
        var spatial: Int
        var temporal: Int
        var dependencies: FrameDependencies
    }

    /// All templates that a descriptor's structure has.
    private func templates(_ descriptor: [UInt8]) -> Set<Known> {
        var reader = DescriptorReader()
        guard reader.read(descriptor) != nil else { return [] }
        return Set(
            (0..<64).compactMap { number in
                reader.read([0xC0 | UInt8(number), 0, 0]).map {
                    Known(spatial: $0.spatial, temporal: $0.temporal, dependencies: $0.dependencies)
                }
            })
    }

    private func captured(_ name: String) throws -> [UInt8]? {
        guard let file = try Captures.bytes("dd/dependency-descriptor.json") else { return nil }
        let root = try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
        let vectors = try #require(root["vectors"] as? [[String: Any]])
        let hex = try #require(vectors.first { $0["name"] as? String == name }?["hex"] as? String)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: hex.count, by: 2) {
            let first = hex.index(hex.startIndex, offsetBy: start)
            bytes.append(try #require(UInt8(hex[first..<hex.index(first, offsetBy: 2)], radix: 16)))
        }
        return bytes
    }

    private func made(_ name: String) throws -> [UInt8] {
        let mode = try #require(LayeredMode.all.first { $0.name == name })
        var encoder = LayeredEncoder(mode, encoding: 0, seed: 3)
        _ = encoder.encode(at: MediaInstant(nanoseconds: 0), isKeyframe: true)
        return encoder.packets[0].descriptor
    }

    /// Chrome's own templates of L1T3 and L3T3 are those that the pattern's definition gives.
    @Test func templatesAreThoseOfABrowser() throws {
        for (theirs, ours) in [("descL1T1", "av1-l1t1"), ("descL1T3", "av1-l1t3"), ("descL3T3", "av1-l3t3")] {
            guard let descriptor = try captured(theirs) else { return print("no captures: skipped") }
            let known = templates(descriptor)
            let found = templates(try made(ours))
            #expect(!known.isEmpty)
            #expect(
                found == known, "\(ours): lacks \(known.subtracting(found)), has besides \(found.subtracting(known))")
        }
    }

    /// A descriptor reads back as what its frame is, for every frame of every mode.
    @Test func descriptorsSayWhatIsTrue() {
        for mode in LayeredMode.all where mode.hasDependencyDescriptor {
            var encoder = LayeredEncoder(mode, encoding: 0, seed: 9)
            for picture in 0..<60 {
                // Fewer layers for a while: what templates can't say is said frame by frame.
                encoder.activeSpatialLayers = (20..<40).contains(picture) ? 1 : mode.spatialLayers
                _ = encoder.encode(
                    at: MediaInstant(nanoseconds: Int64(picture) * 33_333_333),
                    isKeyframe: picture == 0 || picture == 40)
            }
            var reader = DescriptorReader()
            for packet in encoder.packets {
                let frame = encoder.frames[packet.frame]
                let found = reader.read(packet.descriptor)
                #expect(found?.dependencies == frame.dependencies, "\(mode.name) \(frame)")
                #expect(found?.spatial == frame.spatial && found?.temporal == frame.temporal)
                #expect(found?.number == encoder.frameNumber(frame.number) & 0xFFFF)
            }
        }
    }

    /// VP9's and VP8's bits for the patterns that browsers use.
    @Test func switchingPointsAreThoseOfThePatterns() throws {
        let entangled = LayerPattern(try #require(LayeredMode.all.first { $0.name == "vp8-l1t3-entangled" }))
        #expect((0..<8).map { entangled.temporalLayer($0) } == [0, 2, 1, 2, 0, 2, 1, 2])
        #expect((8..<16).map { entangled.isSync($0) } == [false, true, true, false, false, true, false, false])
        let plain = LayerPattern(try #require(LayeredMode.all.first { $0.name == "vp9-l1t3" }))
        #expect((4..<8).allSatisfy { plain.isSwitchingUpPoint($0) })
        // The picture of layer 1 after it refers to the last one of its layer.
        #expect((8..<16).map { entangled.isSwitchingUpPoint($0) } == [true, true, true, true, false, true, true, true])
    }
}
