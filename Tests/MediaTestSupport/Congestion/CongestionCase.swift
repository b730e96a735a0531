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

    /// What sends a media flow.
    package enum Sender: Sendable {
        /// A pacer and an estimator by themselves.
        case estimator(EstimatorSource)
        /// The engine with an estimator.
        case engine(EstimatorSource)
    }

    /// Runs it: the same seed gives the same run.
    package func run(seed: UInt64, _ sender: Sender) throws -> CongestionRun {
        let network = CongestionNetwork(links: links, seed: seed)
        for flow in flows {
            let place = network.nextFlow
            let simulated: any SimulatedFlow
            switch (flow.kind, sender) {
            case (.media(let configuration), .estimator(let make)):
                simulated = MediaFlow(
                    configuration, estimator: make(configuration.limits), place: place, seed: seed)
            case (.media(let configuration), .engine(let make)):
                simulated = try EngineFlow(configuration, estimator: make, place: place, seed: seed)
            case (.tcp(let configuration), _):
                simulated = TCPFlow(configuration, place: place, seed: seed)
            }
            network.add(simulated, forward: flow.forward, backward: flow.backward)
        }
        network.run(until: MediaInstant(nanoseconds: Int64(seconds * 1e9)))
        return network.run
    }

    /// The same with an estimator by itself.
    package func run(seed: UInt64, estimator: @escaping EstimatorSource) -> CongestionRun {
        do {
            return try run(seed: seed, .estimator(estimator))
        } catch {
            preconditionFailure("only engines throw: \(error)")
        }
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
        rfc8867 + scenarioBands + fixedRates + losses + queues + layers + joins
    }
}
