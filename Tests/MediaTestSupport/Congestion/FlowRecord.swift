import MediaCore

/// What one flow did over time: a value for each 200 ms. Rates in bit/s on the wire.
package struct FlowRecord: Sendable {
    package let name: String
    package private(set) var sent: [Double] = []
    /// What of it arrived and was of use.
    package private(set) var delivered: [Double] = []
    package private(set) var padding: [Double] = []
    /// `nan` for a flow without one.
    package private(set) var estimate: [Double] = []
    /// The most it would have sent.
    package private(set) var sendable: [Double] = []
    package private(set) var sentPackets: [Int] = []
    package private(set) var lostPackets: [Int] = []
    /// When each packet arrived, and how long it had waited in queues; in seconds.
    package private(set) var delays: [(at: Double, delay: Double)] = []
    package private(set) var shedFrames = 0
    package private(set) var keyframes: [FlowCounts.Keyframe] = []

    private var last = FlowCounts()

    init(name: String) {
        self.name = name
    }

    mutating func noteDelay(_ nanoseconds: Int64, at instant: MediaInstant) {
        delays.append((Double(instant.nanoseconds) / 1e9, Double(nanoseconds) / 1e9))
    }

    mutating func note(_ counts: FlowCounts, estimate: Int64?, sendable: Int64, over interval: MediaDuration) {
        let factor = 8 / interval.inSeconds
        sent.append(Double(counts.sentBytes - last.sentBytes) * factor)
        delivered.append(Double(counts.deliveredBytes - last.deliveredBytes) * factor)
        padding.append(Double(counts.paddingBytes - last.paddingBytes) * factor)
        self.estimate.append(estimate.map { Double($0) } ?? .nan)
        self.sendable.append(sendable == .max ? .infinity : Double(sendable))
        sentPackets.append(counts.sentPackets - last.sentPackets)
        lostPackets.append(counts.lostPackets - last.lostPackets)
        shedFrames = counts.shedFrames
        keyframes = counts.keyframes
        last = counts
    }
}

/// What one link did over time: a value for each 200 ms.
package struct LinkRecord: Sendable {
    /// In bit/s.
    package var capacity: [Double]
    /// In seconds.
    package var queueDelay: [Double]
}
