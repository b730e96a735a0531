import CSRTP
import Glibc

@testable import MediaCore

/// Random batches for a library's cipher, libcrypto's and libsrtp2, which must treat them alike.
struct CipherComparison: ~Copyable {
    struct Tally {
        var sealed = 0
        var opened = 0
        var forged = 0
        var short = 0
        var skipped = 0
        var split = 0
        var inPlace = 0
        var disagreements = 0
        /// How often a batch of 1, 2, ... packets was made, and a payload of 0, 1, ... bytes.
        var batches = [Int](repeating: 0, count: maximumBatch)
        var sizes = [Int](repeating: 0, count: maximumPayload + 1)
    }

    /// Slots for the packets of one batch.
    private struct Slab: ~Copyable {
        let base = UnsafeMutableRawPointer.allocate(byteCount: maximumBatch * slot, alignment: 64)

        deinit {
            base.deallocate()
        }

        subscript(position: Int) -> UnsafeMutableRawPointer { base + position * slot }

        func fill() {
            memset(base, 0xA5, maximumBatch * slot)
        }
    }

    private static let maximumBatch = 64
    private static let maximumPayload = 1300
    private static let slot = 2048

    private var tally = Tally()
    private let tagLength: Int
    private let referenceSealer: LibcryptoSRTPCipher
    private let referenceOpener: LibcryptoSRTPCipher
    private let sealer: SelectedSRTPCipher
    private let opener: SelectedSRTPCipher
    private let outbound: LibsrtpSession
    private let inbound: LibsrtpSession
    private var random = MediaRandom.seeded(23)
    /// Close to the end of the first roll-over.
    private var index: UInt64 = 60_000
    private var number = 0
    private let pool: [UInt8]
    /// Packets by the reference, by the cipher tested, and by libsrtp.
    private let expected = Slab()
    private let sealed = Slab()
    private let theirs = Slab()
    /// Packets on arrival, and what both make of them.
    private let arrived = Slab()
    private let expectedPlain = Slab()
    private let plain = Slab()

    private init?(_ profile: SRTPProfile, _ library: SRTPCipherLibrary) throws {
        let key = SRTPTestPacket.masterKey(profile)
        let referenceSealer = try LibcryptoSRTPCipher(profile: profile, key: key, for: .rtp, direction: .outbound)
        let referenceOpener = try LibcryptoSRTPCipher(profile: profile, key: key, for: .rtp, direction: .inbound)
        let sealer = try SelectedSRTPCipher(profile: profile, key: key, direction: .outbound, library: library)
        let opener = try SelectedSRTPCipher(profile: profile, key: key, direction: .inbound, library: library)
        guard let outbound = LibsrtpSession(profile, key, inbound: false),
            let inbound = LibsrtpSession(profile, key, inbound: true)
        else { return nil }
        self.referenceSealer = referenceSealer
        self.referenceOpener = referenceOpener
        self.sealer = sealer
        self.opener = opener
        self.outbound = outbound
        self.inbound = inbound
        tagLength = profile.tagLength
        pool = random.bytes(1 << 14)
    }

    /// What came of so many packets; nil when libsrtp lacks the profile.
    static func run(_ profile: SRTPProfile, _ library: SRTPCipherLibrary, packets: Int) throws -> Tally? {
        guard var comparison = try CipherComparison(profile, library) else { return nil }
        comparison.run(packets: packets)
        return comparison.tally
    }

    private mutating func run(packets: Int) {
        var batch = 0
        while number < packets {
            let count = 1 + batch % Self.maximumBatch
            tally.batches[count - 1] += 1
            let jobs = seal(count)
            open(jobs)
            batch += 1
        }
    }

    private mutating func disagreeUnless(_ agreed: Bool) {
        if !agreed { tally.disagreements += 1 }
    }

