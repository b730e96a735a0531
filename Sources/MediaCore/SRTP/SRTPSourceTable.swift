/// The replay windows of the sources that one key has authenticated.
///
/// A source enters only by an authentic packet, so nobody but the peer fills the table. A peer that cycles through
/// sources pushes out the one that was used least recently. Forgetting it altogether would let anyone replay its
/// packets as those of a new source, and would lose the roll-over counter that it needs to come back; so its highest
/// index is kept, and it returns only above that. These remainders are bounded too: when there are
/// `maximumSources` · 16 of them, further sources are refused until there are new keys.
struct SRTPSourceTable: Equatable {
    private struct Source: Equatable {
        var ssrc: UInt32
        var lastUse: UInt64
        var window: SRTPReplayWindow
    }

    private struct Retired: Equatable {
        var ssrc: UInt32
        var highest: UInt64
    }

    private var sources: [Source] = []
    private var retired: [Retired] = []
    /// Counts accepted packets: the age of a source.
    private var uses: UInt64 = 0
    private let maximumSources: Int

    /// How many windows are kept.
    var count: Int { sources.count }

    /// How many sources are remembered by their highest index only.
    var retiredCount: Int { retired.count }

    init(maximumSources: Int) {
        self.maximumSources = maximumSources
    }

    /// The window to judge a source's packet by; nil when the source is new and there is no room for it.
    func window(of ssrc: UInt32) -> SRTPReplayWindow? {
        for position in sources.indices where sources[position].ssrc == ssrc {
            return sources[position].window
        }
        for position in retired.indices where retired[position].ssrc == ssrc {
            return SRTPReplayWindow(resumingAbove: retired[position].highest)
        }
        return sources.count < maximumSources || canRetire ? SRTPReplayWindow() : nil
    }

    /// Remembers the index of an authentic packet that the source's window let pass.
    mutating func accept(_ index: UInt64, of ssrc: UInt32) {
        uses &+= 1
        for position in sources.indices where sources[position].ssrc == ssrc {
            sources[position].window.accept(index)
            sources[position].lastUse = uses
            return
        }
        var window = SRTPReplayWindow()
        if let position = retired.firstIndex(where: { $0.ssrc == ssrc }) {
            window = SRTPReplayWindow(resumingAbove: retired[position].highest)
            retired.remove(at: position)
        }
        window.accept(index)
        if sources.count >= maximumSources, canRetire,
            let oldest = sources.indices.min(by: { sources[$0].lastUse < sources[$1].lastUse })
        {
            retire(oldest)
        }
        sources.append(Source(ssrc: ssrc, lastUse: uses, window: window))
    }

    /// Gives up a source's window. Its highest index stays, so nothing of it can be replayed.
    mutating func forget(_ ssrc: UInt32) {
        guard canRetire, let position = sources.firstIndex(where: { $0.ssrc == ssrc }) else { return }
        retire(position)
    }

    private var canRetire: Bool { retired.count < maximumSources * 16 }

    private mutating func retire(_ position: Int) {
        retired.append(Retired(ssrc: sources[position].ssrc, highest: sources[position].window.highest))
        sources.remove(at: position)
    }
}
