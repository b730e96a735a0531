import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct RTPHeaderTests {
    @Test func readsEveryField() throws {
        let bytes: [UInt8] =
            [0xB2, 0xE3, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xAA, 0xBB, 0xCC, 0xDD]
            + [0, 0, 0, 1, 0, 0, 0, 2, 0xBE, 0xDE, 0, 1, 0x10, 7, 0, 0, 9, 9, 0, 2]
        let header = try RTPCaptures.header(bytes)
        #expect(
            header
                == RTPHeader(
                    marker: true, payloadType: 0x63, sequenceNumber: 0x1234, timestamp: 0x0102_0304,
                    ssrc: 0xAABB_CCDD, csrcCount: 2, hasPadding: true, headerByteCount: 28, extensionProfile: 0xBEDE,
                    extensionOffset: 24, extensionByteCount: 4))
        let payload = Array(bytes[28...])
        let padding = RTPHeader.paddingByteCount(of: payload.span.bytes, hasPadding: header.hasPadding)
        #expect(padding == 2)
    }

    @Test func refusesWhatIsNoPacket() {
        let valid: [UInt8] = [0x90, 0x60] + Array(repeating: 1, count: 10) + [0xBE, 0xDE, 0, 1, 0x10, 7, 0, 0]
        for count in 0..<valid.count {
            let part = Array(valid[..<count])
            #expect(throws: RTPError.truncated) { try RTPCaptures.header(part) }
        }
        for first in 0..<UInt8(255) where first >> 6 != 2 {
            let bad = [first] + valid.dropFirst()
            #expect(throws: RTPError.version) { try RTPCaptures.header(bad) }
        }
        // An extension of 65535 words.
        let long = Array(valid[..<14]) + [0xFF, 0xFF, 0, 0, 0, 0]
        #expect(throws: RTPError.truncated) { try RTPCaptures.header(long) }
    }

    @Test func paddingMustFitThePayload() {
        func count(_ payload: [UInt8], _ hasPadding: Bool = true) -> Int? {
            RTPHeader.paddingByteCount(of: payload.span.bytes, hasPadding: hasPadding)
        }
        #expect(count([1, 2, 3], false) == 0)
        #expect(count([], false) == 0)
        #expect(count([]) == nil)
        #expect(count([5, 0]) == nil)
        #expect(count([5, 3]) == nil)
        #expect(count([0, 2]) == 2)
        #expect(count([5, 1]) == 1)
    }

    @Test func capturesAreWhatTheInventorySays() throws {
        struct Entry: Decodable {
            var packets: Int
            var udpBytes: Int
            var streams: [String: Int]
            var seq: [String: [Int]]
            var extProfiles: [String: Int]
        }
        guard let data = try Captures.bytes("rtp/inventory.json") else { return print("skipped: no captures") }
        let inventory = try JSONDecoder().decode([String: Entry].self, from: Data(data))
        for codec in RTPCaptures.codecs {
            let packets = try #require(try RTPCaptures.packets(codec))
            let entry = try #require(inventory["\(codec.rawValue.lowercased()).pcap"])
            #expect(packets.count == entry.packets)
            #expect(packets.reduce(0) { $0 + $1.count } == entry.udpBytes)
            let headers = try packets.map { try RTPCaptures.header($0) }
            let ssrc = String(headers[0].ssrc, radix: 16)
            let name = String(repeating: "0", count: 8 - ssrc.count) + ssrc
            #expect(entry.streams == ["\(name)/pt\(headers[0].payloadType)": packets.count])
            #expect(Set(headers.map { "\($0.ssrc) \($0.payloadType)" }).count == 1)
            let numbers = headers.map { Int($0.sequenceNumber) }
            #expect(entry.seq[name] == [numbers.min() ?? 0, numbers.max() ?? 0, Set(numbers).count])
            #expect(entry.extProfiles == ["bede": headers.count { $0.extensionProfile == 0xBEDE }])
        }
    }
}
