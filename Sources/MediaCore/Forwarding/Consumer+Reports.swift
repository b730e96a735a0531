/// What a watcher's reports say of one consumer.
extension Consumer {
    /// Takes a report block; returns how many packets were lost since the last one, negative with duplicates, of how many
    /// that were to come. A report that goes back in time, or beyond what was sent, tells nothing.
    mutating func take(_ block: ReportBlock) -> (lost: Int64, expected: Int64) {
        let clockRate = parameters.codec.codec.clockRate
        let (oldLost, oldHighest) = (remote.packetsLost, remote.highestSequenceNumber)
        let highest = extended(UInt16(truncatingIfNeeded: block.highestSequenceNumber))
        guard highest <= highestSent, highest >= oldHighest ?? highest else { return (0, 0) }
        remote.packetsLost = Int64(block.packetsLost)
        remote.jitter = Double(block.jitter) / Double(clockRate)
        remote.highestSequenceNumber = highest
        guard let oldHighest, highest > oldHighest else { return (0, 0) }
        let expected = highest - oldHighest
        return (min(max(remote.packetsLost - oldLost, -expected), expected), expected)
    }
}
