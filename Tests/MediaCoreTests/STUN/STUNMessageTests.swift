import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct STUNMessageTests {
    private static let password = "VOkJxbRl1RmTxUk/WvJxBt"

    /// A request with everything a browser sends, and one attribute nobody must understand.
    private static func request(key: borrowing STUNIntegrityKey) -> [UInt8] {
        var builder = STUNBuilder()
        builder.begin(.request, STUNTransactionID(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C))
        builder.append(username: Array("serverFr:peerFrag".utf8))
        builder.append(priority: 0x6E00_01FF)
        builder.appendUseCandidate()
        builder.append(role: .controlling(0x1122_3344_5566_7788))
        let isSigned = builder.finish(key: key)
        #expect(isSigned)
        return builder.bytes
    }

    @Test func vectorsOfRFC5769() throws {
        let key = STUNIntegrityKey(password: Self.password)
        let wrongKey = STUNIntegrityKey(password: Self.password + "x")
        for name in ["5769-2.1-request", "5769-2.2-ipv4-response", "5769-2.3-ipv6-response"] {
            guard let bytes = try Captures.bytes("stun/\(name).bin") else {
                print("no captures: skipped")
                return
            }
            let message = try STUNMessage.parse(bytes.span.bytes)
            let isVerified = message.verifyIntegrity(in: bytes.span.bytes, key: key)
            let isVerifiedByWrongKey = message.verifyIntegrity(in: bytes.span.bytes, key: wrongKey)
            #expect(isVerified && !isVerifiedByWrongKey && message.verifyFingerprint(in: bytes.span.bytes))
            #expect(message.transactionID == STUNTransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE))
            #expect(message.method == STUNMessage.bindingMethod && message.unknownAttributes.isEmpty)
            switch name {
            case "5769-2.1-request":
                let names = message.usernameFragments(in: bytes.span.bytes)
                #expect(message.messageClass == .request && names?.receiver == "evtj" && names?.sender == "h6vY")
                #expect(message.priority == 1_845_494_271 && !message.useCandidate)
                #expect(message.role == .controlled(0x932F_F9B1_5126_3B36))
            case "5769-2.2-ipv4-response":
                #expect(message.messageClass == .successResponse)
                #expect(message.mappedAddress == TransportAddress("192.0.2.1", port: 32_853))
            default:
                #expect(message.mappedAddress == TransportAddress("2001:db8:1234:5678:11:2233:4455:6677", port: 32_853))
            }
        }
    }

    @Test func otherPublishedVectors() throws {
        guard let longTerm = try Captures.bytes("stun/5769-2.4-longterm-request.bin"),
            let defective = try Captures.bytes("stun/8489-B.1-longterm-sha256-userhash.bin"),
            let corrected = try Captures.bytes("stun/8489-B.1-corrected-with-password-algorithm.bin"),
            let pion = try Captures.bytes("stun/pion-stun-vectors.json")
        else { return print("no captures: skipped") }
        // The key of long-term credentials is MD5(user:realm:password).
        let key = STUNIntegrityKey(key: [
            0xE8, 0xCA, 0x7A, 0xD5, 0x9D, 0x5E, 0xB0, 0x51, 0x8E, 0x31, 0x29, 0x11, 0xD2, 0xDA, 0xB2, 0xA9,
        ])
        let message = try STUNMessage.parse(longTerm.span.bytes)
        let isVerified = message.verifyIntegrity(in: longTerm.span.bytes, key: key)
        #expect(isVerified && !message.verifyFingerprint(in: longTerm.span.bytes))
        #expect(message.usernameFragments(in: longTerm.span.bytes) == nil)

        #expect(throws: STUNError.length) { try STUNMessage.parse(defective.span.bytes) }
        let other = try STUNMessage.parse(corrected.span.bytes)
        #expect(other.integrityOffset == nil && other.unknownAttributes.isEmpty)

        struct Vectors: Decodable {
            struct Vector: Decodable { var hex: String }
            var vectors: [Vector]
        }
        for vector in try JSONDecoder().decode(Vectors.self, from: Data(pion)).vectors {
            let digits = Array(vector.hex)
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)
            }
            // None of them is a whole message: lengths that promise nothing, no cookie, or no header at all.
            #expect(throws: STUNError.self) { try STUNMessage.parse(bytes.span.bytes) }
        }
    }

    @Test func fuzzInputsDoNotTrap() throws {
        guard let folder = Captures.folder else { return print("no captures: skipped") }
        let key = STUNIntegrityKey(password: Self.password)
        var count = 0
        for part in ["FuzzMessage", "FuzzSetters"] {
            let files = try FileManager.default.contentsOfDirectory(
                at: folder.appending(path: "fuzz/stun/\(part)"), includingPropertiesForKeys: nil)
            for file in files {
                let bytes = Array(try Data(contentsOf: file))
                count += 1
                guard let message = try? STUNMessage.parse(bytes.span.bytes) else { continue }
                let isVerified = message.verifyIntegrity(in: bytes.span.bytes, key: key)
                #expect(!isVerified)
                _ = message.verifyFingerprint(in: bytes.span.bytes)
                _ = message.usernameFragments(in: bytes.span.bytes)
            }
        }
        #expect(count == 30)
    }

    @Test func whatIsBuiltIsRead() throws {
        let key = STUNIntegrityKey(password: Self.password)
        let bytes = Self.request(key: key)
        let message = try STUNMessage.parse(bytes.span.bytes)
        let isVerified = message.verifyIntegrity(in: bytes.span.bytes, key: key)
        #expect(isVerified && message.verifyFingerprint(in: bytes.span.bytes))
        #expect(message.messageClass == .request && message.useCandidate && message.priority == 0x6E00_01FF)
        #expect(message.role == .controlling(0x1122_3344_5566_7788))
        #expect(message.usernameFragments(in: bytes.span.bytes)?.sender == "peerFrag")

        let transactionID = STUNTransactionID(high: 7, low: 8)
        var builder = STUNBuilder()
        for text in ["192.0.2.77", "2001:db8::77"] {
            let address = TransportAddress(text, port: 65_000)
            builder.begin(.successResponse, transactionID)
            builder.append(mappedAddress: try #require(address), transactionID: transactionID)
            let isSigned = builder.finish(key: key)
            let response = try STUNMessage.parse(builder.bytes.span.bytes)
            #expect(isSigned && response.mappedAddress == address && response.messageClass == .successResponse)
        }
        builder.begin(.errorResponse, transactionID)
        builder.append(errorCode: 420)
        builder.append(unknownAttributes: [0x7001, 0x7002, 0x7003])
        let isSigned = builder.finish(key: key)
        let refusal = try STUNMessage.parse(builder.bytes.span.bytes)
        #expect(isSigned && refusal.errorCode == 420 && refusal.messageClass == .errorResponse)

        let unsigned = builder.finish(key: STUNIntegrityKey(password: ""))
        #expect(!unsigned && builder.bytes.isEmpty)
    }

    @Test func everyTruncationIsRefused() {
        let bytes = Self.request(key: STUNIntegrityKey(password: Self.password))
        for count in 0..<bytes.count {
            let part = Array(bytes.prefix(count))
            #expect(throws: STUNError.self) { try STUNMessage.parse(part.span.bytes) }
            // With a length field that fits, what is left may parse, but not verify.
            guard count >= 20, var mended = Optional(part) else { continue }
            mended.set(bigEndian: UInt16(count - 20), at: 2)
            guard let message = try? STUNMessage.parse(mended.span.bytes) else { continue }
            let isWhole = message.verifyFingerprint(in: mended.span.bytes)
            #expect(!isWhole)
        }
        #expect(throws: STUNError.self) { try STUNMessage.parse((bytes + [0, 0, 0, 0]).span.bytes) }
    }

    @Test func everyChangedByteIsNoticed() throws {
        let key = STUNIntegrityKey(password: Self.password)
        let bytes = Self.request(key: key)
        let original = try STUNMessage.parse(bytes.span.bytes)
        let integrityEnd = try #require(original.integrityOffset) + 24
        for offset in bytes.indices {
            for mask in 1...255 as ClosedRange<UInt8> {
                var changed = bytes
                changed[offset] ^= mask
                guard let message = try? STUNMessage.parse(changed.span.bytes) else { continue }
                let isVerified = message.verifyIntegrity(in: changed.span.bytes, key: key)
                if isVerified {
                    // Only what follows MESSAGE-INTEGRITY is outside its protection.
                    if offset < integrityEnd { Issue.record("changed byte \(offset) passed") }
                    if message.role != original.role || message.priority != original.priority {
                        Issue.record("changed byte \(offset) changed the message")
                    }
                }
                if message.verifyFingerprint(in: changed.span.bytes) { Issue.record("FINGERPRINT passed at \(offset)") }
            }
        }
    }

    @Test func attributesAreHeldToTheirSizes() throws {
        func message(_ attributes: [UInt8]) -> [UInt8] {
            [0, 1, 0, UInt8(attributes.count), 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 9, count: 12) + attributes
        }
        let good: [[UInt8]] = [
            [], [0x00, 0x24, 0, 4, 1, 2, 3, 4], [0x00, 0x25, 0, 0], [0xC0, 0x01, 0, 1, 5, 0, 0, 0],
            [0x80, 0x28, 0, 4, 0, 0, 0, 0],
        ]
        for attributes in good {
            let bytes = message(attributes)
            #expect((try? STUNMessage.parse(bytes.span.bytes)) != nil, "\(attributes)")
        }
        let bad: [[UInt8]] = [
            [0x00, 0x24, 0, 3, 1, 2, 3, 0], [0x00, 0x24, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8], [0x00, 0x25, 0, 4, 0, 0, 0, 0],
            [0x00, 0x06, 0, 5, 1, 2, 3, 4], [0x00, 0x08, 0, 4, 1, 2, 3, 4], [0x80, 0x29, 0, 4, 1, 2, 3, 4],
            [0x00, 0x20, 0, 8, 0, 2, 1, 1, 1, 1, 1, 1], [0x00, 0x20, 0, 8, 0, 3, 1, 1, 1, 1, 1, 1],
            [0x00, 0x09, 0, 4, 0, 0, 7, 1], [0x00, 0x09, 0, 4, 0, 0, 4, 100], [0x00, 0x24, 0xFF, 0xFF],
            [0x80, 0x28, 0, 4, 0, 0, 0, 0, 0x00, 0x25, 0, 0],
            [0x80, 0x29, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0x2A, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8],
        ]
        for attributes in bad {
            let bytes = message(attributes)
            #expect(throws: STUNError.attribute, "\(attributes)") { try STUNMessage.parse(bytes.span.bytes) }
        }
        let unknown = message((0..<20).flatMap { [0x70, UInt8($0), 0, 0] as [UInt8] })
        #expect(try STUNMessage.parse(unknown.span.bytes).unknownAttributes.count == 8)
        // What MESSAGE-INTEGRITY does not cover has no say.
        let after = message(
            [0x00, 0x08, 0, 20] + [UInt8](repeating: 0, count: 20) + [0x00, 0x25, 0, 0, 0x70, 1, 0, 0])
        let parsed = try STUNMessage.parse(after.span.bytes)
        #expect(!parsed.useCandidate && parsed.unknownAttributes.isEmpty)
    }

    @Test func usernamesAreBounded() throws {
        func fragments(_ username: [UInt8]) throws -> (receiver: String, sender: String)? {
            var builder = STUNBuilder()
            builder.begin(.request, STUNTransactionID(high: 1, low: 1))
            builder.append(username: username)
            _ = builder.finish(key: STUNIntegrityKey(password: Self.password))
            return try STUNMessage.parse(builder.bytes.span.bytes).usernameFragments(in: builder.bytes.span.bytes)
        }
        #expect(try fragments(Array("a:b".utf8))?.receiver == "a")
        let longest = [UInt8](repeating: 0x61, count: 256)
        #expect(try fragments(longest + [0x3A] + longest)?.sender.count == 256)
        for bad in ["", ":", "a:", ":b", "ab", "a\u{0}b:c", "ä:b", "a b:c"] {
            #expect(try fragments(Array(bad.utf8)) == nil, "\(bad)")
        }
        #expect(try fragments(longest + [0x61, 0x3A, 0x62]) == nil)
        #expect(throws: STUNError.attribute) { try fragments(longest + [0x3A] + longest + [0x61]) }
    }
}
