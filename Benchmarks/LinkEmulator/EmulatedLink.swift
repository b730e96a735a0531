import CLinkEmulator
import Foundation

/// The two interfaces and what is under way between them.
struct EmulatedLink {
    struct Failure: Error { var reason: String }

    /// What the emulator keeps under way in one direction at most.
    private static let packetLimit = 8192
    private static let second: UInt64 = 1_000_000_000

    private struct Way {
        var from: Int32
        var to: Int32
        var direction: LinkDirection
        var underWay = ReleaseQueue()
        var record = DirectionRecord()
    }

    private let signals: Int32
    private let duration: UInt64?
    private var fromA: Way
    private var fromB: Way
    private var scratch = [UInt8](repeating: 0, count: 65_536)
    /// When the scenario started; until then its first steps hold.
    private var started: UInt64?
    private var startedAt = Date()

    init(_ options: Options) throws {
        signals = try Self.checked(link_open_signals(), "signals")
        let scenario = options.scenario
        duration = scenario.duration
        let a = try Self.open(options.a, facing: options.b, mtu: scenario.mtu)
        let b = try Self.open(options.b, facing: options.a, mtu: scenario.mtu)
        // Two seeds, far apart, so that both directions don't lose the same packets.
        var seeds = SplitMix64(state: scenario.seed)
        fromA = Way(from: a, to: b, direction: LinkDirection(schedule: scenario.fromA, seed: seeds.next()))
        fromB = Way(from: b, to: a, direction: LinkDirection(schedule: scenario.fromB, seed: seeds.next()))
        if !options.waits { start() }
    }

    /// Carries packets until the scenario is over, SIGTERM or SIGINT comes, an end is gone, or `isOver` says so, which is
    /// asked ten times a second.
    mutating func run(until isOver: () -> Bool) -> LinkReport {
        var asked: UInt64 = 0
        while true {
            let now = Self.now()
            if now - asked >= Self.second / 10 {
                asked = now
                if isOver() { return report(at: now) }
            }
            if let started {
                endSeconds(since: started, at: now)
                if let duration, now - started >= duration { return report(at: now) }
            }
            var descriptors = [signals, fromA.from, fromB.from].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let next = [fromA.underWay.nextInstant, fromB.underWay.nextInstant].compactMap(\.self).min()
            let wake = min(next ?? .max, now + Self.second / 10)
            _ = link_wait(&descriptors, UInt32(descriptors.count), wake > now ? Int64(wake - now) : 0)
            if descriptors[0].revents != 0 {
                switch link_read_signal(signals) {
                case SIGUSR1: start()
                case 0: break
                default: return report(at: Self.now())
                }
            }
            // A TUN in error is one whose namespace is gone.
            let failing = Int16(POLLERR | POLLHUP | POLLNVAL)
            if descriptors.contains(where: { $0.revents & failing != 0 }) { return report(at: Self.now()) }
            Self.take(&fromA, &scratch)
            Self.take(&fromB, &scratch)
            Self.release(&fromA)
            Self.release(&fromB)
        }
    }

    /// What was counted before belongs to no scenario.
    private mutating func start() {
        guard started == nil else { return }
        let now = Self.now()
        started = now
        startedAt = Date()
        fromA.direction.start(at: now)
        fromB.direction.start(at: now)
        fromA.record = DirectionRecord(rate: fromA.direction.bitrate(at: now))
        fromB.record = DirectionRecord(rate: fromB.direction.bitrate(at: now))
    }

    private mutating func endSeconds(since started: UInt64, at now: UInt64) {
        while UInt64(fromA.record.secondCount) < (now - started) / Self.second {
            fromA.record.endSecond(nextRate: fromA.direction.bitrate(at: now))
            fromB.record.endSecond(nextRate: fromB.direction.bitrate(at: now))
        }
    }

    private func report(at now: UInt64) -> LinkReport {
        LinkReport(
            startedAt: (startedAt.timeIntervalSince1970 * 1000).rounded(),
            seconds: started.map { Double(now - $0) / 1e9 } ?? 0,
            fromA: fromA.record.report, fromB: fromB.record.report)
    }

    /// Reads what the interface has, a bounded number of packets so that neither direction starves the other.
    private static func take(_ way: inout Way, _ scratch: inout [UInt8]) {
        for _ in 0..<64 {
            let size = read(way.from, &scratch, scratch.count)
            guard size > 0 else { return }
            way.record.count {
                $0.packetsIn += 1
                $0.bytesIn += size
            }
            switch way.direction.admit(size: size, at: now()) {
            case .lost: way.record.count { $0.lost += 1 }
            case .overflow: way.record.count { $0.overflowed += 1 }
            case .deliver(let instant, let waited, let again):
                guard way.underWay.count < packetLimit else {
                    way.record.count { $0.overflowed += 1 }
                    continue
                }
                way.record.add(delay: waited)
                let packet = Array(scratch[..<size])
                way.underWay.push(packet, at: instant)
                guard again else { continue }
                way.underWay.push(packet, at: instant)
                way.record.count { $0.duplicated += 1 }
            }
        }
    }

    private static func release(_ way: inout Way) {
        while let packet = way.underWay.pop(dueAt: now()) {
            if write(way.to, packet, packet.count) == packet.count {
                way.record.count {
                    $0.packetsDelivered += 1
                    $0.bytesDelivered += packet.count
                }
            } else {
                way.record.count { $0.refused += 1 }
            }
        }
    }

    private static func open(_ end: Options.End, facing peer: Options.End, mtu: Int) throws -> Int32 {
        let namespace = "/run/netns/\(end.namespace)"
        let tun = try checked(link_open_tun(namespace, end.interface), "TUN in \(end.namespace)")
        for command in [
            "address add \(end.address) peer \(peer.address) dev \(end.interface)",
            "address add \(end.address6)/64 dev \(end.interface) nodad",
            "link set \(end.interface) mtu \(mtu) up",
            // Browsers look for their own address by the default route.
            "route add default dev \(end.interface)",
            "-6 route add default dev \(end.interface)",
        ] {
            try NetworkNamespace.ip(["-n", end.namespace] + command.split(separator: " ").map(String.init))
        }
        return tun
    }

    private static func checked(_ result: Int32, _ what: String) throws -> Int32 {
        guard result >= 0 else { throw Failure(reason: "\(what): \(String(cString: strerror(-result)))") }
        return result
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
