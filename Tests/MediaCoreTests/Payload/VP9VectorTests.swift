import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

/// VP9 packets of Chrome and Firefox, with all that their descriptors say.
@Suite struct VP9VectorTests {
    struct File: Decodable { var packets: [Packet] }
    struct Packet: Decodable {
        var description: String
        var rtpPacketHex: String
        var isStartOfFrame: Bool
        var isEndOfFrame: Bool
        var isEndOfPicture: Bool
        var isKeyframe: Bool
        var isInterPicturePredicted: Bool
        var pictureId: UInt16
        var hasExtendedPictureId: Bool
        var isUpperLevelReference: Bool
        var tid: UInt8?
        var sid: UInt8?
        var isSwitchingUpPoint: Bool
        var usesInterLayerDependency: Bool
        var tL0PICIDX: UInt8?
        var descriptorSize: Int
        var layers: [Layer]?
    }
    struct Layer: Decodable {
        var sid: Int
        var height: Int
    }

    @Test func everyField() throws {
        guard let data = try Captures.bytes("rtp/jitsi-vp9-captured.json") else { return print("skipped: no captures") }
        for packet in try JSONDecoder().decode(File.self, from: Data(data)).packets {
            let payload = try RTPCaptures.payload(RTPCaptures.bytes(hex: packet.rtpPacketHex))
            let descriptor = VP9PayloadDescriptor(payload.span.bytes)
            let read = try #require(descriptor, "\(packet.description)")
            #expect(read.isFrameStart == packet.isStartOfFrame && read.isFrameEnd == packet.isEndOfFrame)
            #expect(read.isInterPicturePredicted == packet.isInterPicturePredicted, "\(packet.description)")
            #expect(read.isKeyframeStart == (packet.isKeyframe && packet.isStartOfFrame), "\(packet.description)")
            #expect(read.pictureID == packet.pictureId && read.hasLongPictureID == packet.hasExtendedPictureId)
            #expect(read.isNotReferredToBySpatialLayers == !packet.isUpperLevelReference, "\(packet.description)")
            #expect(read.hasLayer == (packet.tid != nil), "\(packet.description)")
            #expect(read.temporalLayer == packet.tid ?? 0 && read.spatialLayer == packet.sid ?? 0)
            #expect(read.isSwitchingUpPoint == packet.isSwitchingUpPoint, "\(packet.description)")
            #expect(read.isInterLayerPredicted == packet.usesInterLayerDependency, "\(packet.description)")
            #expect(read.levelZeroIndex == packet.tL0PICIDX ?? 0, "\(packet.description)")
            #expect((read.levelZeroOffset != 0) == (packet.tL0PICIDX != nil), "\(packet.description)")
            #expect(read.byteCount == packet.descriptorSize, "\(packet.description)")

            let stream = LayerReading(.vp9)
            let layers = try #require(stream.read(payload))
            #expect(layers.flags.contains(.frameStart) == packet.isStartOfFrame)
            #expect(layers.flags.contains(.frameEnd) == packet.isEndOfFrame)
            #expect(layers.pictureNumber & 0x7FFF == Int64(packet.pictureId))
            for layer in packet.layers ?? [] where layer.height > 0 {
                let size = stream.sizes[layer.sid]
                #expect(Int(min(size.width, size.height)) == layer.height, "\(packet.description)")
            }
        }
    }

    /// Ten packets of one stream with three spatial layers, which depend on each other in key pictures only.
    @Test func kSVC() throws {
        guard let data = try Captures.bytes("rtp/jitsi-vp9-captured.json") else { return print("skipped: no captures") }
        let stream = LayerReading(.vp9)
        let packets = try JSONDecoder().decode(File.self, from: Data(data)).packets.prefix(11)
        let layers = try packets.map {
            try #require(stream.read(try RTPCaptures.payload(RTPCaptures.bytes(hex: $0.rtpPacketHex))))
        }
        #expect(layers.map { $0.flags.contains(.keyframe) } == packets.map { $0.pictureId == 7781 })
        #expect(layers.indices.filter { layers[$0].flags.contains(.keyframeStart) } == [0])
        #expect(layers[0].restarts == 0xFFFF && layers[0].switchTo == 0xFFFF)
        #expect(layers[1].restarts == 0 && layers[3].restarts == 0)
        #expect(
            layers.prefix(8).map(\.presentIn) == [0xFFFF, 0xFFFF, 0xFFFF, 0xFFF0, 0xFFF0, 0xFFF0, 0x0F00, 0x0F00])
        // The second picture is of the highest temporal layer, refers to the first, and no layer to another.
        #expect(layers.suffix(3).map(\.presentIn) == [0x000C, 0x00C0, 0x0C00])
        #expect(layers.suffix(3).map(\.switchTo) == [0x0004, 0x0040, 0x0400])
        #expect(layers.suffix(3).allSatisfy { $0.switchNeedsTemporal == 1 })
    }
}
