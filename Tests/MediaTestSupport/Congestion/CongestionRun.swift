import MediaCore

package typealias CongestionFigure = BenchFigure<CongestionRun>

/// What happened in one run of a case, and the figures that follow from it.
///
/// Spans are in seconds from the beginning. A share is 1 for all of it.
package struct CongestionRun: Sendable {
    package var links: [LinkRecord]
    package var flows: [FlowRecord]

    private static let interval = CongestionNetwork.sampleInterval.inSeconds
    /// How many samples make a second.
    private static let perSecond = 5

    package var seconds: Double { Double(links.first?.capacity.count ?? 0) * Self.interval }

    private func indices(_ span: Range<Double>) -> Range<Int> {
        let count = links.first?.capacity.count ?? 0
        let lower = min(max(Int((span.lowerBound / Self.interval).rounded()), 0), count)
        return lower..<min(max(Int((span.upperBound / Self.interval).rounded()), lower), count)
    }

    /// What the flows together could have delivered in each sample.
    private func possible(_ index: Int, _ flows: [Int], link: Int) -> Double {
        min(links[link].capacity[index], flows.reduce(0) { $0 + self.flows[$1].sendable[index] })
    }

    /// What the flows delivered, of what the link and their sources allowed.
    package func utilisation(_ span: Range<Double>, of flows: [Int] = [0], link: Int = 0) -> Double {
        var (delivered, possible) = (0.0, 0.0)
        for index in indices(span) {
            for flow in flows { delivered += self.flows[flow].delivered[index] }
            possible += self.possible(index, flows, link: link)
        }
        return possible > 0 ? delivered / possible : 0
    }

    /// The same for each sample of 200 ms.
    package func utilisations(_ span: Range<Double>, of flows: [Int] = [0], link: Int = 0) -> [Double] {
        indices(span).map { index in
            let possible = possible(index, flows, link: link)
            return possible > 0 ? flows.reduce(0) { $0 + self.flows[$1].delivered[index] } / possible : 0
        }
    }

    /// The mean rate at which a flow delivered, in bit/s.
    package func rate(_ span: Range<Double>, of flow: Int = 0) -> Double {
        let values = flows[flow].delivered[indices(span)]
        return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    /// The lowest mean rate in any window of so many seconds, in bit/s.
    package func lowestRate(_ span: Range<Double>, of flow: Int = 0, window: Double) -> Double {
        let count = Int((window / Self.interval).rounded())
        let values = Array(flows[flow].delivered[indices(span)])
        guard values.count >= count else { return 0 }
        return (0...values.count - count).map { values[$0..<$0 + count].reduce(0, +) / Double(count) }.min() ?? 0
    }

    /// The mean estimate of a flow, in bit/s.
    package func estimate(_ span: Range<Double>, of flow: Int = 0) -> Double {
        let values = flows[flow].estimate[indices(span)].filter { !$0.isNaN }
        return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    /// The share of packets that arrived having waited in queues no longer than so many seconds is `percentile`.
    package func queueDelay(_ span: Range<Double>, of flow: Int = 0, percentile: Double) -> Double {
        Self.percentile(percentile, of: flows[flow].delays.filter { span.contains($0.at) }.map(\.delay))
    }

    package func meanQueueDelay(_ span: Range<Double>, of flow: Int = 0) -> Double {
        let values = flows[flow].delays.filter { span.contains($0.at) }.map(\.delay)
        return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    /// The share of packets that the way lost.
    package func loss(_ span: Range<Double>, of flow: Int = 0) -> Double {
        let indices = indices(span)
        let sent = flows[flow].sentPackets[indices].reduce(0, +)
        return sent > 0 ? Double(flows[flow].lostPackets[indices].reduce(0, +)) / Double(sent) : 0
    }

    /// How long after an instant the flow no longer sends more than the link carries, for 400 ms at least.
    package func timeToFit(after seconds: Double, flow: Int = 0, link: Int = 0) -> Double {
        let indices = indices(seconds..<self.seconds)
        for index in indices where index + 1 < indices.upperBound {
            if (index...index + 1).allSatisfy({ flows[flow].sent[$0] <= links[link].capacity[$0] }) {
                return Double(index - indices.lowerBound) * Self.interval
            }
        }
        return .infinity
    }

    /// How long after an instant the flow has delivered a share of what was possible, over a second (or what has
    /// passed of one).
    package func timeToReach(
        _ share: Double, after seconds: Double, flow: Int = 0, link: Int = 0, of bitrate: Double = .infinity
    ) -> Double {
        let indices = indices(seconds..<self.seconds)
        for index in indices {
            let window = max(index - Self.perSecond + 1, indices.lowerBound)...index
            let delivered = window.reduce(0) { $0 + flows[flow].delivered[$1] }
            let possible = window.reduce(0) { $0 + min(self.possible($1, [flow], link: link), bitrate) }
            if possible > 0, delivered >= share * possible {
                return Double(index + 1 - indices.lowerBound) * Self.interval
            }
        }
        return .infinity
    }

    /// The largest ratio between two flows' rates.
    package func ratio(_ span: Range<Double>, of flows: [Int]) -> Double {
        let rates = flows.map { rate(span, of: $0) }
        guard let low = rates.min(), let high = rates.max(), low > 0 else { return .infinity }
        return high / low
    }

    /// The value below which a share of the values is.
    package static func percentile(_ share: Double, of values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
    }
}
