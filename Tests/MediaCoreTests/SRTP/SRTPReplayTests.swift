import Testing

@testable import MediaCore

@Suite struct SRTPReplayTests {
    /// A transmitter and a receiver that share a key.
    private struct Pair: ~Copyable {
        var transmitter: SRTPTransmitter
        var receiver: SRTPReceiver

        init(
            _ backend: SRTPCipherLibrary.Backend, _ profile: SRTPProfile = .aeadAES128GCM, maximumSources: Int = 64
        ) throws {
            let key = SRTPTestPacket.masterKey(profile)
            let ciphers = backend.library()
            let transmitter = try SRTPTransmitter(profile: profile, key: key, ciphers: ciphers)
            let receiver = try SRTPReceiver(
                profile: profile, key: key, ciphers: ciphers, maximumSources: maximumSources)
            self.transmitter = transmitter
            self.receiver = receiver
        }

        mutating func packet(_ index: UInt64, ssrc: UInt32 = 1) throws -> [UInt8] {
            let packet = SRTPTestPacket.make(
                sequenceNumber: UInt16(truncatingIfNeeded: index), ssrc: ssrc, payload: [1, 2, 3])
            return try transmitter.protect(packet, rollovers: index >> 16)
        }

        mutating func deliver(_ index: UInt64, ssrc: UInt32 = 1) throws -> SRTPOutcome {
            receiver.unprotect(try packet(index, ssrc: ssrc))
        }
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func windowHolds128Packets(_ backend: SRTPCipherLibrary.Backend) throws {
        for base in [1000, 65_586, 200_000] as [UInt64] {
            var pair = try Pair(backend)
            // The roll-over counter is learnt from the start of a stream only.
            for index in stride(from: UInt64(0), to: base, by: 20_000) {
                let outcome = try pair.deliver(index)
                #expect(outcome == .success)
            }
            var outcomes: [SRTPOutcome] = []
            for age in [UInt64(0), 0, 63, 63, 64, 64, 127, 127, 128, 200] {
                outcomes.append(try pair.deliver(base - age))
            }
            #expect(
                outcomes == [
                    .success, .replayed, .success, .replayed, .success, .replayed, .success, .replayed, .tooOld,
                    .tooOld,
                ])
            // The window moves by one, and by more than its length.
            var later: [SRTPOutcome] = []
            for index in [
                base + 1, base - 127, base - 126, base + 128, base, base + 1, base + 2, base + 1000, base + 873,
            ] {
                later.append(try pair.deliver(index))
            }
            #expect(
                later == [
                    .success, .tooOld, .success, .success, .tooOld, .replayed, .success, .success, .success,
                ])
        }
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func sequenceNumbersWrap(_ backend: SRTPCipherLibrary.Backend) throws {
        var pair = try Pair(backend)
        var outcomes: [SRTPOutcome] = []
        for index in [UInt64(65_533), 65_536, 65_535, 65_534, 65_536, 65_537, 65_535, 65_532] {
            outcomes.append(try pair.deliver(index))
        }
        #expect(
            outcomes == [.success, .success, .success, .success, .replayed, .success, .replayed, .success])
        // The same sequence numbers one roll-over counter too high or too low are other packets, and forged ones.
        var wrong: [SRTPOutcome] = []
        for index in [131_066, 131_074, 3] as [UInt64] {
            wrong.append(try pair.deliver(index))
        }
        #expect(wrong == [.authentication, .authentication, .authentication])
        let next = try pair.deliver(65_538)
        #expect(next == .success)
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func estimateNeverFallsBelowZero(_ backend: SRTPCipherLibrary.Backend) throws {
        var pair = try Pair(backend)
        let first = try pair.deliver(2)
        #expect(first == .success)
        // 65 535 would lie below zero: nobody can have sent it. As index 65 535 it is a large gap.
        let below = try pair.deliver(SRTPJob.maximumIndex)
        #expect(below == .authentication)
        let gap = try pair.deliver(65_535)
        #expect(gap == .success)
        let wrapped = try pair.deliver(65_536)
        #expect(wrapped == .success)

        var window = SRTPReplayWindow()
        #expect(window.estimate(65_535) == 65_535)
        window.accept(32_767)
        #expect(window.estimate(65_535) == 65_535)
        #expect(window.estimate(0) == 0)
        window.accept(32_769)
        #expect(window.estimate(0) == 65_536)
        #expect(window.estimate(1) == 1)
        window.accept(65_536)
        #expect(window.estimate(32_768) == 65_536 + 32_768)
        #expect(window.estimate(32_769) == 32_769)
        // At the end of the key there is nothing above.
        window.accept(SRTPJob.maximumIndex)
        #expect(window.estimate(0) == SRTPJob.maximumIndex - 65_535)
        #expect(window.check(SRTPJob.maximumIndex) == .replayed)
    }

    @Test func windowAgreesWithAModel() {
        var random = MediaRandom.seeded(11)
        var window = SRTPReplayWindow()
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        for _ in 0..<20_000 {
            let step = random.next() % 200
            let index = random.next() % 3 == 0 ? highest + step : highest - min(highest, step)
            let expected: SRTPOutcome =
                seen.isEmpty || index > highest
                ? .pending : highest - index >= 128 ? .tooOld : seen.contains(index) ? .replayed : .pending
            let outcome = window.check(index)
            #expect(outcome == expected)
            guard outcome == .pending else { continue }
            window.accept(index)
            seen.insert(index)
            highest = max(highest, index)
        }
    }

