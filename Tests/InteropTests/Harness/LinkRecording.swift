import Foundation

@testable import LinkEmulator

/// What was seen, heard and sent over a link of three stages: wide, narrow, wide again.
struct LinkRecording: Sendable {
    /// What the server said at one time.
    struct Estimate: Sendable {
        /// Milliseconds since 1970.
        var at: Double
        /// What it believes the watcher's link to carry, in bit/s.
        var bitrate: Int64
        /// The encoding that the watcher is to get.
        var target: String
    }

    /// The seconds of the three stages.
    struct Stages: Sendable {
        let wide: Range<Double>
        let narrow: Range<Double>
        let wideAgain: Range<Double>

        init(narrow: Int, wideAgain: Int, end: Int) {
            wide = 0..<Double(narrow)
            self.narrow = Double(narrow)..<Double(wideAgain)
            self.wideAgain = Double(wideAgain)..<Double(end)
        }

        var all: Range<Double> { 0..<wideAgain.upperBound }
        fileprivate var list: [Range<Double>] { [wide, narrow, wideAgain] }
    }

    var name: String
    var stages: Stages
    var page: PageRecord
    var link: LinkReport.Direction
    /// When the first stage began, in milliseconds since 1970.
    var start: Double
    var estimates: [Estimate] = []
    var sent: [PageRecord.Sent] = []

    /// Seconds since the start.
    private func second(_ at: Double) -> Double { (at - start) / 1000 }

    private func samples(_ range: Range<Double>) -> [PageRecord.Sample] {
        page.samples.filter { range ~= second($0.at) }
    }
    private func frames(_ range: Range<Double>) -> [PageRecord.Frame] { page.frames.filter { range ~= second($0.at) } }

    /// The times without a new frame that end in these seconds, in milliseconds; one that goes on at the end too. A frame
    /// that the page did not note makes a time longer, never shorter.
    private func gaps(_ range: Range<Double>) -> [(at: Double, length: Double)] {
        var gaps = zip(page.frames, page.frames.dropFirst())
            .map { (at: second($0.at), end: second($1.at), length: $1.at - $0.at) }
            .filter { range ~= $0.end && $0.end > 0 }
            .map { (at: $0.at, length: $0.length) }
        let last = page.frames.last { second($0.at) < range.upperBound }.map { second($0.at) } ?? 0
        if page.frames.last.map({ second($0.at) < range.upperBound }) ?? true {
            gaps.append((at: last, length: (range.upperBound - max(last, range.lowerBound)) * 1000))
        }
        return gaps
    }

    var longestGap: (at: Double, length: Double) {
        gaps(stages.all).max { $0.length < $1.length } ?? (0, stages.all.upperBound * 1000)
    }

    /// How many times without a new frame were longer.
    func gapCount(longerThan milliseconds: Double) -> Int {
        gaps(stages.all).count { $0.length > milliseconds }
    }

    private var window: (first: PageRecord.Sample, last: PageRecord.Sample)? {
        let inside = samples(stages.all)
        guard let first = inside.first, let last = inside.last else { return nil }
        return (first, last)
    }

    /// Freezes as the browser counts them, and how many seconds they took.
    var freezes: (count: Int, seconds: Double) {
        window.map { ($0.last.freezes - $0.first.freezes, $0.last.frozen - $0.first.frozen) } ?? (0, 0)
    }

    var framesDecoded: Int { window.map { $0.last.decoded - $0.first.decoded } ?? 0 }
    var keyframeRequests: Int { window.map { $0.last.requests - $0.first.requests } ?? 0 }

    /// Of the sound that was played, what the browser made up; silence that it made up included.
    var concealment: Double { window.map { Self.concealment($0.first, $0.last) } ?? 1 }

    /// How long after the link narrowed nothing but smaller pictures were shown, in seconds; nil if there were none, or
    /// none but smaller ones before.
    var wentDown: Double? {
        guard share(stages.wide).large > 0.5 else { return nil }
        let shown = frames(stages.narrow)
        let smaller = shown.reversed().prefix { $0.height < 720 }.last
        return smaller.map { second($0.at) - stages.narrow.lowerBound }
    }

    /// How long after the link widened large pictures were shown again, in seconds: half a second of them at least in
    /// the second that follows. Nil if that never was.
    var cameUp: Double? {
        let stage = stages.wideAgain
        let large = frames(stage).filter { $0.height >= 720 }.map { second($0.at) - stage.lowerBound }
        return large.first { first in large.count { $0 >= first && $0 < first + 1 } >= 15 }
    }

