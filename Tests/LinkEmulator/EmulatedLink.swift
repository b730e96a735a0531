import CLinkEmulator
import Foundation

/// The two interfaces and what is under way between them.
struct EmulatedLink {
    struct Failure: Error { var reason: String }

    /// What the emulator keeps under way in one direction at most.
    private static let packetLimit = 8192

    private struct Way {
        var from: Int32
        var to: Int32
        var direction: LinkDirection
        var underWay = ReleaseQueue()
        var counters = LinkCounters()
    }

    private let stop: Int32
    private var fromA: Way
    private var fromB: Way
    private var scratch = [UInt8](repeating: 0, count: 65_536)

    init(_ options: Options) throws {
        stop = try Self.checked(link_open_stop_signal(), "signals")
        let a = try Self.open(options.a, facing: options.b, mtu: options.mtu)
        let b = try Self.open(options.b, facing: options.a, mtu: options.mtu)
        // Two seeds, far apart, so that both directions don't lose the same packets.
        var seeds = SplitMix64(state: options.seed)
        fromA = Way(from: a, to: b, direction: LinkDirection(settings: options.fromA, seed: seeds.next()))
        fromB = Way(from: b, to: a, direction: LinkDirection(settings: options.fromB, seed: seeds.next()))
    }

    /// Carries packets until SIGTERM or SIGINT, or until an end is gone.
    mutating func run() -> (fromA: LinkCounters, fromB: LinkCounters) {
        while true {
            var descriptors = [stop, fromA.from, fromB.from].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let next = [fromA.underWay.nextInstant, fromB.underWay.nextInstant].compactMap(\.self).min()
            var wait: Int64 = -1
            if let next {
                let now = Self.now()
                wait = next > now ? Int64(next - now) : 0
            }
            _ = link_wait(&descriptors, UInt32(descriptors.count), wait)
            // A TUN in error is one whose namespace is gone.
            let failing = Int16(POLLERR | POLLHUP | POLLNVAL)
            if descriptors[0].revents != 0 || descriptors.contains(where: { $0.revents & failing != 0 }) {
                return (fromA.counters, fromB.counters)
            }
            Self.take(&fromA, &scratch)
            Self.take(&fromB, &scratch)
            Self.release(&fromA)
            Self.release(&fromB)
        }
    }

    /// Reads what the interface has, a bounded number of packets so that neither direction starves the other.
    private static func take(_ way: inout Way, _ scratch: inout [UInt8]) {
        for _ in 0..<64 {
            let size = read(way.from, &scratch, scratch.count)
            guard size > 0 else { return }
            way.counters.received += 1
            way.counters.receivedBytes += size
            switch way.direction.admit(size: size, at: now()) {
            case .lost: way.counters.lost += 1
            case .overflow: way.counters.overflowed += 1
            case .deliver(let instant, let again):
                guard way.underWay.count < packetLimit else {
                    way.counters.overflowed += 1
                    continue
                }
                let packet = Array(scratch[..<size])
                way.underWay.push(packet, at: instant)
                guard again else { continue }
                way.underWay.push(packet, at: instant)
                way.counters.duplicated += 1
            }
        }
    }

    private static func release(_ way: inout Way) {
        while let packet = way.underWay.pop(dueAt: now()) {
            if write(way.to, packet, packet.count) == packet.count {
                way.counters.delivered += 1
            } else {
                way.counters.refused += 1
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
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["ip", "-n", end.namespace] + command.split(separator: " ").map(String.init)
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Failure(reason: "ip \(command)") }
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
