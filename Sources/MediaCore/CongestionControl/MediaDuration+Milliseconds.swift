extension MediaDuration {
    /// The length in milliseconds, the unit of the estimator's filters.
    var inMilliseconds: Double { Double(nanoseconds) / 1e6 }

    /// So many seconds; what no clock can mean becomes the nearest that one can.
    init(seconds: Double) {
        self.init(nanoseconds: seconds.isNaN ? 0 : Int64(min(max(seconds, -1e9), 1e9) * 1e9))
    }

    /// Itself, or the nearer bound.
    func clamped(to bounds: ClosedRange<MediaDuration>) -> MediaDuration {
        min(max(self, bounds.lowerBound), bounds.upperBound)
    }
}
