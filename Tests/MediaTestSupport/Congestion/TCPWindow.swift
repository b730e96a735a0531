import MediaCore

/// How much a TCP sender may have under way, in segments. Sources: RFC 5681 (Reno), RFC 9438 (CUBIC).
package struct TCPWindow: Sendable {
    package enum Algorithm: String, Sendable {
        case reno, cubic
    }

    private static let initial = 10.0
    private static let cubicBeta = 0.7
    private static let cubicC = 0.4

    let algorithm: Algorithm
    private(set) var segments = Self.initial
    private var threshold = Double.infinity
    // CUBIC's: the window before the last loss, when the present epoch began, and what Reno would have.
    private var largest = 0.0
    private var epoch: MediaInstant?
    private var epochWindow = 0.0
    private var renoWindow = 0.0

    init(_ algorithm: Algorithm) {
        self.algorithm = algorithm
    }

    mutating func acknowledged(_ count: Int, roundTrip: MediaDuration, at instant: MediaInstant) {
        for _ in 0..<count {
            if segments < threshold {
                segments += 1
                continue
            }
            switch algorithm {
            case .reno: segments += 1 / segments
            case .cubic: growCubic(roundTrip, at: instant)
            }
        }
    }

    private mutating func growCubic(_ roundTrip: MediaDuration, at instant: MediaInstant) {
        if epoch == nil {
            epoch = instant
            epochWindow = segments
            renoWindow = segments
            largest = max(largest, segments)
        }
        let time = (instant - (epoch ?? instant)).inSeconds + roundTrip.inSeconds
        let k = Self.cubeRoot((largest - epochWindow) / Self.cubicC)
        let target = Self.cubicC * (time - k) * (time - k) * (time - k) + largest
        renoWindow += 3 * (1 - Self.cubicBeta) / (1 + Self.cubicBeta) / segments
        if target > segments {
            segments += min((target - segments) / segments, 0.5)
        } else {
            segments += 0.01 / segments
        }
        segments = max(segments, renoWindow)
    }

    /// Packets were lost, for the first time in a round trip.
    mutating func halve(inFlight: Int) {
        switch algorithm {
        case .reno: threshold = max(Double(inFlight) / 2, 2)
        case .cubic:
            // Who has less than before leaves the rest to others.
            largest = segments < largest ? segments * (1 + Self.cubicBeta) / 2 : segments
            threshold = max(Double(inFlight) * Self.cubicBeta, 2)
        }
        segments = threshold
        epoch = nil
    }

    /// Nothing was heard for too long.
    mutating func timedOut(inFlight: Int) {
        halve(inFlight: inFlight)
        segments = 1
    }

    private static func cubeRoot(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var root = max(value / 3, 1)
        for _ in 0..<40 { root -= (root * root * root - value) / (3 * root * root) }
        return root
    }
}
