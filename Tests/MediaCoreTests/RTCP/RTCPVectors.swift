import Foundation
import MediaTestSupport

@testable import MediaCore

/// The RTCP packets of the captures, and how tests read them.
enum RTCPVectors {
    struct Vector: Decodable {
        var test: String
        var `case`: String
        var hex: String
        var expect: String?
        var line: Int
        var bytes: [UInt8] { RTPCaptures.bytes(hex: hex) }
    }

    static func pion() throws -> [Vector]? {
        struct File: Decodable { var vectors: [Vector] }
        guard let data = try Captures.bytes("rtcp/pion-rtcp-vectors.json") else {
            print("skipped: no RTCP captures")
            return nil
        }
        return try JSONDecoder().decode(File.self, from: Data(data)).vectors
    }

    /// All messages of a compound that is valid as a whole.
    static func messages(_ compound: [UInt8]) throws -> [RTCPMessage] {
        guard RTCPReader.validate(compound.span.bytes) else { throw RTCPError.framing }
        var reader = RTCPReader(compound.span.bytes)
        var messages: [RTCPMessage] = []
        while let message = try reader.next() { messages.append(message) }
        return messages
    }

    static func bytes(_ messages: RTCPMessage...) -> [UInt8] {
        var bytes: [UInt8] = []
        for message in messages { bytes.append(message) }
        return bytes
    }

    /// The vectors give a body with any length field: the same packet with the field right and whole words.
    static func withRightLength(_ packet: [UInt8]) -> [UInt8] {
        var mended = packet + Array(repeating: 0, count: -packet.count & 3)
        guard mended.count >= 4 else { return mended }
        mended.set(bigEndian: UInt16(mended.count / 4 - 1), at: 2)
        return mended
    }
}
