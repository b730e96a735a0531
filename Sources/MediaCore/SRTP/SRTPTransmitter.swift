/// What one transport sends: the keys of our direction, and the index of SRTCP.
///
/// Packet indexes of RTP are given by whoever numbers the packets. They must never repeat with other content: one
/// (key, SSRC, index) that encrypts two packets gives GCM's authentication key away. Debug builds check it.
///
/// A source begins with roll-over counter 0 and, best, a sequence number below 2^15: a receiver that misses its first
/// packets takes whatever comes first for counter 0. Source: RFC 3711, section 3.3.1.
struct SRTPTransmitter: ~Copyable {
    /// The bytes that protection adds to an RTP packet.
    let tagLength: Int
    private let rtp: SelectedSRTPCipher
    private let rtcp: SelectedSRTCPCipher
    /// The index of the next SRTCP packet. One counter for all sources of the transport: it only has to be fresh.
    var nextRTCPIndex: UInt32 = 0
    #if DEBUG
    private var ledger = NonceLedger()
    #endif

    /// The bytes that protection adds to an RTCP packet.
    var rtcpOverhead: Int { tagLength + 4 }

    /// Derives the keys.
    init(
        profile: SRTPProfile, key: SRTPKeyingMaterial.MasterKey, ciphers: SRTPCipherLibrary
    ) throws(SRTPError) {
        let rtp = try SelectedSRTPCipher(profile: profile, key: key, direction: .outbound, library: ciphers)
        let rtcp = try SelectedSRTCPCipher(profile: profile, key: key, direction: .outbound, library: ciphers)
        tagLength = profile.tagLength
        self.rtp = rtp
        self.rtcp = rtcp
    }

    /// Starts to fetch what the next `protect` will read.
    func prefetch() {
        rtp.prefetch()
    }

    /// Encrypts packets out of place and writes their tags.
    mutating func protect(_ jobs: UnsafeMutableBufferPointer<SRTPJob>) {
        for position in jobs.indices {
            jobs[position].outcome = jobs[position].index <= SRTPJob.maximumIndex ? .pending : .unprotectable
            #if DEBUG
            let isFresh = ledger.admit(jobs[position])
            assert(isFresh, "one SRTP index for two different packets")
            #endif
        }
        rtp.protect(jobs)
    }

    /// Encrypts an RTCP packet, compound or not. Returns the length with index and tag, or nil when there is no room
    /// for `packet.byteCount + rtcpOverhead` bytes, when the packet is shorter than 8 bytes, or when the 2^31 indexes
    /// of the key are used up.
    mutating func protectRTCP(_ packet: RawSpan, into destination: UnsafeMutableRawBufferPointer) -> Int? {
        let count = packet.byteCount + rtcpOverhead
        guard packet.byteCount <= SRTPJob.maximumPacket, count <= destination.count, nextRTCPIndex < 1 << 31,
            let base = destination.baseAddress, let ssrc = try? packet.uint32(at: 4)
        else { return nil }
        let index = nextRTCPIndex
        // Used up even if encryption fails half-way.
        nextRTCPIndex += 1
        let done = packet.withUnsafeBytes { rtcp.protectRTCP($0, ssrc: ssrc, index: index, into: base) }
        return done ? count : nil
    }
}
