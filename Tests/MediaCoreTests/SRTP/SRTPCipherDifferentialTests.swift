import CSRTP
import Glibc
import Testing

@testable import MediaCore

/// intel-ipsec-mb against libcrypto and libsrtp2, batch by batch: the same ciphertext, the same verdicts, the same
/// plaintext, and not a byte written elsewhere. Where the library is absent, libcrypto stands in for it.
@Suite struct SRTPCipherDifferentialTests {
    @Test(arguments: SRTPProfile.allCases)
    func agreesInBatchesOfAllSizes(_ profile: SRTPProfile) throws {
        let result = try CipherComparison.run(profile, SRTPCipherLibrary(), packets: 100_000)
        let tally = try #require(result)
        #expect(tally.disagreements == 0)
        // The batches were what the test is about.
        #expect(tally.batches.allSatisfy { $0 > 0 })
        #expect(tally.sizes.allSatisfy { $0 > 0 })
        #expect(tally.sealed > 90_000)
        #expect(tally.opened > 80_000)
        #expect(tally.forged > 5000)
        #expect(tally.short > 500)
        #expect(tally.skipped > 1000)
        #expect(tally.split > 30_000)
        #expect(tally.inPlace > 3000)
    }

    /// What fits no datagram is refused alike, and does not disturb its neighbours; what just fits is done alike.
    @Test(arguments: SRTPProfile.allCases)
    func agreesAtTheLimit(_ profile: SRTPProfile) throws {
        var results: [[[UInt8]]] = []
        for backend in SRTPCipherLibrary.Backend.available {
            results.append(try sealAndOpenLargePackets(profile, backend.library()))
        }
        #expect(results.first?.map(\.isEmpty) == [false, false, true, false, true, false])
        #expect(results.allSatisfy { $0 == results.first })
    }

    /// The ciphertexts of packets of all lengths in one batch, empty where refused; opened again in one batch too.
    private func sealAndOpenLargePackets(_ profile: SRTPProfile, _ library: SRTPCipherLibrary) throws -> [[UInt8]] {
        let key = SRTPTestPacket.masterKey(profile)
        let sealer = try SelectedSRTPCipher(profile: profile, key: key, direction: .outbound, library: library)
        let opener = try SelectedSRTPCipher(profile: profile, key: key, direction: .inbound, library: library)
        let slot = 1 << 17
        let limit = SRTPJob.maximumPacket - 12 - profile.tagLength
        let counts = [100, limit, limit + 1, limit - 1, 80_000, 1]
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * slot * counts.count, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 7)
        let plaintext = [UInt8](repeating: 3, count: slot)
        return plaintext.withUnsafeBytes { plaintext in
            var jobs: [SRTPJob] = counts.enumerated().map { position, count in
                let base = memory.baseAddress.unsafelyUnwrapped + slot * position
                return SRTPJob(
                    header: UnsafeRawBufferPointer(start: base, count: 12),
                    payload: UnsafeRawBufferPointer(rebasing: plaintext[..<(count / 2)]),
                    payloadTail: UnsafeRawBufferPointer(rebasing: plaintext[(count / 2)..<count]),
                    destination: base + 12, ssrc: 1, index: UInt64(position))
            }
            jobs.withUnsafeMutableBufferPointer { sealer.protect($0) }
            let outcomes = jobs.map(\.outcome)
            let sealed = jobs.map { job in
                let count = job.payload.count + job.payloadTail.count + profile.tagLength
                return job.outcome == .success
                    ? Array(UnsafeRawBufferPointer(start: job.destination, count: count)) : []
            }
            for (position, count) in counts.enumerated() {
                let base = memory.baseAddress.unsafelyUnwrapped + slot * position
                jobs[position].payload = UnsafeRawBufferPointer(start: base + 12, count: count + profile.tagLength)
                jobs[position].payloadTail = UnsafeRawBufferPointer(start: nil, count: 0)
                jobs[position].destination = base + slot * counts.count
                jobs[position].outcome = .pending
            }
            jobs.withUnsafeMutableBufferPointer { opener.unprotect($0) }
            for (position, count) in counts.enumerated() {
                let expected: SRTPOutcome = outcomes[position] == .success ? .success : .tooShort
                #expect(jobs[position].outcome == expected)
                guard expected == .success else { continue }
                #expect(memcmp(jobs[position].destination, plaintext.baseAddress.unsafelyUnwrapped, count) == 0)
            }
            return sealed
        }
    }

    @Test func namesTheBackend() {
        #expect(SRTPCipherLibrary.libcrypto().name == "libcrypto")
        let library = SRTPCipherLibrary()
        #expect(library.name.hasPrefix(library.backend == .ipsecMB ? "intel-ipsec-mb 1." : "libcrypto"))
    }
}
