import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct RTPHeaderExtensionTests {
    /// A packet with an extension block.
    private func packet(profile: UInt16, _ data: [UInt8], payload: [UInt8] = [0x42]) -> [UInt8] {
        var bytes: [UInt8] = [0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
        bytes.append(bigEndian: profile)
        bytes.append(bigEndian: UInt16((data.count + 3) / 4))
        bytes += data + Array(repeating: 0, count: -data.count & 3) + payload
        return bytes
    }

    private func elements(_ packet: [UInt8]) -> [UInt8: [UInt8]] {
        var found: [UInt8: [UInt8]] = [:]
        guard let header = try? RTPCaptures.header(packet) else { return found }
        var reader = RTPHeaderExtensionReader(header, packet.span.bytes)
        while let element = reader.next() {
            let isInside =
                element.offset >= header.extensionOffset && element.offset + element.count <= header.headerByteCount
            #expect(isInside)
            if let value = element.value(in: packet.span.bytes) { found[element.identifier] = value.array }
        }
        return found
    }

    @Test func oneByteForm() {
        // The example of RFC 8285, section 4.2: three elements with padding between.
        let data: [UInt8] = [0x10, 0xAA, 0x21, 0xBB, 0xBC, 0, 0, 0x33, 1, 2, 3, 4]
        #expect(elements(packet(profile: 0xBEDE, data)) == [1: [0xAA], 2: [0xBB, 0xBC], 3: [1, 2, 3, 4]])
        // Identifier 15 ends it, and so does identifier 0 with a length.
        #expect(elements(packet(profile: 0xBEDE, [0x10, 7, 0xF0, 1, 0x20, 8])) == [1: [7]])
        #expect(elements(packet(profile: 0xBEDE, [0x10, 7, 0x01, 1, 0x20, 8])) == [1: [7]])
        // Data that go beyond the block, with payload behind.
        #expect(elements(packet(profile: 0xBEDE, [0x10, 7, 0x2F, 1], payload: Array(0...40))) == [1: [7]])
        #expect(elements(packet(profile: 0xABAC, data)) == [:])
        #expect(elements(packet(profile: 0xBEDE, [])) == [:])
    }

    @Test func twoByteForm() {
        let data: [UInt8] = [1, 0, 2, 1, 0xBB, 0, 200, 4, 1, 2, 3, 4, 15, 1, 9]
        let expected: [UInt8: [UInt8]] = [1: [], 2: [0xBB], 200: [1, 2, 3, 4], 15: [9]]
        #expect(elements(packet(profile: 0x1000, data)) == expected)
        #expect(elements(packet(profile: 0x100F, data)) == expected)
        #expect(elements(packet(profile: 0x1010, data)) == [:])
        #expect(elements(packet(profile: 0x1000, [2, 1, 5, 9])) == [2: [5]])
        #expect(
            elements(packet(profile: 0x1000, [2, 1, 5, 9, 2, 1, 1, 3], payload: [1, 1, 1])) == [2: [5], 9: [1, 1]])
        #expect(elements(packet(profile: 0x1000, [2, 1, 5, 9, 5, 1, 1, 3], payload: [1, 1, 1, 1])) == [2: [5]])
    }

    @Test func typedValues() throws {
        let data: [UInt8] =
            [0x11, 0x61, 0x31, 0x20, 0xA0, 0x31, 0x12, 0x34, 0x42, 0xAB, 0xCD, 0xEF, 0x50, 0x0E]
            + [0x61, 0x61, 0x00, 0x72, 1, 2, 3]
        let bytes = packet(profile: 0xBEDE, data)
        let header = try RTPCaptures.header(bytes)
        var all: [RTPHeaderExtensionElement] = []
        var reader = RTPHeaderExtensionReader(header, bytes.span.bytes)
        while let element = reader.next() { all.append(element) }
        #expect(all.map(\.identifier) == [1, 2, 3, 4, 5, 6, 7])
        #expect(all[0].read(bytes) { $0.text(in: $1) } == "a1")
        #expect(all[5].read(bytes) { $0.text(in: $1) } == nil)
        #expect(all[1].read(bytes) { $0.audioLevel(in: $1) } == AudioLevel(hasVoice: true, level: 32))
        #expect(all[2].read(bytes) { $0.transportSequenceNumber(in: $1) } == 0x1234)
        #expect(all[3].read(bytes) { $0.transportSequenceNumber(in: $1) } == nil)
        #expect(all[3].read(bytes) { $0.absoluteSendTime(in: $1) } == 0xABCDEF)
        #expect(
            all[4].read(bytes) { $0.videoOrientation(in: $1) }
                == VideoOrientation(isBackCamera: true, isFlipped: true, quarterTurns: 2))
        #expect(elements(bytes)[7] == [1, 2, 3])
        // One that lies about where it is reads nothing.
        let stray = RTPHeaderExtensionElement(identifier: 1, offset: bytes.count - 1, count: 2)
        #expect(
            stray.read(bytes) { $0.transportSequenceNumber(in: $1) } == nil
                && stray.read(bytes) { $0.text(in: $1) } == nil)
    }

    @Test func absoluteSendTimeIsSixBitsOfSecondsAndEighteenOfFraction() {
        // 2.5 s after a multiple of 64 s.
        #expect(AbsoluteSendTime.value(at: NTPTime(bits: (64 * 7 + 2) << 32 | 0x8000_0000)) == 2 << 18 | 1 << 17)
        #expect(AbsoluteSendTime.value(at: NTPTime(bits: 63 << 32 | 0xFFFF_FFFF)) == 0xFFFFFF)
        #expect(AbsoluteSendTime.value(at: NTPTime(bits: 64 << 32)) == 0)
    }

    @Test func damagedPacketsStayInBounds() throws {
        for codec in RTPCaptures.codecs {
            guard let packets = try RTPCaptures.packets(codec) else { return }
            // The first packets carry the most elements; of the payload only its beginning matters here.
            for packet in packets.prefix(12) {
                #expect(elements(packet).count >= 2)
                RTPCaptures.mutations(of: Array(packet.prefix(60))) { _ = elements($0) }
            }
        }
        let twoByte = packet(profile: 0x1000, [1, 0, 2, 1, 0xBB, 0, 200, 4, 1, 2, 3, 4, 15, 1, 9])
        RTPCaptures.mutations(of: twoByte) { _ = elements($0) }
    }
}

extension RTPHeaderExtensionElement {
    /// Calls a typed read with a packet's span, which no expectation can hold.
    fileprivate func read<Value>(_ packet: [UInt8], _ body: (Self, RawSpan) -> Value) -> Value {
        body(self, packet.span.bytes)
    }
}
