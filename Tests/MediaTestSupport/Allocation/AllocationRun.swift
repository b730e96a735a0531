package import MediaCore

package typealias AllocationFigure = BenchFigure<AllocationRun>

/// What happened in one run of an allocation case: a value for each 100 ms.
///
/// Layers are numbered as rungs of a ladder: three temporal layers of the smallest encoding, three of the next; -1 is
/// nothing. Bit rates are on the wire. What a layer costs is what its publisher made of it in the last two seconds.
package struct AllocationRun: Sendable {
    /// What a video is given from an instant on.
    package struct Change: Sendable {
        package var at: Double
        package var rung: Int
        package var reason: AllocationReason
    }

    /// One video of a watcher's.
    package struct Track: Sendable {
        package let publisher: Int
        package let preference: LayerPreference
        /// What it is to get, and what the engine says it gets.
        package var target: [Int] = []
        package var current: [Int] = []
        package var changes: [Change] = []
        package var picture = SimulcastPicture()
    }

    /// One watcher.
    package struct Watcher: Sendable {
        package var capacity: [Double] = []
        package var estimate: [Double] = []
        package var delivered: [Double] = []
        /// What was sent again to it, and what was of no use to it.
        package var repairs: [Double] = []
        package var padding: [Double] = []
        package var queueDelay: [Double] = []
        package var tracks: [Track]
        package var tailDrops = 0
        package var keyframeRequests = 0
        private var last = (delivered: 0, repairs: 0, padding: 0)

        init(_ tracks: [Track]) { self.tracks = tracks }

        mutating func note(delivered: Int, repairs: Int, padding: Int) {
            let factor = 8 / AllocationRun.interval
            self.delivered.append(Double(delivered - last.delivered) * factor)
            self.repairs.append(Double(repairs - last.repairs) * factor)
            self.padding.append(Double(padding - last.padding) * factor)
            last = (delivered, repairs, padding)
        }
    }

    package static let sampleInterval = MediaDuration.milliseconds(100)
    package static let interval = 0.1
    /// Over how many samples costs are taken.
    private static let costWindow = 20

    package var watchers: [Watcher]
    package let start: MediaInstant
    /// What each publisher had made by the end of each sample, by encoding and temporal layer; the first is the beginning.
    private var made: [[[[Int]]]]
    private var sound: [[Int]]

    init(publishers: [SimulcastPublisher.Behaviour], watchers: [AllocationScene.Watcher], start: MediaInstant) {
        self.start = start
        made = publishers.map { _ in [] }
        sound = publishers.map { _ in [] }
        self.watchers = watchers.map { watcher in
            Watcher(zip(watcher.publishers, watcher.preferences).map { Track(publisher: $0, preference: $1) })
        }
    }

    mutating func begin(_ publishers: [SimulcastPublisher]) { note(publishers) }

    mutating func note(_ publishers: [SimulcastPublisher]) {
        for (place, publisher) in publishers.enumerated() {
            made[place].append(publisher.byteCounts)
            sound[place].append(publisher.soundByteCount)
        }
    }

    /// A layer's rung; -1 for none.
    static func rung(_ layer: LayerPosition?) -> Int {
        layer.map { SimulcastPublisher.encoding($0.encodingID) * 3 + $0.temporalLayer } ?? -1
    }

    package var samples: Int { watchers.first?.capacity.count ?? 0 }
    package var seconds: Double { Double(samples) * Self.interval }

    /// The samples of a span in seconds.
    package func samples(_ span: Range<Double>) -> Range<Int> {
        let lower = min(max(Int((span.lowerBound / Self.interval).rounded()), 0), samples)
        return lower..<min(max(Int((span.upperBound / Self.interval).rounded()), lower), samples)
    }

    // MARK: Costs

    /// The steps a video of three encodings can be sent in: of cameras few pictures of the smallest only; of screens few of
    /// each, and more of the largest.
    package static func rungs(isScreen: Bool) -> [Int] { isScreen ? [0, 3, 6, 7, 8] : [0, 1, 2, 5, 8] }

    private func rate(_ publisher: Int, _ rung: Int, _ span: Range<Int>) -> Double {
        guard rung >= 0, !span.isEmpty else { return 0 }
        let encoding = rung / 3
        let (before, after) = (made[publisher][span.lowerBound][encoding], made[publisher][span.upperBound][encoding])
        let bytes = (0...rung % 3).reduce(0) { $0 + after[$1] - before[$1] }
        return Double(bytes * 8) / (Double(span.count) * Self.interval)
    }

    /// What a layer and those that it builds on took lately.
    package func cost(_ publisher: Int, _ rung: Int, at sample: Int) -> Double {
        rate(publisher, rung, max(sample + 1 - Self.costWindow, 0)..<sample + 1)
    }

    /// What it took over the whole run.
    package func meanCost(_ publisher: Int, _ rung: Int) -> Double { rate(publisher, rung, 0..<samples) }

    /// What a watcher's sound takes over the whole run.
    package func soundCost(_ watcher: Int) -> Double {
        watchers[watcher].tracks.reduce(0) { sum, track in
            let bytes = (sound[track.publisher].last ?? 0) - (sound[track.publisher].first ?? 0)
            return sum + Double(bytes * 8) / max(seconds, 0.1)
        }
    }

    /// What a watcher's videos take at the least, sound included.
    package func leastCost(_ watcher: Int, at sample: Int) -> Double {
        watchers[watcher].tracks.reduce(soundCost(watcher)) { $0 + cost($1.publisher, 0, at: sample) }
    }

    /// What all that a watcher is given takes, sound included.
    package func allocated(_ watcher: Int, at sample: Int) -> Double {
        watchers[watcher].tracks.reduce(soundCost(watcher)) { $0 + cost($1.publisher, $1.target[sample], at: sample) }
    }

    // MARK: What is seen

    private func instant(_ sample: Int) -> MediaInstant { start + Self.sampleInterval * Int64(sample + 1) }

    /// The layer that a watcher sees at the end of each sample: the encoding of the last frame and the highest temporal
    /// layer of it within 400 ms; nothing after a second without any. For 150 ms behind a change of encoding it can't be
    /// told how many layers there will be: all.
    package func seen(_ watcher: Int, _ track: Int) -> [Int] {
        let shown = watchers[watcher].tracks[track].picture.shown
        var (next, from) = (0, 0)
        var since = start
        return (0..<samples).map { sample in
            let end = instant(sample)
            while next < shown.count, shown[next].at <= end {
                if next == 0 || shown[next].encoding != shown[next - 1].encoding { since = shown[next].at }
                next += 1
            }
            while from < next, end - shown[from].at > .milliseconds(400) { from += 1 }
            guard next > 0, end - shown[next - 1].at <= .seconds(1) else { return -1 }
            let last = shown[next - 1]
            let recent = shown[min(from, next - 1)..<next].filter { $0.encoding == last.encoding }
            let isNew = end - since < .milliseconds(150)
            return last.encoding * 3 + (isNew ? 2 : recent.map(\.temporal).max() ?? 0)
        }
    }

    /// How long the picture stood still in all.
    package func frozen(_ watcher: Int, _ track: Int, _ span: Range<Double>) -> Double {
        watchers[watcher].tracks[track].picture.freezes(from: instant(span.lowerBound), until: instant(span.upperBound))
            .reduce(0) { $0 + $1.inSeconds }
    }

    /// The longest time between two frames.
    package func longestGap(_ watcher: Int, _ track: Int, _ span: Range<Double>) -> Double {
        watchers[watcher].tracks[track].picture
            .longestGap(from: instant(span.lowerBound), until: instant(span.upperBound)).inSeconds
    }

    private func instant(_ seconds: Double) -> MediaInstant {
        start + MediaDuration(nanoseconds: Int64(min(seconds, self.seconds) * 1e9))
    }

    /// How often what a watcher is to get of a video changed within a span.
    package func switches(_ watcher: Int, _ track: Int, _ span: Range<Double>) -> Int {
        let changes = watchers[watcher].tracks[track].changes
        return zip(changes, changes.dropFirst()).count { $0.rung != $1.rung && span.contains($1.at) }
    }

    /// The longest stretch of samples within a span for which something holds, in seconds.
    package func longest(_ span: Range<Double>, where holds: (Int) -> Bool) -> Double {
        var (longest, length) = (0, 0)
        for sample in samples(span) {
            length = holds(sample) ? length + 1 : 0
            longest = max(longest, length)
        }
        return Double(longest) * Self.interval
    }

    /// When, in seconds, a watcher's allocation changed: several videos at the same instant are one change.
    package func allocationChanges(_ watcher: Int) -> [Double] {
        let changes = watchers[watcher].tracks.flatMap { track in
            zip(track.changes, track.changes.dropFirst()).filter { $0.rung != $1.rung }.map(\.1.at)
        }
        return Set(changes).sorted()
    }

    /// Whether the link and the estimate have had room for so much for two seconds, a fifth left free.
    package func hasRoom(_ watcher: Int, at sample: Int, for need: Double) -> Bool {
        (max(sample - 19, 0)...sample).allSatisfy {
            0.8 * min(watchers[watcher].capacity[$0], watchers[watcher].estimate[$0]) >= need
        }
    }
}
