import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct PayloadDescriptorTests {
    private func starts(_ codec: MediaCodec, _ payload: [UInt8]) -> Bool {
        PayloadDescriptor.isKeyframeStart(codec, payload.span.bytes)
    }

    private func vp9Descriptor(_ payload: [UInt8]) -> VP9PayloadDescriptor? {
        VP9PayloadDescriptor(payload.span.bytes)
    }

    @Test func findsTheKeyframesOfTheCaptures() throws {
        // H.264's 19388 is left out: the last unit of that aggregate claims more bytes than the packet has.
        let expected: [MediaCodec: [UInt16]] = [
            .vp8: [14_260, 14_262, 14_265], .vp9: [19_357], .av1: [7_485],
            .h264: [19_249, 19_251, 19_301, 19_351, 19_401, 19_402, 19_451, 19_452, 19_501, 19_502],
        ]
        for codec in RTPCaptures.codecs {
            guard let packets = try RTPCaptures.packets(codec) else { return }
            let found = try packets.filter { starts(codec, try RTPCaptures.payload($0)) }
                .map { try RTPCaptures.header($0).sequenceNumber }
            #expect(found == expected[codec])
        }
    }

    @Test func vp8() {
        #expect(starts(.vp8, [0x10, 0x00]))
        #expect(!starts(.vp8, [0x10, 0x01]))  // an interframe
        #expect(!starts(.vp8, [0x00, 0x00]))  // not a partition's start
        #expect(!starts(.vp8, [0x11, 0x00]))  // the second partition
        #expect(starts(.vp8, [0x90, 0xF0, 0x81, 0x02, 0x03, 0x04, 0x00]))
        #expect(starts(.vp8, [0x90, 0x80, 0x7F, 0x00]))
        #expect(!starts(.vp8, [0x90, 0x80, 0xFF, 0x00]))  // ends inside the picture id
    }

    @Test func h264() {
        #expect(starts(.h264, [0x65, 1]))
        #expect(starts(.h264, [0x67, 1]))
        #expect(!starts(.h264, [0x68, 1]))
        #expect(!starts(.h264, [0x41, 1]))
        #expect(!starts(.h264, [0xE5, 1]))
        #expect(starts(.h264, [0x78, 0, 1, 0x09, 0, 2, 0x67, 1]))
        #expect(!starts(.h264, [0x78, 0, 1, 0x09, 0, 3, 0x67, 1]))
        #expect(!starts(.h264, [0x78, 0, 1, 0x67, 0, 0]))
        #expect(!starts(.h264, [0x78, 0, 1, 0x67, 0]))
        #expect(!starts(.h264, [0x78]))
        #expect(starts(.h264, [0x7C, 0x85]))
        #expect(!starts(.h264, [0x7C, 0x05]))
        #expect(!starts(.h264, [0x7C, 0x81]))
        #expect(!starts(.h264, [0x7C]))
    }

    @Test func av1() {
        #expect(starts(.av1, [0x18, 0x0A, 1, 2]))  // W = 1: one element up to the end
        #expect(starts(.av1, [0x28, 0x01, 0x12, 0x0A, 1]))  // W = 2: a temporal delimiter first
        #expect(starts(.av1, [0x08, 0x01, 0x12, 0x02, 0x0A, 1]))  // W = 0: all have lengths
        #expect(!starts(.av1, [0x10, 0x0A, 1, 2]))  // N is not set
        #expect(!starts(.av1, [0x18, 0x32, 1, 2]))  // no sequence header
        #expect(!starts(.av1, [0x98, 0x0A, 1, 2]))  // a continuation
        #expect(!starts(.av1, [0x28, 0x05, 0x0A]))  // a length beyond the end
        #expect(!starts(.av1, [0x28, 0x01, 0x0A]))  // fewer elements than counted
        #expect(!starts(.av1, [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0A]))
    }

    @Test func vp9() {
        #expect(starts(.vp9, [0x08, 0]))
        #expect(!starts(.vp9, [0x08]))
        #expect(!starts(.vp9, [0x48, 0]))
        #expect(starts(.vp9, [0xA8, 0x81, 0x02, 0x00, 0x07, 0]))
        #expect(!starts(.vp9, [0xA8, 0x81, 0x02, 0x02, 0x07, 0]))  // spatial layer 1
        #expect(!starts(.vp9, [0x0A, 0xF8]))  // a scalability structure that ends early
        #expect(vp9Descriptor([0x58, 3, 3, 3, 3, 1]) == nil)
        #expect(vp9Descriptor([0x58, 0, 1]) == nil)  // a reference to itself
        #expect(vp9Descriptor([0x58, 3, 5, 6, 1]) != nil)
    }

    @Test func nothingForAudioOrNothing() {
        #expect(!starts(.opus, [0x65, 0, 0]))
        for codec in MediaCodec.allCases { #expect(!starts(codec, [])) }
    }

    @Test func damagedPayloadsStayInBounds() throws {
        var positives = 0
        for codec in RTPCaptures.codecs {
            guard let packets = try RTPCaptures.packets(codec) else { return }
            for packet in packets {
                let payload = try RTPCaptures.payload(packet)
                for count in 0...min(payload.count, 40) { _ = starts(codec, Array(payload[..<count])) }
            }
            for packet in packets.prefix(8) {
                let payload = try RTPCaptures.payload(packet).prefix(64)
                RTPCaptures.mutations(of: Array(payload)) { damaged in
                    // A wrong codec reads garbage: that must be as harmless.
                    for codec in MediaCodec.allCases where starts(codec, damaged) { positives += 1 }
                }
            }
        }
        #expect(positives > 0)
        var random = MediaRandom.seeded(3)
        for _ in 0..<5_000 {
            let bytes = random.bytes(Int.random(in: 0...24, using: &random))
            for codec in MediaCodec.allCases { _ = starts(codec, bytes) }
        }
    }
}
