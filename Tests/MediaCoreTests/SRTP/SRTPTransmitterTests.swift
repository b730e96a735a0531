import Testing

@testable import MediaCore

@Suite struct SRTPTransmitterTests {
    @Test func refusesKeysOfTheWrongLength() {
        let key = SRTPKeyingMaterial.MasterKey(
            key: Array(repeating: 1, count: 16), salt: Array(repeating: 1, count: 14))
        #expect(throws: SRTPError.saltLength(expected: 12, actual: 14)) {
            _ = try SRTPTransmitter(profile: .aeadAES128GCM, key: key, ciphers: SRTPCipherLibrary())
        }
        #expect(throws: SRTPError.keyLength(expected: 32, actual: 16)) {
            _ = try SRTPReceiver(profile: .aeadAES256GCM, key: key, ciphers: SRTPCipherLibrary())
        }
        #expect(throws: SRTPError.maximumSources(1...4096)) {
            _ = try SRTPReceiver(
                profile: .aes128CMHMACSHA1_80, key: key, ciphers: SRTPCipherLibrary(), maximumSources: 0)
        }
    }

    @Test func stopsWhenIndexesAreUsedUp() throws {
        let key = SRTPTestPacket.masterKey(.aeadAES128GCM)
        var transmitter = try SRTPTransmitter(profile: .aeadAES128GCM, key: key, ciphers: SRTPCipherLibrary())
        var receiver = try SRTPReceiver(profile: .aeadAES128GCM, key: key, ciphers: SRTPCipherLibrary())
        let packet: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7]
        transmitter.nextRTCPIndex = 1 << 31 - 1
        let last = try transmitter.protectRTCP(packet)
        let opened = receiver.unprotectRTCP(last)
        #expect(opened == .success(packet))
        let none = try? transmitter.protectRTCP(packet)
        #expect(none == nil)
        let beyond = try? transmitter.protect(
            SRTPTestPacket.make(sequenceNumber: 0, payload: [1]), rollovers: 1 << 32)
        #expect(beyond == nil)
    }

    @Test func refusesRTCPWithoutRoom() throws {
        for profile in SRTPProfile.allCases {
            var transmitter = try SRTPTransmitter(
                profile: profile, key: SRTPTestPacket.masterKey(profile), ciphers: SRTPCipherLibrary())
            let packet: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 7]
            var room = [UInt8](repeating: 0, count: packet.count + transmitter.rtcpOverhead - 1)
            let tight = room.withUnsafeMutableBytes { transmitter.protectRTCP(packet.span.bytes, into: $0) }
            #expect(tight == nil)
            room.append(0)
            let short = room.withUnsafeMutableBytes {
                transmitter.protectRTCP(packet.span.bytes.extracting(first: 7), into: $0)
            }
            #expect(short == nil)
            // Neither used an index up.
            #expect(transmitter.nextRTCPIndex == 0)
            let fits = room.withUnsafeMutableBytes { transmitter.protectRTCP(packet.span.bytes, into: $0) }
            #expect(fits == room.count)
        }
    }

    /// The same packet again is a retransmission; another one under its index is a disaster.
    @Test func ledgerTellsRetransmissionFromReuse() {
        var ledger = NonceLedger()
        var bytes: [UInt8] = Array(0..<40)
        func admit(_ bytes: inout [UInt8], header: Int = 12, split: Int = 20, index: UInt64, ssrc: UInt32 = 1) -> Bool {
            bytes.withUnsafeMutableBytes { memory in
                let source = UnsafeRawBufferPointer(memory)
                return ledger.admit(
                    SRTPJob(
                        header: UnsafeRawBufferPointer(rebasing: source[..<header]),
                        payload: UnsafeRawBufferPointer(rebasing: source[header..<split]),
                        payloadTail: UnsafeRawBufferPointer(rebasing: source[split...]),
                        destination: memory.baseAddress.unsafelyUnwrapped, ssrc: ssrc, index: index))
            }
        }
        for index in UInt64(0)..<2000 { #expect(admit(&bytes, index: index)) }
        #expect(admit(&bytes, split: 30, index: 5))
        #expect(!admit(&bytes, header: 16, index: 5))
        bytes[2] ^= 1
        #expect(!admit(&bytes, index: 6))
        bytes[2] ^= 1
        bytes[39] ^= 1
        #expect(!admit(&bytes, index: 7))
        #expect(admit(&bytes, index: 2001))
        #expect(admit(&bytes, index: 7, ssrc: 2))
    }

    #if DEBUG
    @Test func debugBuildsStopAtNonceReuse() async {
        await #expect(processExitsWith: .failure) {
            let key = SRTPTestPacket.masterKey(.aeadAES128GCM)
            var transmitter = try SRTPTransmitter(profile: .aeadAES128GCM, key: key, ciphers: SRTPCipherLibrary())
            for payload in [UInt8(1), 2] {
                _ = try transmitter.protect(SRTPTestPacket.make(sequenceNumber: 1, payload: [payload]))
            }
        }
    }
    #endif
}
