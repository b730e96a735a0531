/// What arrives at one transport: keys, roll-over counters and replay windows of the peer's direction.
///
/// A packet changes state only after it was authenticated; one that fails leaves no trace.
struct SRTPReceiver: ~Copyable {
    /// The bytes that protection adds to an RTP packet.
    let tagLength: Int
    private let isAEAD: Bool
    private let rtp: SelectedSRTPCipher
    private let rtcp: SelectedSRTCPCipher
    private(set) var rtpSources: SRTPSourceTable
    private(set) var rtcpSources: SRTPSourceTable

    /// Derives the keys. `maximumSources`, from 1 to 4096, bounds the replay windows kept for RTP, and for RTCP.
    init(
        profile: SRTPProfile, key: SRTPKeyingMaterial.MasterKey, ciphers: SRTPCipherLibrary, maximumSources: Int = 64
    ) throws(SRTPError) {
        guard (1...4096).contains(maximumSources) else { throw .maximumSources(1...4096) }
        let rtp = try SelectedSRTPCipher(profile: profile, key: key, direction: .inbound, library: ciphers)
        let rtcp = try SelectedSRTCPCipher(profile: profile, key: key, direction: .inbound, library: ciphers)
        rtpSources = SRTPSourceTable(maximumSources: maximumSources)
        rtcpSources = SRTPSourceTable(maximumSources: maximumSources)
        tagLength = profile.tagLength
        isAEAD = profile.isAEAD
        self.rtp = rtp
        self.rtcp = rtcp
    }

    /// Judges, authenticates and decrypts packets, out of place. The outcomes are those of packets that came one
    /// after the other.
    mutating func unprotect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        for position in jobs.indices {
            jobs[position].outcome = judge(&jobs[position])
        }
        rtp.unprotect(jobs)
        for position in jobs.indices where jobs[position].outcome != .tooShort {
            // Earlier packets of the batch may have moved the window: judge again by what it is now.
            let done = jobs[position]
            let outcome = judge(&jobs[position])
            jobs[position].outcome = outcome
            guard outcome == .pending else { continue }
            if done.index == jobs[position].index, done.outcome == .success || done.outcome == .authentication {
                jobs[position].outcome = done.outcome
            } else {
                rtp.unprotect(UnsafeMutableBufferPointer(rebasing: jobs[position...position]))
            }
            if jobs[position].outcome == .success {
                rtpSources.accept(jobs[position].index, of: jobs[position].ssrc)
            }
        }
    }

    /// Estimates a packet's index and says whether it deserves to be authenticated (`.pending`).
    private func judge(_ job: inout SRTPJob) -> SRTPOutcome {
        guard job.header.count >= 12, job.payload.count >= tagLength else { return .tooShort }
        guard let window = rtpSources.window(of: job.ssrc) else { return .sourceLimit }
        let sequenceNumber = UInt16(bigEndian: job.header.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        job.index = window.estimate(sequenceNumber)
        return window.check(job.index)
    }

    /// Judges, authenticates and decrypts an SRTCP packet, compound or not, into room of at least its own length.
    ///
    /// A packet whose E bit says that it is not encrypted is refused, whatever its tag. Source: RFC 3711, section 3.4.
    mutating func unprotectRTCP(_ packet: RawSpan, into destination: UnsafeMutableRawBufferPointer) -> SRTCPOutcome {
        let count = packet.byteCount - tagLength - 4
        guard count >= 8, let ssrc = try? packet.uint32(at: 4) else { return .refused(.srtpTooShort) }
        // The word with E bit and index comes last, or right before the tag of HMAC-SHA1.
        let offset = isAEAD ? packet.byteCount - 4 : count
        guard let word = try? packet.uint32(at: offset), word >> 31 == 1 else {
            return .refused(.srtpAuthentication)
        }
        guard destination.count >= count, let base = destination.baseAddress else { return .refused(.outputFull) }
        guard let window = rtcpSources.window(of: ssrc) else { return .refused(.srtpSourceLimit) }
        let index = word & 0x7FFF_FFFF
        if let reason = window.check(UInt64(index)).dropReason { return .refused(reason) }
        let authentic = packet.withUnsafeBytes { rtcp.unprotectRTCP($0, ssrc: ssrc, index: index, into: base) }
        guard authentic else { return .refused(.srtpAuthentication) }
        rtcpSources.accept(UInt64(index), of: ssrc)
        return .packet(count: count)
    }

    /// Gives up the windows of a source that has ended, so that its place serves another. Replays of it stay refused.
    mutating func forget(ssrc: UInt32) {
        rtpSources.forget(ssrc)
        rtcpSources.forget(ssrc)
    }
}
