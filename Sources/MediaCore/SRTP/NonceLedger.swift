/// Remembers which packet was encrypted under which nonce, to catch a nonce that is used for two.
///
/// Transmitters of debug builds keep one and assert on it, so every simulated run checks the invariant; release
/// builds hold none. It remembers the last packets only: 2048 of one source, fewer of many.
struct NonceLedger {
    private struct Entry {
        var ssrc: UInt32
        var index: UInt64
        var digest: Int
    }

    private static let capacity = 2048
    private var entries: [Entry?] = []

    /// False when the job's SSRC and index are remembered with another header or payload.
    mutating func admit(_ job: SRTPJob) -> Bool {
        var hasher = Hasher()
        hasher.combine(job.header.count)
        hasher.combine(bytes: job.header)
        hasher.combine(bytes: job.payload)
        hasher.combine(bytes: job.payloadTail)
        let entry = Entry(ssrc: job.ssrc, index: job.index, digest: hasher.finalize())
        if entries.isEmpty { entries = Array(repeating: nil, count: Self.capacity) }
        // Consecutive packets of a source fall into consecutive slots; sources start at scattered ones.
        let slot = Int((job.index &+ UInt64(job.ssrc &* 0x9E37_79B1)) % UInt64(Self.capacity))
        defer { entries[slot] = entry }
        guard let known = entries[slot], known.ssrc == entry.ssrc, known.index == entry.index else { return true }
        return known.digest == entry.digest
    }
}