    /// The share of a stage's time that large pictures were shown, and frames a second.
    private func share(_ stage: Range<Double>) -> (large: Double, rate: Double) {
        let frames = frames(stage)
        let large = frames.count { $0.height >= 720 }
        return (Double(large) / Double(max(1, frames.count)), Double(frames.count) / Self.length(stage))
    }

    private static func length(_ stage: Range<Double>) -> Double { stage.upperBound - stage.lowerBound }

    static let figureNames = [
        "longest time without a frame, ms", "at second", "times over 500 ms", "freezes counted by the browser",
        "frozen, s", "frames shown a second, by stage", "720 lines, share by stage", "down after, s", "up after, s",
        "sound made up, %", "keyframes asked for", "lost at random", "dropped at the queue",
        "queue p50 / p95 / max, ms",
        "carried by stage, kbit/s",
    ]

    var figures: [String] {
        let shares = stages.list.map(share)
        let carried = stages.list.map { stage in
            let seconds = link.timeline.filter { stage ~= Double($0.second) }
            let bytes = seconds.reduce(0) { $0 + $1.counters.bytesDelivered }
            return Self.text(Double(bytes) * 8 / Self.length(stage) / 1000, 0)
        }
        var queue = "none"
        if let delay = link.total.queueDelayMs {
            queue = [delay.p50, delay.p95, delay.max].map { Self.text($0, 0) }.joined(separator: " / ")
        }
        var figures = [Self.text(longestGap.length, 0), Self.text(longestGap.at), "\(gapCount(longerThan: 500))"]
        figures += ["\(freezes.count)", Self.text(freezes.seconds, 2)]
        figures.append(shares.map { Self.text($0.rate) }.joined(separator: " "))
        figures.append(shares.map { Self.text($0.large, 2) }.joined(separator: " "))
        figures += [
            wentDown.map { Self.text($0) } ?? "never", cameUp.map { Self.text($0) } ?? "never",
            Self.text(concealment * 100, 2),
        ]
        figures += ["\(keyframeRequests)", "\(link.total.lost)", "\(link.total.overflowed)", queue]
        figures.append(carried.joined(separator: " "))
        return figures
    }

    /// What happened, second by second.
    var timeline: String {
        let head = "  s  link  carried lost drop queue95  estimate  target   size  frames    gap  made up  sent"
        return ([head] + link.timeline.prefix(Int(stages.all.upperBound)).map(row)).joined(separator: "\n")
    }

    private func row(_ entry: LinkReport.Second) -> String {
        let range = Double(entry.second)..<Double(entry.second + 1)
        let counters = entry.counters
        let rate: String = entry.rate.map { "\($0 / 1000)" } ?? "-"
        let queue: String = counters.queueDelayMs.map { "\(Int($0.p95))" } ?? "-"
        var row = "\(entry.second)".padded(-3) + rate.padded(-6)
        row += "\(counters.bytesDelivered * 8 / 1000)".padded(-9)
        row += "\(counters.lost)".padded(-5) + "\(counters.overflowed)".padded(-5) + queue.padded(-8)

        let estimate = estimates.last { range ~= second($0.at) }
        let bitrate: String = estimate.map { "\($0.bitrate / 1000)" } ?? "-"
        row += bitrate.padded(-10) + (estimate?.target ?? "-").padded(-8)

        let shown = frames(range)
        var heights: [Int] = []
        for frame in shown where frame.height != heights.last { heights.append(frame.height) }
        let sizes = heights.isEmpty ? "-" : heights.map(String.init).joined(separator: ">")
        let gap = gaps(range).map(\.length).max() ?? 0
        row += sizes.padded(-7) + "\(shown.count)".padded(-8) + "\(Int(gap))".padded(-7)

        let sound = samples(range.lowerBound - 0.2..<range.upperBound)
        if let first = sound.first, let last = sound.last {
            row += Self.text(Self.concealment(first, last) * 100).padded(-9)
        } else {
            row += "-".padded(-9)
        }
        let encodings = sent.last { range ~= second($0.at) }?.encodings ?? []
        for encoding in encodings.sorted(by: { $0.height < $1.height }) {
            row += "  \(encoding.rid):\(encoding.height)@\(Int(encoding.rate))"
            if encoding.limit != "none" { row += encoding.limit.prefix(1) }
        }
        return row
    }

    private static func concealment(_ first: PageRecord.Sample, _ last: PageRecord.Sample) -> Double {
        Double(last.concealed - first.concealed) / Double(max(1, last.samples - first.samples))
    }

    private static func text(_ value: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }
}