    private func isEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        count == 0 || memcmp(left, right, count) == 0
    }

    // MARK: Protecting

    /// Protects a batch thrice; returns the jobs of the cipher tested.
    private mutating func seal(_ count: Int) -> [SRTPJob] {
        expected.fill()
        sealed.fill()
        var reference: [SRTPJob] = []
        var tested: [SRTPJob] = []
        let pool = pool
        pool.withUnsafeBytes { pool in
            for position in 0..<count {
                let bits = random.next()
                let size = number * 611 % (Self.maximumPayload + 1)
                number += 1
                index += 1
                tally.sizes[size] += 1
                let payload = UnsafeRawBufferPointer(rebasing: pool[Int(bits >> 32 & 0xFFF)...].prefix(size))
                let header = writeHeader(at: expected[position], bits: bits, from: pool)
                sealed[position].copyMemory(from: expected[position], byteCount: header)
                theirs[position].copyMemory(from: expected[position], byteCount: header)
                if size > 0 {
                    (theirs[position] + header).copyMemory(from: payload.baseAddress.unsafelyUnwrapped, byteCount: size)
                }
                reference.append(job(at: expected[position], header, payload, bits: bits))
                tested.append(job(at: sealed[position], header, payload, bits: bits))
                if bits >> 20 & 31 == 0 { tally.inPlace += 1 }
                if !tested[position].payloadTail.isEmpty { tally.split += 1 }
            }
            reference.withUnsafeMutableBufferPointer { referenceSealer.protect($0) }
            tested.withUnsafeMutableBufferPointer { sealer.protect($0) }
        }
        for position in 0..<count {
            disagreeUnless(isEqual(expected[position], sealed[position], Self.slot))
            disagreeUnless(reference[position].outcome == tested[position].outcome)
            guard tested[position].outcome != .replayed else {
                tally.skipped += 1
                continue
            }
            let job = tested[position]
            let length = job.header.count + job.payload.count + job.payloadTail.count
            let (status, theirLength) = outbound.run(srtp_protect, theirs[position], count: length)
            disagreeUnless(status == srtp_err_status_ok && theirLength == length + tagLength)
            disagreeUnless(job.outcome == .success && isEqual(theirs[position], sealed[position], length + tagLength))
            tally.sealed += 1
        }
        return tested
    }

    /// Writes a header with contributors and extension, by chance; returns its length.
    private func writeHeader(
        at target: UnsafeMutableRawPointer, bits: UInt64, from pool: UnsafeRawBufferPointer
    ) -> Int {
        let contributors = bits & 3 == 0 ? Int(bits >> 2 & 15) : 0
        let hasExtension = bits >> 6 & 1 == 1
        let words = hasExtension ? Int(bits >> 7 & 15) : 0
        let count = 12 + 4 * contributors + (hasExtension ? 4 + 4 * words : 0)
        target.copyMemory(from: pool.baseAddress.unsafelyUnwrapped + Int(bits >> 44 & 0xFFF), byteCount: count)
        target.storeBytes(of: 0x80 | UInt8(contributors) | (hasExtension ? 0x10 : 0), as: UInt8.self)
        target.storeBytes(of: UInt16(truncatingIfNeeded: index).bigEndian, toByteOffset: 2, as: UInt16.self)
        target.storeBytes(of: UInt32(9).bigEndian, toByteOffset: 8, as: UInt32.self)
        if hasExtension {
            target.storeBytes(of: UInt16(words).bigEndian, toByteOffset: count - 4 * words - 2, as: UInt16.self)
        }
        return count
    }

    /// A job whose payload comes from elsewhere or stands in place, in one piece or two, or that is not to be done.
    private func job(
        at target: UnsafeMutableRawPointer, _ header: Int, _ payload: UnsafeRawBufferPointer, bits: UInt64
    ) -> SRTPJob {
        let isSplit = bits >> 18 & 3 != 0
        let first = isSplit ? Int(bits >> 52) % (payload.count + 1) : payload.count
        var front = UnsafeRawBufferPointer(rebasing: payload[..<first])
        if bits >> 20 & 31 == 0 {
            let place = UnsafeMutableRawBufferPointer(start: target + header, count: first)
            place.copyMemory(from: front)
            front = UnsafeRawBufferPointer(place)
        }
        var job = SRTPJob(
            header: UnsafeRawBufferPointer(start: target, count: header), payload: front,
            payloadTail: isSplit
                ? UnsafeRawBufferPointer(rebasing: payload[first...]) : UnsafeRawBufferPointer(start: nil, count: 0),
            destination: target + header, ssrc: 9, index: index)
        if bits >> 25 & 63 == 0 { job.outcome = .replayed }
        return job
    }

    // MARK: Unprotecting

    /// Delivers protected packets, some of them damaged, to all three.
    private mutating func open(_ sealedJobs: [SRTPJob]) {
        arrived.fill()
        expectedPlain.fill()
        plain.fill()
        var reference: [SRTPJob] = []
        for (position, sent) in sealedJobs.enumerated() where sent.outcome == .success {
            let bits = random.next()
            let header = sent.header.count
            var count = sent.payload.count + sent.payloadTail.count + tagLength
            let slot = arrived[position]
            slot.copyMemory(from: sealed[position], byteCount: header + count)
            if bits & 127 == 0 {
                count = Int(bits >> 8) % tagLength
            } else if bits & 127 < 12 {
                let offset = Int(bits >> 8 & 0xFFFF) % (header + count)
                let byte = slot.load(fromByteOffset: offset, as: UInt8.self)
                slot.storeBytes(of: byte ^ 1 << (bits >> 32 & 7), toByteOffset: offset, as: UInt8.self)
            }
            theirs[position].copyMemory(from: slot, byteCount: Self.slot)
            var job = SRTPJob(
                header: UnsafeRawBufferPointer(start: slot, count: header),
                payload: UnsafeRawBufferPointer(start: slot + header, count: count),
                destination: expectedPlain[position], ssrc: sent.ssrc, index: sent.index)
            if bits >> 40 & 63 == 0 { job.outcome = .tooOld }
            reference.append(job)
        }
        var tested = reference
        for position in tested.indices {
            tested[position].destination = plain.base + (reference[position].destination - expectedPlain.base)
        }
        reference.withUnsafeMutableBufferPointer { referenceOpener.unprotect($0) }
        tested.withUnsafeMutableBufferPointer { opener.unprotect($0) }
        for (job, expected) in zip(tested, reference) {
            disagreeUnless(job.outcome == expected.outcome)
            compare(job, slot: (job.destination - plain.base) / Self.slot)
        }
    }

    /// Compares the plaintext with the reference's, the verdict and plaintext with libsrtp's.
    private mutating func compare(_ job: SRTPJob, slot: Int) {
        disagreeUnless(isEqual(plain[slot], expectedPlain[slot], Self.slot))
        // The packet itself was left alone.
        disagreeUnless(isEqual(arrived[slot], theirs[slot], Self.slot))
        guard job.outcome != .tooOld else {
            tally.skipped += 1
            return
        }
        let length = job.header.count + job.payload.count
        let (status, theirLength) = inbound.run(srtp_unprotect, theirs[slot], count: length)
        disagreeUnless((status == srtp_err_status_ok) == (job.outcome == .success))
        switch job.outcome {
        case .success:
            tally.opened += 1
            disagreeUnless(theirLength == length - tagLength)
            disagreeUnless(isEqual(theirs[slot] + job.header.count, job.destination, job.payload.count - tagLength))
        case .authentication: tally.forged += 1
        case .tooShort: tally.short += 1
        default: disagreeUnless(false)
        }
    }
}
