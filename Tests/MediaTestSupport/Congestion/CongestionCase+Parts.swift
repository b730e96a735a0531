import MediaCore

// What cases are made of.
extension CongestionCase {
    static func link(
        _ rate: Int64, _ later: [(seconds: Double, value: Int64)] = [], queue: Int64 = 300
    ) -> BottleneckLink.Behaviour {
        var behaviour = BottleneckLink.Behaviour(rate: Steps(rate, later))
        behaviour.queue = .time(.milliseconds(queue))
        return behaviour
    }

    /// A way over links with a delay in milliseconds, and jitter with a standard deviation in milliseconds.
    static func route(_ links: [Int], _ delay: Int64, jitter: Int64 = 0) -> Route {
        Route(links: links, delay: Steps(.milliseconds(delay)), jitter: .milliseconds(jitter))
    }

    /// A flow over the first link, whose feedback meets no bottleneck. The delay is that of one direction.
    static func media(
        _ configuration: MediaFlow.Configuration, delay: Int64, jitter: Int64 = 0
    ) -> Flow {
        Flow(
            .media(configuration), forward: route([0], delay, jitter: jitter),
            backward: route([], delay, jitter: jitter))
    }

    static func tcp(_ configuration: TCPFlow.Configuration, delay: Int64, jitter: Int64 = 0) -> Flow {
        Flow(
            .tcp(configuration), forward: route([0], delay, jitter: jitter), backward: route([], delay, jitter: jitter))
    }

    /// An elastic source up to a rate.
    static func elastic(upTo maximum: Int64, from minimum: Int64 = 150_000) -> MediaFlow.Configuration {
        var configuration = MediaFlow.Configuration()
        configuration.source.maximum = maximum
        configuration.source.minimum = minimum
        configuration.source.start = minimum
        return configuration
    }
}
