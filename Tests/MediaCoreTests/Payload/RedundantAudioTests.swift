import Testing

@testable import MediaCore

@Suite struct RedundantAudioTests {
    /// Where the packet's own block begins, when all blocks have the payload type.
    private func offset(_ payload: [UInt8], of payloadType: UInt8 = 111) -> Int? {
        guard let redundancy = RedundantAudio(payload.span.bytes), redundancy.holdsOnly(payloadType) else { return nil }
        #expect(redundancy.primary.offset + redundancy.primary.count == payload.count)
        return redundancy.primary.offset
    }

    /// A payload with blocks of these lengths, the last of them the primary.
    private func payload(_ lengths: [Int], payloadType: UInt8 = 111) -> [UInt8] {
        var bytes: [UInt8] = []
        for length in lengths.dropLast() {
            bytes.append(0x80 | payloadType)
            bytes.append(bigEndian24: 960 << 10 | UInt32(length))
        }
        bytes.append(payloadType)
        return bytes + [UInt8](repeating: 0xEE, count: lengths.reduce(0, +))
    }

    @Test func thePrimaryIsTheRest() {
        #expect(offset(payload([80])) == 1)
        #expect(offset(payload([80, 60])) == 4 + 1 + 80)
        #expect(offset(payload([1023, 0, 7, 60])) == 12 + 1 + 1030)
        // One that Chromium sent: distance 960, 3 bytes, then 2.
        #expect(offset([0xEF, 0x0F, 0x00, 0x03, 0x6F, 1, 2, 3, 4, 5]) == 8)
    }

    @Test func whatIsCutShortOrForeignIsRefused() {
        let whole = payload([20, 10, 30])
        for count in 0...(whole.count - 30) { #expect(offset(Array(whole[..<count])) == nil, "\(count)") }
        // A shorter primary can't be told from a whole one.
        for count in (whole.count - 29)...whole.count { #expect(offset(Array(whole[..<count])) == 39) }
        #expect(offset(whole, of: 96) == nil)
        var foreign = whole
        foreign[4] = 0x80 | 63
        #expect(offset(foreign) == nil)
        foreign = whole
        foreign[8] = 63
        #expect(offset(foreign) == nil)
        // Headers without end.
        #expect(offset([UInt8](repeating: 0xEF, count: 1500)) == nil)
    }

    @Test func anyBytes() {
        var random = MediaRandom.seeded(21)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = random.bytes(Int.random(in: 0...60, using: &random))
            for index in bytes.indices.prefix(9) where index % 4 == 0 { bytes[index] = bytes[index] & 0x80 | 111 }
            guard let offset = offset(bytes) else { continue }
            accepted += 1
            #expect((1...bytes.count).contains(offset))
        }
        #expect(accepted > 1000)
    }
}
