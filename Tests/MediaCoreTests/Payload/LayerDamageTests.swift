import FuzzSupport
import MediaTestSupport
import Testing

@testable import MediaCore

/// Real packets, whole and damaged, through the same checks as the fuzzer's.
@Suite struct LayerDamageTests {
    /// An input of the fuzzer: a codec, then packets with and without descriptors.
    private func check(_ codec: MediaCodec, _ packets: [(payload: [UInt8], descriptor: [UInt8]?)]) throws {
        var input = [UInt8(MediaCodec.allCases.firstIndex(of: codec) ?? 0)]
        for packet in packets {
            input.append(packet.descriptor == nil ? 4 : 0x5E)
            for block in [packet.payload, packet.descriptor].compactMap({ $0 }) {
                input.append(UInt8(block.prefix(255).count))
                input += block.prefix(255)
            }
        }
        try fuzzPayload(input.span.bytes)
    }

    @Test func whatWasCaptured() throws {
        for codec in RTPCaptures.codecs {
            guard let packets = try RTPCaptures.packets(codec) else { return }
            let stream = LayerReading(codec)
            var starts = 0
            var unreadable = 0
            for packet in packets {
                let header = try RTPCaptures.header(packet)
                let payload = try RTPCaptures.payload(packet)
                guard let layers = stream.read(payload, marker: header.marker) else {
                    unreadable += 1
                    continue
                }
                if layers.flags.contains(.frameStart) { starts += 1 }
                #expect(layers.presentIn != 0 && layers.spatialLayer <= 3)
            }
            #expect(starts > 0)
            #expect(unreadable < packets.count / 10, "\(codec): \(unreadable) of \(packets.count)")
            #expect(stream.sizes.contains { $0.width > 0 && $0.height > 0 }, "\(codec): no size")
            try check(codec, try packets.prefix(40).map { (try RTPCaptures.payload($0), nil) })
        }
    }

    @Test func damagedPayloads() throws {
        for codec in RTPCaptures.codecs {
            guard let packets = try RTPCaptures.packets(codec) else { return }
            let first = try packets.prefix(3).map { (payload: try RTPCaptures.payload($0), descriptor: [UInt8]?.none) }
            for packet in packets.prefix(4) {
                var damaged: [(payload: [UInt8], descriptor: [UInt8]?)] = []
                RTPCaptures.mutations(of: Array(try RTPCaptures.payload(packet).prefix(40))) {
                    damaged.append(($0, nil))
                }
                // Each codec reads the others' too: that must be as harmless.
                for other in MediaCodec.allCases { try check(other, first + damaged) }
            }
        }
    }

    @Test func damagedDescriptors() throws {
        let begun = DescriptorBuilder(template: 60, number: 10, structure: .l2t2, active: (7, 4)).bytes
        let delta = DescriptorBuilder(
            template: 61, number: 12, active: (3, 4), targets: "S-RD", references: [4, 300], chains: [3, 0]
        ).bytes
        for whole in [begun, delta] {
            var damaged: [[UInt8]] = []
            RTPCaptures.mutations(of: whole) { damaged.append($0) }
            for descriptor in damaged {
                for codec in [MediaCodec.av1, .vp8] {
                    let payload: [UInt8] = codec == .av1 ? [0x10, 0x30] : [0x90, 0xC0, 0x81, 0x02, 0x33, 1]
                    try check(
                        codec, [(payload, descriptor), (payload, begun), (payload, descriptor), (payload, delta)])
                    // After a lie all is as before.
                    let stream = LayerReading(codec)
                    let twin = LayerReading(codec)
                    _ = (stream.read(payload, begun), twin.read(payload, begun))
                    guard stream.read(payload, descriptor) == nil else { continue }
                    #expect(stream.read(payload, delta) == twin.read(payload, delta))
                }
            }
        }
    }
}
