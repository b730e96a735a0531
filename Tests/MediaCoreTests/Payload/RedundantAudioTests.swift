import Testing

@testable import MediaCore

@Suite struct RedundantAudioTests {
    private func read(_ bytes: [UInt8]) -> RedundantAudio? {
        RedundantAudio(bytes.span.bytes)
    }

    @Test func blocks() throws {
        // Two earlier blocks of 3 and 0 bytes, 1920 and 960 ticks old; 4 bytes of its own.
        let audio = try #require(read([0xEF, 0x1E, 0x00, 3, 0xEF, 0x0F, 0x00, 0, 0x6F, 1, 2, 3, 4, 5, 6, 7]))
        #expect(audio.redundantCount == 2)
        #expect(
            audio.redundant(0)
                == RedundantAudio.Block(payloadType: 111, timestampOffset: 1920, offset: 9, count: 3))
        #expect(
            audio.redundant(1) == RedundantAudio.Block(payloadType: 111, timestampOffset: 960, offset: 12, count: 0))
        #expect(audio.redundant(2) == nil && audio.redundant(-1) == nil)
        #expect(audio.primary == RedundantAudio.Block(payloadType: 111, timestampOffset: 0, offset: 12, count: 4))
    }

    @Test func ownSoundAlone() throws {
        let audio = try #require(read([0x6F, 9, 9]))
        #expect(audio.redundantCount == 0 && audio.primary.offset == 1 && audio.primary.count == 2)
    }

    @Test func theWidestFields() throws {
        let audio = try #require(read([0xFF, 0xFF, 0xFF, 0xFF, 0x00] + Array(repeating: 1, count: 1_024)))
        #expect(audio.redundant(0)?.timestampOffset == 16_383 && audio.redundant(0)?.count == 1_023)
        #expect(audio.primary.count == 1 && audio.primary.payloadType == 0)
    }

    @Test func malformed() {
        #expect(read([]) == nil && read([0x6F]) == nil)
        #expect(read([0xEF, 0x1E, 0x00, 3, 0x6F, 1, 2, 3]) == nil)  // nothing of its own
        #expect(read([0xEF, 0x1E, 0x00, 3, 0x6F, 1, 2]) == nil)  // a block that ends early
        let header: [UInt8] = [0xEF, 0, 0, 0]
        let most = Array(repeatElement(header, count: 15).joined()) + [0x6F, 1]
        #expect(read(most)?.redundantCount == 15 && read(header + most) == nil)
        for count in 0..<most.count { #expect(read(Array(most[..<count])) == nil) }
    }
}
