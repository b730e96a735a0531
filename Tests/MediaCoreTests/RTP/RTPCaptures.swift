import Foundation
import MediaTestSupport

@testable import MediaCore

/// The RTP packets of the capture files.
enum RTPCaptures {
    static let codecs: [MediaCodec] = [.vp8, .vp9, .h264, .av1]

    /// A codec's packets; nil, with a word, where the captures are absent.
    static func packets(_ codec: MediaCodec) throws -> [[UInt8]]? {
        let name = codec.rawValue.lowercased()
        guard let file = try Captures.bytes("rtp/\(name).pcap"), let pcap = Pcap(file) else {
            print("skipped: no capture of \(name)")
            return nil
        }
        return pcap.datagrams.map(\.payload)
    }

    static func header(_ packet: [UInt8]) throws -> RTPHeader {
        try RTPHeader.parse(packet.span.bytes)
    }

    /// A packet's payload without padding.
    static func payload(_ packet: [UInt8]) throws -> [UInt8] {
        let header = try RTPCaptures.header(packet)
        return Array(packet[header.headerByteCount...])
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Every truncation and every flip of one byte (all bits, the top bit, the lowest bit).
    static func mutations(of bytes: [UInt8], _ body: ([UInt8]) -> Void) {
        for count in 0..<bytes.count { body(Array(bytes[..<count])) }
        var copy = bytes
        for index in bytes.indices {
            for mask in [0xFF, 0x80, 0x01] as [UInt8] {
                copy[index] ^= mask
                body(copy)
                copy[index] ^= mask
            }
        }
    }
}
