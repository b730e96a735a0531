/// How much of its sound a watcher loses, and how often each packet is to be repeated for that.
///
/// A repeated packet is heard unless all its copies are lost: of a share p of losses by chance, p² is left. One copy is
/// worth its bytes where people begin to hear the gaps; two where p² is as much as that again. Where losses come from
/// congestion, more bytes may make them worse (RFC 8854, section 8): what copies may take is bounded elsewhere.
struct SoundLoss {
    /// From which share of losses on, of the last packets, so many copies are made, and below which not any more. With
    /// these and the two memories below, 1 % of losses by chance brings copies for 2 % of the time, 3 % for all of it, and
    /// 10 % after 1.6 s (simulated, 50 packets a second).
    private static let one = (on: 0.04, off: 0.015)
    private static let two = (on: 0.18, off: 0.12)
    /// How many packets are remembered to begin with copies, and to stop: 2.5 and 10 seconds of sound.
    private static let memory = (begin: 128.0, stop: 512.0)

    /// The share lost of the last packets, and of many more.
    private(set) var recent = 0.0
    private var lasting = 0.0
    /// How many copies are to be made.
    private(set) var copies = 0
    /// The bit rate of its sound's payloads without copies; nil before it is known.
    private(set) var bitrate: Int64?
    private var counted: (byteCount: UInt64, at: MediaInstant)?

    /// Takes what became of so many packets. Less than none are lost where some came twice.
    mutating func take(lost: Int64, of expected: Int64) {
        guard expected > 0 else { return }
        let (count, share) = (Double(expected), Double(min(max(lost, 0), expected)) / Double(expected))
        recent += (share - recent) * count / (Self.memory.begin + count)
        lasting += (share - lasting) * count / (Self.memory.stop + count)
        if recent > Self.one.on { begin(1, at: Self.one.on) }
        if recent > Self.two.on { begin(2, at: Self.two.on) }
        let highest = max(recent, lasting)
        if highest < Self.two.off { copies = min(copies, 1) }
        if highest < Self.one.off { copies = 0 }
    }

    /// Copies that are begun with are made for a while.
    private mutating func begin(_ count: Int, at share: Double) {
        guard copies < count else { return }
        copies = count
        lasting = max(lasting, share)
    }

    /// Takes how many bytes its payloads had up to now without copies.
    mutating func measure(_ byteCount: UInt64, at instant: MediaInstant) {
        defer { counted = (byteCount, instant) }
        guard let counted, instant > counted.at else { return }
        let passed = (instant - counted.at).inSeconds
        bitrate = Int64(Double(byteCount &- counted.byteCount) * 8 / passed)
    }
}
