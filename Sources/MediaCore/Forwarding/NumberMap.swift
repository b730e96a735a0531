/// A source's numbers as a watcher gets them: consecutive, although some of the source's are left out.
///
/// What is left out closes up, as long as nothing behind it has left. Numbers of the source that have not come keep
/// their place: they may still come. So a packet that comes late and is left out has a number already, which somebody
/// has to fill.
struct NumberMap: ~Copyable {
    /// How far behind the highest number one can still be taken.
    static let window: Int64 = 512

    /// The highest number of the source that was taken or left out, and the highest that was taken.
    private(set) var highest: Int64 = -1
    private(set) var highestTaken: Int64 = -1
    /// Nothing below is ever taken.
    private(set) var first: Int64 = 0
    /// What is to be added to a number above `highest`.
    private(set) var offset: Int64 = 0
    /// The last numbers that were left out, by their low bits; `latestOmitted` bounds where there are any.
    private let omitted = FixedBuffer(repeating: UInt64(0), count: 8)
    private var latestOmitted = Int64.min / 2

    /// Begins anew: the source's `first` number gets `output`.
    mutating func begin(at first: Int64, as output: Int64) {
        self.first = first
        highest = first - 1
        highestTaken = first - 1
        offset = output - first
        clear()
        latestOmitted = .min / 2
    }

    /// Takes a number; nil when it is too old, or was left out and its place has closed.
    mutating func take(_ source: Int64) -> Int64? {
        if source > highest {
            advance(to: source)
            highestTaken = source
            return source + offset
        }
        guard let output = late(source) else { return nil }
        highestTaken = max(highestTaken, source)
        return output
    }

    /// Leaves a number out. Returns the number that stands empty because of it: when it comes late, and others behind it
    /// have theirs.
    mutating func omit(_ source: Int64) -> Int64? {
        if source > highest {
            advance(to: source)
        } else {
            guard let place = late(source) else { return nil }
            if source <= highestTaken { return place }
        }
        omitted[Int(source >> 6)] |= 1 << UInt64(source & 63)
        latestOmitted = max(latestOmitted, source)
        offset -= 1
        return nil
    }

    /// The number of one that was taken before, or whose place is kept.
    func late(_ source: Int64) -> Int64? {
        guard source >= first, source > highest - Self.window, source <= highest, !isOmitted(source) else { return nil }
        var output = source + offset
        if latestOmitted > source {
            for other in (source + 1)...min(latestOmitted, highest) where isOmitted(other) { output += 1 }
        }
        return output
    }

    /// Whether a number was left out, as far as that is remembered.
    func isOmitted(_ source: Int64) -> Bool {
        source > highest - Self.window && source <= latestOmitted
            && omitted[Int(source >> 6)] & (1 << UInt64(source & 63)) != 0
    }

    private func clear() {
        for word in 0..<8 { omitted[word] = 0 }
    }

    @inline(__always)
    private mutating func advance(to source: Int64) {
        // Streams of which nothing is left out have nothing to forget.
        if latestOmitted > highest - Self.window { forget(upTo: source) }
        highest = source
    }

    /// Clears the marks of a window ago, whose places the new numbers take.
    private mutating func forget(upTo source: Int64) {
        guard source - highest < Self.window else {
            clear()
            latestOmitted = .min / 2
            return
        }
        for number in (highest + 1)...source { omitted[Int(number >> 6)] &= ~(1 << UInt64(number & 63)) }
    }
}