    /// Jobs of one call see what the jobs before them changed, the roll-over counter included.
    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func batchEqualsOneAfterTheOther(_ backend: SRTPCipherLibrary.Backend) throws {
        for profile in SRTPProfile.allCases {
            var pair = try Pair(backend, profile)
            var packets: [[UInt8]] = []
            for index in [UInt64(10), 10, 30_000, 60_000, 90_000, 120_000, 90_000, 119_990, 60_000] {
                packets.append(try pair.packet(index))
            }
            var forged = try pair.packet(120_001)
            forged[20] ^= 1
            packets.append(forged)
            packets.append(try pair.packet(120_001))
            var single = try Pair(backend, profile)
            let expected = packets.map { single.receiver.unprotect($0) }
            let results = pair.receiver.unprotect(batch: packets)
            #expect(results.map(\.outcome) == expected)
            #expect(
                expected == [
                    .success, .replayed, .success, .success, .success, .success, .tooOld, .success, .authentication,
                    .authentication, .success,
                ])
            #expect(results[4].index == 90_000)
            #expect(pair.receiver.rtpSources == single.receiver.rtpSources)
        }
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func rtcpWindowHolds128Packets(_ backend: SRTPCipherLibrary.Backend) throws {
        var pair = try Pair(backend, .aes128CMHMACSHA1_80)
        var packets: [[UInt8]] = []
        for _ in 0...300 {
            packets.append(try pair.transmitter.protectRTCP([0x80, 201, 0, 1, 0, 0, 0, 7]))
        }
        let refused = { (reason: DropReason) in
            Result<[UInt8], SRTPTestRefusal>.failure(SRTPTestRefusal(reason: reason))
        }
        let plain = Result<[UInt8], SRTPTestRefusal>.success([0x80, 201, 0, 1, 0, 0, 0, 7])
        let results = [300, 300, 173, 173, 172, 100, 237].map { pair.receiver.unprotectRTCP(packets[$0]) }
        #expect(
            results == [
                plain, refused(.srtpReplayed), plain, refused(.srtpReplayed), refused(.srtpTooOld),
                refused(.srtpTooOld), plain,
            ])
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func forgedSourcesLeaveNoTrace(_ backend: SRTPCipherLibrary.Backend) throws {
        var pair = try Pair(backend)
        var random = MediaRandom.seeded(5)
        var rtp = try pair.packet(1)
        var rtcp = try pair.transmitter.protectRTCP([0x80, 201, 0, 1, 0, 0, 0, 7])
        for _ in 0..<5000 {
            rtp.replaceSubrange(8..<12, with: random.bytes(4))
            rtcp.replaceSubrange(4..<8, with: random.bytes(4))
            let outcome = pair.receiver.unprotect(rtp)
            let refusal = pair.receiver.unprotectRTCP(rtcp)
            #expect(outcome == .authentication)
            #expect(refusal == .failure(SRTPTestRefusal(reason: .srtpAuthentication)))
        }
        #expect(pair.receiver.rtpSources.count == 0)
        #expect(pair.receiver.rtcpSources.count == 0)
    }

    /// A peer that cycles through sources: memory stays bounded, and nothing of a source that was pushed out can be
    /// replayed.
    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func authenticSourcesAreBounded(_ backend: SRTPCipherLibrary.Backend) throws {
        var pair = try Pair(backend, maximumSources: 4)
        var packets: [[UInt8]] = []
        for ssrc in UInt32(1)...100 { packets.append(try pair.packet(7, ssrc: ssrc)) }
        // 4 windows and 64 remainders.
        var outcomes = packets.map { pair.receiver.unprotect($0) }
        #expect(outcomes == Array(repeating: .success, count: 68) + Array(repeating: .sourceLimit, count: 32))
        #expect(pair.receiver.rtpSources.count == 4)
        #expect(pair.receiver.rtpSources.retiredCount == 64)
        outcomes = packets[..<68].map { pair.receiver.unprotect($0) }
        #expect(outcomes.allSatisfy { $0 == .replayed })
        // They may go on where they were, and even then nothing is replayed.
        for ssrc in UInt32(1)...68 {
            let next = try pair.deliver(8, ssrc: ssrc)
            #expect(next == .success)
            #expect(pair.receiver.rtpSources.count == 4)
        }
        outcomes = packets[..<68].map { pair.receiver.unprotect($0) }
        #expect(outcomes.allSatisfy { $0 == .replayed })
    }

    @Test(arguments: SRTPCipherLibrary.Backend.available)
    func pushesOutTheLeastRecentlyUsed(_ backend: SRTPCipherLibrary.Backend) throws {
        var pair = try Pair(backend, maximumSources: 2)
        for (index, ssrc) in [(UInt64(65_535), UInt32(1)), (0, 2), (65_536, 1), (1, 3)] {
            let outcome = try pair.deliver(index, ssrc: ssrc)
            #expect(outcome == .success)
        }
        // Source 1 kept its window: a late packet is welcome. Source 2 lost it: only newer ones are.
        let late = try pair.deliver(65_534, ssrc: 1)
        #expect(late == .success)
        pair.receiver.forget(ssrc: 1)
        #expect(pair.receiver.rtpSources.count == 1)
        let forgotten = try pair.deliver(65_533, ssrc: 1)
        #expect(forgotten == .replayed)
        // The roll-over counter outlives the window.
        let next = try pair.deliver(65_537, ssrc: 1)
        #expect(next == .success)
    }
}
