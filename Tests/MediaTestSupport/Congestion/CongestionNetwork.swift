package import MediaCore

/// Flows over shared links in virtual time: the same seed gives the same run.
package final class CongestionNetwork {
    package private(set) var now = MediaInstant(nanoseconds: 0)
    package private(set) var links: [BottleneckLink]
    package private(set) var flows: [any SimulatedFlow] = []
    package private(set) var records: [FlowRecord] = []

    private var routes: [(forward: Route, backward: Route)] = []
    private var events = EventQueue()
    private var random: MediaRandom
    private var queueSeries: [[Double]]

    /// How often what happened is written down. Source: RFC 8868, section 3.
    package static let sampleInterval = MediaDuration.milliseconds(200)

    package init(links: [BottleneckLink.Behaviour], seed: UInt64) {
        self.links = links.enumerated().map { BottleneckLink($1, seed: seed &* 1000 &+ UInt64($0)) }
        queueSeries = links.map { _ in [] }
        random = .seeded(seed &* 1000 &+ 999)
    }

    /// The place of the flow that is added next.
    package var nextFlow: Int { flows.count }

    package func add(_ flow: any SimulatedFlow, forward: Route, backward: Route) {
        records.append(FlowRecord(name: flow.name))
        flows.append(flow)
        routes.append((forward, backward))
        events.add(.wake(flow: flows.count - 1), at: flow.start)
    }

    package func wake(_ flow: Int, at instant: MediaInstant) {
        events.add(.wake(flow: flow), at: max(instant, now))
    }

    package func send(_ packet: WirePacket) { pass(packet) }

    private func pass(_ packet: WirePacket) {
        let path = packet.isForward ? routes[packet.flow].forward.links : routes[packet.flow].backward.links
        var packet = packet
        var leaving = now
        if packet.hop < path.count {
            guard let (departure, waited) = links[path[packet.hop]].send(byteCount: packet.byteCount, at: now) else {
                flows[packet.flow].lose(packet, in: self)
                return
            }
            packet.hop += 1
            packet.waited += waited.nanoseconds
            leaving = departure
        }
        if packet.hop == path.count {
            packet.hop += 1
            let serialization = path.last.map { link in
                let rate = links[link].behaviour.rate.value(at: leaving)
                return MediaDuration(nanoseconds: Int64(packet.byteCount) * 8_000_000_000 / rate)
            }
            let arrival =
                packet.isForward
                ? routes[packet.flow].forward.arrival(
                    leaving: leaving, serialization: serialization ?? .zero, using: &random)
                : routes[packet.flow].backward.arrival(
                    leaving: leaving, serialization: serialization ?? .zero, using: &random)
            events.add(.packet(packet), at: arrival)
        } else {
            events.add(.packet(packet), at: leaving)
        }
    }

    private func arrive(_ packet: WirePacket) {
        let path = packet.isForward ? routes[packet.flow].forward.links : routes[packet.flow].backward.links
        guard packet.hop > path.count else { return pass(packet) }
        if packet.isForward { records[packet.flow].noteDelay(packet.waited, at: now) }
        flows[packet.flow].receive(packet, in: self)
    }

    /// Runs on, and writes down what happens.
    package func run(until end: MediaInstant) {
        var sample = now + Self.sampleInterval
        while sample <= end {
            while let next = events.next, next <= sample {
                now = next
                switch events.take() {
                case .packet(let packet): arrive(packet)
                case .wake(let flow): flows[flow].wake(in: self)
                case nil: break
                }
            }
            now = sample
            for (place, flow) in flows.enumerated() {
                records[place].note(
                    flow.counts, estimate: flow.estimate, sendable: flow.sendable(at: now - Self.sampleInterval),
                    over: Self.sampleInterval)
            }
            for place in links.indices {
                queueSeries[place].append(links[place].queueDelay(at: now).inSeconds)
            }
            sample = sample + Self.sampleInterval
        }
    }

    /// What was written down.
    package var run: CongestionRun {
        let linkRecords = links.indices.map { place in
            let behaviour = links[place].behaviour
            let capacity = queueSeries[place].indices.map { index in
                Double(
                    behaviour.capacity(at: MediaInstant(nanoseconds: Int64(index) * Self.sampleInterval.nanoseconds)))
            }
            return LinkRecord(capacity: capacity, queueDelay: queueSeries[place])
        }
        return CongestionRun(links: linkRecords, flows: records)
    }
}
