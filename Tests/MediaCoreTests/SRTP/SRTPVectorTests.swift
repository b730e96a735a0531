import Foundation
import MediaTestSupport
import Testing

@testable import MediaCore

@Suite struct SRTPVectorTests {
    private struct Vector: Decodable {
        var name: String
        var kind: String
        var suite: String?
        var masterKey: String?
        var masterSalt: String?
        var sessionKey: String?
        var sessionSalt: String?
        var cipherKey: String?
        var cipherSalt: String?
        var authKey: String?
        var srtcpIndex: UInt32?
        var encrypted: Bool?
        var mki: String?
        var rfc6904EncryptedExtIds: [Int]?
        var plaintext: String?
        var protected: String?
        var keystreamBlocks: [String: String]?

        var profile: SRTPProfile? {
            switch suite {
            case "AES_CM_128_HMAC_SHA1_80": .aes128CMHMACSHA1_80
            case "AEAD_AES_128_GCM": .aeadAES128GCM
            case "AEAD_AES_256_GCM": .aeadAES256GCM
            default: nil
            }
        }
    }

    private struct VectorFile: Decodable {
        var vectors: [Vector]
    }

    private func vectors(_ file: String) throws -> [Vector] {
        guard let bytes = try Captures.bytes("srtp/\(file).json") else {
            print("no captures here: skipped")
            return []
        }
        return try JSONDecoder().decode(VectorFile.self, from: Data(bytes)).vectors
    }

