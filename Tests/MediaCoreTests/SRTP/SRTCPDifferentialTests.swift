import CSRTP
import Testing

@testable import MediaCore

/// Our SRTCP against libsrtp2, as `SRTPDifferentialTests` does for SRTP.
@Suite struct SRTCPDifferentialTests {
    @Test(arguments: SRTPProfile.allCases, SRTPCipherLibrary.Backend.available)
    func agreesOnRTCP(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend) throws {
        let counts = try #require(try exchange(profile, backend.library(), packets: 10_000))
        #expect(counts.disagreements == 0)
        #expect(counts.accepted > 8500)
        #expect(counts.refused > 1000)
    }

    private func exchange(_ profile: SRTPProfile, _ ciphers: SRTPCipherLibrary, packets: Int) throws -> (
        accepted: Int, refused: Int, disagreements: Int
    )? {
        let key = SRTPTestPacket.masterKey(profile)
        var transmitter = try SRTPTransmitter(profile: profile, key: key, ciphers: ciphers)
        var receiver = try SRTPReceiver(profile: profile, key: key, ciphers: ciphers)
        guard let outbound = LibsrtpSession(profile, key, inbound: false),
            let inbound = LibsrtpSession(profile, key, inbound: true)
        else { return nil }
        var random = MediaRandom.seeded(3)
        let pool = random.bytes(4096)
        var history: [[UInt8]] = []
        var (accepted, refused, disagreements) = (0, 0, 0)
        // libsrtp counts from 1, for each source. Ours counts from 0, for all.
        let first = try transmitter.protectRTCP([0x80, 201, 0, 1, 0, 0, 0, 9])
        if open(first, by: inbound) == nil { disagreements += 1 }
        for number in 0..<packets {
            let size = 4 * Int(random.next() % 100)
            let packet = [0x80, 200, 0, 6, 0xB0, 0, 0, 1] + pool[..<size]
            let protected = try transmitter.protectRTCP(packet)
            if run(srtp_protect_rtcp, packet, by: outbound) != protected { disagreements += 1 }
            if history.count < 512 { history.append(protected) } else { history[number % 512] = protected }
            for _ in 0..<(1 + random.next() % 2) {
                var arrival = protected
                switch random.next() % 20 {
                case 0: arrival[Int(random.next() >> 8) % arrival.count] ^= UInt8(1 << (random.next() % 8))
                case 1...3: arrival = history[Int(random.next() >> 8) % history.count]
                default: break
                }
                let ours = try? receiver.unprotectRTCP(arrival).get()
                if ours == nil { refused += 1 } else { accepted += 1 }
                if ours != open(arrival, by: inbound) { disagreements += 1 }
            }
        }
        return (accepted, refused, disagreements)
    }

    private func open(_ packet: [UInt8], by session: borrowing LibsrtpSession) -> [UInt8]? {
        run(srtp_unprotect_rtcp, packet, by: session)
    }

    private func run(
        _ operation: LibsrtpSession.Operation, _ packet: [UInt8], by session: borrowing LibsrtpSession
    ) -> [UInt8]? {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: packet.count + 64, alignment: 8)
        defer { room.deallocate() }
        room.copyBytes(from: packet)
        let (status, count) = session.run(operation, room.baseAddress.unsafelyUnwrapped, count: packet.count)
        return status == srtp_err_status_ok ? Array(room[..<count]) : nil
    }

    /// A peer may not turn encryption off: what libsrtp sends authenticated but in the clear has a good tag and E = 0.
    @Test(arguments: SRTPProfile.allCases, SRTPCipherLibrary.Backend.available)
    func refusesUnencryptedRTCP(_ profile: SRTPProfile, _ backend: SRTPCipherLibrary.Backend) throws {
        let key = SRTPTestPacket.masterKey(profile)
        let session = try clearSession(profile, key)
        let packet: [UInt8] = [0x81, 201, 0, 7, 0, 0, 0, 5] + Array(1...24)
        let result = run(srtp_protect_rtcp, packet, by: session)
        let protected = try #require(result)
        #expect(Array(protected[..<packet.count]) == packet)
        var receiver = try SRTPReceiver(profile: profile, key: key, ciphers: backend.library())
        let before = receiver.rtcpSources
        let opened = receiver.unprotectRTCP(protected)
        #expect(opened == .failure(SRTPTestRefusal(reason: .srtpAuthentication)))
        #expect(receiver.rtcpSources == before)
    }

    private func clearSession(
        _ profile: SRTPProfile, _ key: SRTPKeyingMaterial.MasterKey
    ) throws(SRTPError) -> LibsrtpSession {
        guard let session = LibsrtpSession(profile, key, inbound: false, encryptsRTCP: false) else {
            throw .cryptography
        }
        return session
    }
}
