@testable import MediaCore

/// RTP packets for the tests of SRTP, as bytes.
enum SRTPTestPacket {
    /// A packet with a header of `contributors` CSRCs and `extensionWords` words of extension (nil: none).
    static func make(
        sequenceNumber: UInt16, ssrc: UInt32 = 0x1234_5678, payload: [UInt8], contributors: Int = 0,
        extensionWords: Int? = nil
    ) -> [UInt8] {
        var packet: [UInt8] = [0x80 | UInt8(contributors) | (extensionWords == nil ? 0 : 0x10), 96]
        packet.append(bigEndian: sequenceNumber)
        packet.append(bigEndian: UInt32(sequenceNumber) &* 3000)
        packet.append(bigEndian: ssrc)
        for contributor in 0..<contributors { packet.append(bigEndian: UInt32(contributor)) }
        if let extensionWords {
            packet.append(bigEndian: UInt16(0xBEDE))
            packet.append(bigEndian: UInt16(extensionWords))
            packet += Array(repeating: 0x11, count: extensionWords * 4)
        }
        return packet + payload
    }

    /// The length of the header with CSRCs and extension; nil when the packet is shorter than it.
    static func headerLength(_ packet: UnsafeRawBufferPointer) -> Int? {
        guard packet.count >= 12, packet[0] >> 6 == 2 else { return nil }
        var count = 12 + 4 * Int(packet[0] & 15)
        if packet[0] & 0x10 != 0 {
            guard packet.count >= count + 4 else { return nil }
            count += 4 + 4 * (Int(packet[count + 2]) << 8 | Int(packet[count + 3]))
        }
        return count <= packet.count ? count : nil
    }

    static func ssrc(_ packet: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    }

    /// A master key of the profile's lengths, the same for the same seed.
    static func masterKey(_ profile: SRTPProfile, seed: UInt64 = 1) -> SRTPKeyingMaterial.MasterKey {
        var random = MediaRandom.seeded(seed)
        return .init(key: random.bytes(profile.keyLength), salt: random.bytes(profile.saltLength))
    }
}

extension SRTPTransmitter {
    /// The protected form of a packet.
    mutating func protect(_ packet: [UInt8], rollovers: UInt64 = 0) throws(SRTPTestRefusal) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: packet.count + tagLength)
        var outcome = SRTPOutcome.pending
        packet.withUnsafeBytes { source in
            result.withUnsafeMutableBytes { destination in
                guard let base = destination.baseAddress, let length = SRTPTestPacket.headerLength(source) else {
                    return
                }
                destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<length]))
                let sequenceNumber = UInt64(source[2]) << 8 | UInt64(source[3])
                var job = SRTPJob(
                    header: UnsafeRawBufferPointer(start: base, count: length),
                    payload: UnsafeRawBufferPointer(rebasing: source[length...]), destination: base + length,
                    ssrc: SRTPTestPacket.ssrc(source), index: rollovers << 16 | sequenceNumber)
                withUnsafeMutablePointer(to: &job) { protect(UnsafeMutableBufferPointer(start: $0, count: 1)) }
                outcome = job.outcome
            }
        }
        guard outcome == .success else { throw SRTPTestRefusal(reason: outcome.dropReason) }
        return result
    }

    /// The protected form of an RTCP packet.
    mutating func protectRTCP(_ packet: [UInt8]) throws(SRTPTestRefusal) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: packet.count + rtcpOverhead)
        let count = result.withUnsafeMutableBytes { protectRTCP(packet.span.bytes, into: $0) }
        guard count == result.count else { throw SRTPTestRefusal(reason: nil) }
        return result
    }
}

extension SRTPReceiver {
    /// What became of packets that arrived together, with the plaintext packets of those that were accepted.
    mutating func unprotect(batch packets: [[UInt8]]) -> [(outcome: SRTPOutcome, packet: [UInt8], index: UInt64)] {
        let slot = 2048
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: slot * packets.count, alignment: 8)
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: slot * packets.count, alignment: 8)
        target.initializeMemory(as: UInt8.self, repeating: 0xEE)
        defer {
            source.deallocate()
            target.deallocate()
        }
        var jobs: [SRTPJob] = []
        for (position, packet) in packets.enumerated() {
            let bytes = UnsafeMutableRawBufferPointer(rebasing: source[(slot * position)...].prefix(packet.count))
            bytes.copyBytes(from: packet)
            let packet = UnsafeRawBufferPointer(bytes)
            let length = SRTPTestPacket.headerLength(packet) ?? packet.count
            jobs.append(
                SRTPJob(
                    header: UnsafeRawBufferPointer(rebasing: packet[..<length]),
                    payload: UnsafeRawBufferPointer(rebasing: packet[length...]),
                    destination: target.baseAddress.unsafelyUnwrapped + slot * position,
                    ssrc: packet.count >= 12 ? SRTPTestPacket.ssrc(packet) : 0))
        }
        jobs.withUnsafeMutableBufferPointer { unprotect($0) }
        return jobs.enumerated().map { position, job in
            let count = max(0, job.payload.count - tagLength)
            let plaintext = UnsafeRawBufferPointer(rebasing: target[(slot * position)...].prefix(count))
            return (job.outcome, Array(job.header) + Array(plaintext), job.index)
        }
    }

    /// What became of a packet.
    mutating func unprotect(_ packet: [UInt8]) -> SRTPOutcome {
        unprotect(batch: [packet])[0].outcome
    }

    /// The plaintext RTCP packet, or why there is none.
    mutating func unprotectRTCP(_ packet: [UInt8]) -> Result<[UInt8], SRTPTestRefusal> {
        var result = [UInt8](repeating: 0, count: packet.count)
        switch result.withUnsafeMutableBytes({ unprotectRTCP(packet.span.bytes, into: $0) }) {
        case .packet(let count): return .success(Array(result[..<count]))
        case .refused(let reason): return .failure(SRTPTestRefusal(reason: reason))
        }
    }
}

/// A refusal as an error.
struct SRTPTestRefusal: Error, Equatable {
    var reason: DropReason?
}