    private func bytes(_ hex: String?) throws -> [UInt8] {
        let digits = Array(try #require(hex))
        return try stride(from: 0, to: digits.count - 1, by: 2).map {
            try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
        }
    }

    /// The session keys a vector gives, or those derived from the master key it gives.
    private func keys(_ vector: Vector, _ profile: SRTPProfile, _ use: SRTPSessionKeys.Use) throws -> SRTPSessionKeys {
        if vector.masterKey != nil {
            let master = SRTPKeyingMaterial.MasterKey(
                key: try bytes(vector.masterKey), salt: try bytes(vector.masterSalt))
            return try SRTPSessionKeys.derived(from: master, profile: profile, for: use)
        }
        let keys = SRTPSessionKeys(profile: profile)
        keys.encryptionSlice.copyBytes(from: try bytes(vector.sessionKey))
        keys.saltSlice.copyBytes(from: try bytes(vector.sessionSalt))
        return keys
    }

    @Test func derivesTheKeysOfTheRFCs() throws {
        var tried = 0
        for vector in try vectors("rfc_srtp_vectors") where vector.kind == "kdf" {
            let key = try bytes(vector.masterKey)
            guard key.count != 24 else { continue }
            let derivation = try SRTPKeyDerivation(.init(key: key, salt: try bytes(vector.masterSalt)))
            for (label, text) in [
                (SRTPKeyDerivation.Label.rtpEncryption, vector.cipherKey), (.rtpAuthentication, vector.authKey),
                (.rtpSalt, vector.cipherSalt),
            ] {
                let expected = try bytes(text)
                var result = [UInt8](repeating: 0xAA, count: expected.count)
                let done = result.withUnsafeMutableBytes { derivation.derive(label, into: $0) }
                #expect(done)
                #expect(result == expected, "\(vector.name) \(label)")
                tried += 1
            }
        }
        if Captures.folder != nil { #expect(tried == 6) }
    }

    @Test func makesTheKeyStreamOfRFC3711() throws {
        for vector in try vectors("rfc_srtp_vectors") where vector.name == "aes128-cm-keystream" {
            let key = try bytes(vector.sessionKey)
            let salt = try bytes(vector.sessionSalt)
            let stream = try #require(try keyStream(key: key, salt: salt, count: 0xFF02 * 16))
            for (block, expected) in try #require(vector.keystreamBlocks) {
                let offset = try #require(Int(block, radix: 16)) * 16
                #expect(Array(stream[offset..<(offset + 16)]) == (try bytes(expected)))
            }
        }
    }

    /// The first bytes of the key stream for SSRC 0 and index 0.
    private func keyStream(key: [UInt8], salt: [UInt8], count: Int) throws -> [UInt8]? {
        let context = try key.span.bytes.withUnsafeBytes { key throws(SRTPError) in
            try AESContext(.counter, key: key, encrypting: true)
        }
        let vector = salt.span.bytes.withUnsafeBytes { SRTPInitializationVector(salt: $0) }
        let stream = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { stream.deallocate() }
        stream.initializeMemory(as: UInt8.self, repeating: 0)
        guard context.start(vector.counter(ssrc: 0, index: 0)),
            context.transform(UnsafeRawBufferPointer(stream), into: stream.baseAddress.unsafelyUnwrapped)
        else { return nil }
        return Array(stream)
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func protectsAndUnprotectsRTPVectors(_ backend: SRTPCipherLibrary.Backend) throws {
        let library = backend.library()
        var tried = 0
        for vector in try vectors("rfc_srtp_vectors") + vectors("libsrtp_vectors") {
            guard ["srtp-master-key", "srtp-session-key", "srtp-session-key-authonly"].contains(vector.kind),
                let profile = vector.profile, vector.mki == nil, vector.rfc6904EncryptedExtIds == nil
            else { continue }
            let plain = try bytes(vector.plaintext)
            let protected = try bytes(vector.protected)
            // A packet that is only authenticated is one that is all header.
            let header = vector.kind.hasSuffix("authonly") ? plain.count : 12
            let sealer = try SelectedSRTPCipher(
                try keys(vector, profile, .rtp), direction: .outbound, library: library)
            let opener = try SelectedSRTPCipher(
                try keys(vector, profile, .rtp), direction: .inbound, library: library)
            var sealed = Array(plain[..<header]) + [UInt8](repeating: 0, count: protected.count - header)
            var opened = [UInt8](repeating: 0, count: plain.count + 1)
            let index = UInt64(plain[2]) << 8 | UInt64(plain[3])
            let outcomes = plain.withUnsafeBytes { plain in
                sealed.withUnsafeMutableBytes { sealed in
                    opened.withUnsafeMutableBytes { opened in
                        let base = sealed.baseAddress.unsafelyUnwrapped
                        let front = UnsafeRawBufferPointer(start: base, count: header)
                        var jobs = [
                            SRTPJob(
                                header: front, payload: UnsafeRawBufferPointer(rebasing: plain[header...]),
                                destination: base + header, ssrc: SRTPTestPacket.ssrc(plain), index: index),
                            SRTPJob(
                                header: front,
                                payload: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(sealed)[header...]),
                                destination: opened.baseAddress.unsafelyUnwrapped, ssrc: SRTPTestPacket.ssrc(plain),
                                index: index),
                        ]
                        jobs.withUnsafeMutableBufferPointer {
                            sealer.protect(UnsafeMutableBufferPointer(rebasing: $0[0...0]))
                            opener.unprotect(UnsafeMutableBufferPointer(rebasing: $0[1...1]))
                        }
                        return jobs.map(\.outcome)
                    }
                }
            }
            #expect(outcomes == [.success, .success], "\(vector.name)")
            #expect(sealed == protected, "\(vector.name)")
            #expect(Array(opened[..<(plain.count - header)]) == Array(plain[header...]), "\(vector.name)")
            tried += 1
        }
        if Captures.folder != nil { #expect(tried == 6) }
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func protectsAndUnprotectsRTCPVectors(_ backend: SRTPCipherLibrary.Backend) throws {
        let library = backend.library()
        var tried = 0
        for vector in try vectors("rfc_srtp_vectors") + vectors("libsrtp_vectors") {
            guard ["srtcp-master-key", "srtcp-session-key"].contains(vector.kind), let profile = vector.profile,
                vector.mki == nil, vector.encrypted != false
            else { continue }
            let plain = try bytes(vector.plaintext)
            let protected = try bytes(vector.protected)
            let index = try #require(vector.srtcpIndex)
            let ssrc = try plain.span.bytes.uint32(at: 4)
            let sealer = try SelectedSRTCPCipher(
                try keys(vector, profile, .rtcp), direction: .outbound, library: library)
            let opener = try SelectedSRTCPCipher(
                try keys(vector, profile, .rtcp), direction: .inbound, library: library)
            var sealed = [UInt8](repeating: 0, count: protected.count)
            var opened = [UInt8](repeating: 0, count: plain.count)
            plain.withUnsafeBytes { plain in
                let done = sealed.withUnsafeMutableBytes {
                    sealer.protectRTCP(plain, ssrc: ssrc, index: index, into: $0.baseAddress.unsafelyUnwrapped)
                }
                #expect(done)
            }
            protected.withUnsafeBytes { protected in
                let done = opened.withUnsafeMutableBytes {
                    opener.unprotectRTCP(protected, ssrc: ssrc, index: index, into: $0.baseAddress.unsafelyUnwrapped)
                }
                #expect(done)
            }
            #expect(sealed == protected, "\(vector.name)")
            #expect(opened == plain, "\(vector.name)")
            tried += 1
        }
        if Captures.folder != nil { #expect(tried == 4) }
    }
}
