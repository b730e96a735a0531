/// Compares the delay's trend with a threshold that adapts to it, so that other flows' queues don't starve this one.
///
/// Source: draft-ietf-rmcat-gcc-02, section 5.4; the figures are those of libwebrtc's trendline_estimator.
struct OveruseDetector: Sendable {
    /// The threshold at first.
    static let initialThreshold = 12.5
    /// Its bounds.
    static let thresholds = 6.0...600.0
    /// How fast it follows a trend above it, and one below, in each millisecond.
    static let gainUp = 0.0087
    static let gainDown = 0.039
    /// A trend that is further above it is a spike that it doesn't follow.
    static let spike = 15.0
    /// The longest step of time that it adapts over, in milliseconds.
    static let longestStep = 100.0
    /// How long the trend must lie above it, in milliseconds.
    static let overuseTime = 10.0

    private(set) var usage = LinkUsage.normal
    private(set) var threshold = Self.initialThreshold
    private var timeOver: Double?
    private var groupsOver = 0
    private var previousSlope = 0.0
    private var lastUpdate: MediaInstant?

    /// Judges the line after a group.
    ///
    /// - Parameters:
    ///   - distance: The group's distance from the one before, at departure.
    ///   - instant: When it had arrived, by the receiver's clock.
    mutating func update(_ line: TrendlineEstimator, distance: MediaDuration, at instant: MediaInstant) {
        guard line.count >= 2 else {
            usage = .normal
            return
        }
        let trend = line.trend
        if trend > threshold {
            let step = max(distance.inMilliseconds, 0)
            timeOver = timeOver.map { $0 + step } ?? step / 2
            groupsOver += 1
            if let time = timeOver, time > Self.overuseTime, groupsOver > 1, line.slope >= previousSlope {
                (timeOver, groupsOver) = (0, 0)
                usage = .over
            }
        } else {
            (timeOver, groupsOver) = (nil, 0)
            usage = trend < -threshold ? .under : .normal
        }
        previousSlope = line.slope
        adapt(to: abs(trend), at: instant)
    }

    private mutating func adapt(to trend: Double, at instant: MediaInstant) {
        let step = min(max((instant - (lastUpdate ?? instant)).inMilliseconds, 0), Self.longestStep)
        lastUpdate = instant
        guard trend <= threshold + Self.spike else { return }
        let gain = trend < threshold ? Self.gainDown : Self.gainUp
        let adapted = threshold + gain * (trend - threshold) * step
        threshold = min(max(adapted, Self.thresholds.lowerBound), Self.thresholds.upperBound)
    }
}
