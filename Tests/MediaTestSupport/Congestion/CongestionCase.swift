package import MediaCore

/// One case of the bench: links, flows over them, and the figures that are asked of a run.
package struct CongestionCase: Sendable {
    /// Makes the estimator of one flow.
    package typealias EstimatorSource = @Sendable (BitrateLimits) -> any BandwidthEstimator

    /// One flow and its way.
    package struct Flow: Sendable {
        package enum Kind: Sendable {
            case media(MediaFlow.Configuration)
            case tcp(TCPFlow.Configuration)
        }

        package var kind: Kind
        package var forward: Route
        package var backward: Route

        package init(_ kind: Kind, forward: Route, backward: Route) {
            self.kind = kind
            self.forward = forward
            self.backward = backward
        }
    }

    package var name: String
    /// What it is, in a few words.
    package var title: String
    package var seconds: Double
    package var links: [BottleneckLink.Behaviour]
    package var flows: [Flow]
    package var figures: [CongestionFigure]

    package init(
        _ name: String, _ title: String, seconds: Double, links: [BottleneckLink.Behaviour], flows: [Flow],
        figures: [CongestionFigure]
    ) {
        self.name = name
        self.title = title
        self.seconds = seconds
        self.links = links
        self.flows = flows
        self.figures = figures
    }

    /// Runs it: the same seed gives the same run.
    package func run(seed: UInt64, estimator: EstimatorSource) -> CongestionRun {
        let network = CongestionNetwork(links: links, seed: seed)
        for flow in flows {
            switch flow.kind {
            case .media(let configuration):
                network.add(
                    MediaFlow(
                        configuration, estimator: estimator(configuration.limits), place: network.nextFlow, seed: seed),
                    forward: flow.forward, backward: flow.backward)
            case .tcp(let configuration):
                network.add(
                    TCPFlow(configuration, place: network.nextFlow, seed: seed), forward: flow.forward,
                    backward: flow.backward)
            }
        }
        network.run(until: MediaInstant(nanoseconds: Int64(seconds * 1e9)))
        return network.run
    }

    /// What each flow may send for all of them together to take a share of the first link.
    package func shares(_ share: Double) -> Steps<Int64> {
        let factor = share / Double(flows.count)
        let seconds = [0] + links[0].rate.steps.map(\.seconds).filter { $0 > 0 }
        let rates = seconds.map { seconds in
            (seconds, Int64(factor * Double(links[0].capacity(at: MediaInstant(nanoseconds: Int64(seconds * 1e9))))))
        }
        return Steps(rates[0].1, Array(rates.dropFirst()))
    }

    /// All cases, in the order of the table.
    package static var all: [CongestionCase] {
        rfc8867 + scenarioBands + fixedRates + losses + queues + joins
    }
}
