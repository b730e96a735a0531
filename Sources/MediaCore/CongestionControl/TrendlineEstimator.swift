/// How steeply the one-way delay rises: the slope of the line through the last groups' delays.
///
/// Source: libwebrtc's trendline_estimator.
struct TrendlineEstimator: Sendable {
    /// How many groups the line goes through.
    static let window = 20
    /// What the smoothed delay keeps of itself at each group.
    static let smoothing = 0.9
    /// What the slope is multiplied with, besides the number of groups, to be compared with the threshold.
    static let gain = 4.0
    /// Beyond so many groups the number no longer counts.
    static let countedGroups = 60

    private struct Point {
        /// Milliseconds since the first group arrived.
        var time: Double
        /// Milliseconds.
        var delay: Double
    }

    /// How many groups there were, 1,000 at most.
    private(set) var count = 0
    /// Milliseconds that the delay rises in a millisecond.
    private(set) var slope = 0.0
    private var firstArrival = MediaInstant(nanoseconds: 0)
    private var accumulatedDelay = 0.0
    private var smoothedDelay = 0.0
    /// The last groups, in a ring.
    private var points: [Point] = []
    private var oldest = 0

    /// The slope as it is compared with the threshold: the delay's rise over the groups, in units of its own.
    var trend: Double { Double(min(count, Self.countedGroups)) * slope * Self.gain }

    /// Notes the distances of a group.
    mutating func add(_ spacing: PacketGroups.Spacing) {
        if count == 0 { firstArrival = spacing.instant }
        count = min(count + 1, 1_000)
        accumulatedDelay += (spacing.arrival - spacing.departure).inMilliseconds
        smoothedDelay = Self.smoothing * smoothedDelay + (1 - Self.smoothing) * accumulatedDelay
        let point = Point(time: (spacing.instant - firstArrival).inMilliseconds, delay: smoothedDelay)
        if points.count < Self.window {
            if points.isEmpty { points.reserveCapacity(Self.window) }
            points.append(point)
        } else {
            points[oldest] = point
            oldest = oldest + 1 == Self.window ? 0 : oldest + 1
        }
        if points.count == Self.window, let slope = leastSquaresSlope() { self.slope = slope }
    }

    /// Begins anew, with the memory that it has.
    mutating func reset() {
        points.removeAll(keepingCapacity: true)
        (count, oldest) = (0, 0)
        (slope, accumulatedDelay, smoothedDelay) = (0, 0, 0)
    }

    private func leastSquaresSlope() -> Double? {
        var (time, delay) = (0.0, 0.0)
        for point in points {
            time += point.time
            delay += point.delay
        }
        time /= Double(Self.window)
        delay /= Double(Self.window)
        var (numerator, denominator) = (0.0, 0.0)
        for point in points {
            numerator += (point.time - time) * (point.delay - delay)
            denominator += (point.time - time) * (point.time - time)
        }
        guard denominator > 0 else { return nil }
        let slope = numerator / denominator
        return slope.isFinite ? slope : nil
    }
}
