import Testing

@testable import MediaCore

/// A packet that was changed in any way must be refused and leave no trace.
@Suite struct SRTPTamperTests {
    /// Every change of one byte, and every truncation.
    private func mutations(of packet: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = (0..<packet.count).map { Array(packet[..<$0]) }
        for position in packet.indices {
            for change in [UInt8(0x01), 0x80, 0xFF] {
                var mutation = packet
                mutation[position] ^= change
                result.append(mutation)
            }
        }
        return result
    }

    @Test(arguments: SRTPProfile.allCases, SRTPCipherLibrary.Backend.available)
    func refusesChangedRTP(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend) throws {
        let key = SRTPTestPacket.masterKey(profile)
        let ciphers = backend.library()
        var transmitter = try SRTPTransmitter(profile: profile, key: key, ciphers: ciphers)
        var receiver = try SRTPReceiver(profile: profile, key: key, ciphers: ciphers)
        // The first packet meets a receiver without state, the second one with.
        for sequenceNumber in UInt16(65_535)...65_535 {
            let packet = SRTPTestPacket.make(
                sequenceNumber: sequenceNumber, payload: Array(0..<40), contributors: 2, extensionWords: 3)
            let protected = try transmitter.protect(packet)
            try check(&receiver, protected, plaintext: packet)
            let next = SRTPTestPacket.make(sequenceNumber: 0, payload: Array(0..<41), extensionWords: 0)
            try check(&receiver, try transmitter.protect(next, rollovers: 1), plaintext: next)
        }
    }

    private func check(_ receiver: inout SRTPReceiver, _ protected: [UInt8], plaintext: [UInt8]) throws {
        let before = receiver.rtpSources
        for mutation in mutations(of: protected) {
            let result = receiver.unprotect(batch: [mutation])[0]
            // With another sequence number it may look too old before anything is authenticated.
            #expect([.authentication, .tooShort, .tooOld].contains(result.outcome), "\(mutation)")
            if result.outcome == .authentication {
                let header = mutation.span.bytes.withUnsafeBytes { SRTPTestPacket.headerLength($0) } ?? 0
                #expect(result.packet[header...].allSatisfy { $0 == 0 }, "plaintext that was not authentic")
            }
        }
        #expect(receiver.rtpSources == before)
        // All of them in one batch, with the genuine one in the middle.
        let all = mutations(of: protected)
        let results = receiver.unprotect(batch: Array(all[..<50]) + [protected] + Array(all[50...]))
        #expect(results.filter { $0.outcome == .success }.map(\.packet) == [plaintext])
        let again = receiver.unprotect(protected)
        #expect(again == .replayed)
    }

    @Test(arguments: SRTPProfile.allCases, SRTPCipherLibrary.Backend.available)
    func refusesChangedRTCP(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend) throws {
        let key = SRTPTestPacket.masterKey(profile)
        let ciphers = backend.library()
        var transmitter = try SRTPTransmitter(profile: profile, key: key, ciphers: ciphers)
        var receiver = try SRTPReceiver(profile: profile, key: key, ciphers: ciphers)
        for length in [8, 60] {
            let packet: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7] + Array(repeating: 3, count: length - 8)
            let protected = try transmitter.protectRTCP(packet)
            let before = receiver.rtcpSources
            for mutation in mutations(of: protected) {
                guard case .failure(let refusal) = receiver.unprotectRTCP(mutation) else {
                    Issue.record("accepted \(mutation)")
                    continue
                }
                // With another index it may look like the packet before.
                #expect([.srtpAuthentication, .srtpTooShort, .srtpReplayed].contains(refusal.reason))
            }
            #expect(receiver.rtcpSources == before)
            let genuine = receiver.unprotectRTCP(protected)
            #expect(genuine == .success(packet))
            let again = receiver.unprotectRTCP(protected)
            #expect(again == .failure(SRTPTestRefusal(reason: .srtpReplayed)))
        }
    }

    /// Nothing of a forged packet is left to read, and no byte is written beyond its plaintext.
    @Test(arguments: SRTPProfile.allCases.filter(\.isAEAD), SRTPCipherLibrary.Backend.available)
    func forgedRTCPLeavesNoPlaintext(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend) throws {
        let key = SRTPTestPacket.masterKey(profile)
        let ciphers = backend.library()
        var transmitter = try SRTPTransmitter(profile: profile, key: key, ciphers: ciphers)
        var receiver = try SRTPReceiver(profile: profile, key: key, ciphers: ciphers)
        for length in [8, 9, 24, 100] {
            let packet: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7] + Array(repeating: 3, count: length - 8)
            var protected = try transmitter.protectRTCP(packet)
            protected[length + 3] ^= 4
            var room = [UInt8](repeating: 0xEE, count: protected.count)
            let outcome = room.withUnsafeMutableBytes { receiver.unprotectRTCP(protected.span.bytes, into: $0) }
            guard case .refused(.srtpAuthentication) = outcome else {
                Issue.record("accepted a forged packet")
                continue
            }
            #expect(room == [UInt8](repeating: 0, count: length) + [UInt8](repeating: 0xEE, count: 20))
        }
    }

    @Test func refusesPacketsOfAnotherKey() throws {
        for profile in SRTPProfile.allCases {
            var transmitter = try SRTPTransmitter(
                profile: profile, key: SRTPTestPacket.masterKey(profile, seed: 1), ciphers: SRTPCipherLibrary())
            var receiver = try SRTPReceiver(
                profile: profile, key: SRTPTestPacket.masterKey(profile, seed: 2), ciphers: SRTPCipherLibrary())
            let protected = try transmitter.protect(SRTPTestPacket.make(sequenceNumber: 1, payload: [1, 2, 3]))
            let outcome = receiver.unprotect(protected)
            #expect(outcome == .authentication)
            #expect(receiver.rtpSources.count == 0)
        }
    }
}
