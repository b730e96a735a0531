package import MediaCore

/// One video as its watcher sees it: which frames are complete and can be decoded, and when they are shown.
package struct SimulcastPicture: Sendable {
    /// A frame that was shown.
    package struct Shown: Sendable {
        package var at: MediaInstant
        package var encoding: Int
        package var temporal: Int
    }

    private struct Key: Hashable {
        var encoding: Int
        var frame: Int
    }

    private struct Frame {
        var part: SimulcastPart
        var timestamp: UInt32
        var firstNumber: Int64
        var received: Set<Int> = []
        var isDecoded = false
    }

    /// In order of time.
    package private(set) var shown: [Shown] = []
    /// When the last packet came.
    private(set) var lastPacket: MediaInstant?
    private(set) var firstPacket: MediaInstant?
    private var frames: [Key: Frame] = [:]
    private var lastTimestamp: UInt32?
    /// The number of the first packet of the last frame shown: what is missing before it is of no use any more.
    private(set) var shownNumber = Int64.min

    /// Takes a packet's part; its number and timestamp are those that the watcher sees.
    mutating func take(_ part: SimulcastPart, number: Int64, timestamp: UInt32, at instant: MediaInstant) {
        firstPacket = firstPacket ?? instant
        lastPacket = instant
        let key = Key(encoding: part.encoding, frame: part.frame)
        var frame = frames[key] ?? Frame(part: part, timestamp: timestamp, firstNumber: number)
        frame.received.insert(part.position)
        frame.firstNumber = min(frame.firstNumber, number)
        frames[key] = frame
        decode(key, at: instant)
        if frames.count > 400 {
            frames = frames.filter { $0.key.encoding != key.encoding || $0.key.frame > key.frame - 200 }
        }
        if frames.count > 800 { frames = frames.filter { $0.key.encoding == key.encoding } }
    }

    private mutating func decode(_ first: Key, at instant: MediaInstant) {
        var open = [first]
        while let key = open.popLast() {
            guard let frame = frames[key], !frame.isDecoded, frame.received.count == frame.part.count else { continue }
            if frame.part.back > 0 {
                let reference = Key(encoding: key.encoding, frame: key.frame - frame.part.back)
                guard frames[reference]?.isDecoded == true else { continue }
            }
            frames[key]?.isDecoded = true
            if lastTimestamp.map({ Int32(bitPattern: frame.timestamp &- $0) > 0 }) ?? true {
                lastTimestamp = frame.timestamp
                shownNumber = frame.firstNumber
                shown.append(Shown(at: instant, encoding: key.encoding, temporal: frame.part.temporal))
            }
            // The earliest last, so that it comes first.
            for ahead in [4, 2, 1]
            where frames[Key(encoding: key.encoding, frame: key.frame + ahead)]?.part.back == ahead {
                open.append(Key(encoding: key.encoding, frame: key.frame + ahead))
            }
        }
    }

    /// Every time that the picture stood still within a span: the time between two frames that is longer than
    /// max(150 ms + mean, 3 x mean) of the last 30.
    ///
    /// Source: W3C WebRTC statistics, freezeCount.
    package func freezes(from start: MediaInstant, until end: MediaInstant) -> [MediaDuration] {
        var freezes: [MediaDuration] = []
        var intervals: [Int64] = []
        var last: MediaInstant?
        for at in shown.map(\.at).filter({ $0 < end }) + [end] {
            if let last {
                let interval = (at - last).nanoseconds
                let mean = intervals.isEmpty ? 33_333_333 : intervals.reduce(0, +) / Int64(intervals.count)
                if interval > max(mean + 150_000_000, 3 * mean), at > start {
                    freezes.append(MediaDuration(nanoseconds: interval))
                }
                intervals.append(interval)
                if intervals.count > 30 { intervals.removeFirst() }
            }
            last = at
        }
        return freezes
    }

    /// The longest time between two frames of a span, its ends included.
    package func longestGap(from start: MediaInstant, until end: MediaInstant) -> MediaDuration {
        var (longest, last) = (MediaDuration.zero, start)
        for frame in shown where frame.at >= start && frame.at < end {
            longest = max(longest, frame.at - last)
            last = frame.at
        }
        return max(longest, end - last)
    }
}
