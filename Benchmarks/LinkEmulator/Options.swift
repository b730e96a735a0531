import Foundation

/// The command line. An option with the prefix `a-` or `b-` is for the direction from that end only.
struct Options: Equatable {
    /// One end: the namespace, its interface and its addresses.
    struct End: Equatable {
        /// Empty when it is to be made.
        var namespace = ""
        var interface = "link0"
        var address: String
        var address6: String
        /// What the shell runs in there; nil is nothing.
        var command: String?
    }

    struct Refusal: Error, Equatable { var reason: String }

    var a = End(address: "10.77.0.1", address6: "fd77::1")
    var b = End(address: "10.77.0.2", address6: "fd77::2")
    var scenario = LinkScenario()
    /// Whether the scenario waits for SIGUSR1.
    var waits = false
    /// Where the report goes; nil is standard output.
    var report: String?

    static let usage = """
        LinkEmulator [--scenario FILE] [options]
        Joins two network namespaces, a and b, by a TUN interface in each (link0; 10.77.0.1 and fd77::1, 10.77.0.2 and
        fd77::2; default routes through it) and impairs what passes, packet by packet, as the seed says. Prints "ready"
        when packets pass, and what passed as JSON at the end: after the scenario's seconds, when a command ends, or on
        SIGTERM or SIGINT. As root.
          --scenario FILE     what the link does over time; see Benchmarks/README.md
          --wait              the scenario starts with SIGUSR1; until then its first steps hold
          --report FILE       the report goes there instead
          --namespace-a NAME  an existing namespace; without --namespace-a and --namespace-b two are made, named on
          --namespace-b NAME  standard output, and removed at the end with all that runs in them
          --run-a COMMAND     runs in a by sh. It finds the addresses as LINK_ADDRESS and LINK_PEER. When the command in
          --run-b COMMAND     a or in b ends, the other is ended too, and the status is that of the first
        Without a scenario, a link that stays as it is:
          --loss P            chance that a packet is lost, 0...1
          --delay-ms MS       delay
          --jitter-ms MS      further delay of 0...MS; keeps the order
          --rate-kbps N       bottleneck, in kilobits per second
          --queue-ms MS       what its queue holds (200)
          --reorder P         chance that a packet is held back 15 ms while others pass it
          --duplicate P       chance that a packet arrives twice
          --seed N            the same seed, the same decisions (1)
          --mtu BYTES         of both interfaces (1500)
        Each of the first seven also as --a-... or --b-...: only for what end a or b sends.
        """

    init(arguments: [String]) throws(Refusal) {
        var rest = arguments[...]
        var file: String?
        var fixed: [String] = []
        var fromA = LinkSettings()
        var fromB = LinkSettings()
        while let name = rest.popFirst() {
            if name == "--wait" {
                waits = true
                continue
            }
            guard let value = rest.popFirst() else { throw Refusal(reason: "\(name) needs a value") }
            switch name {
            case "--namespace-a": a.namespace = value
            case "--namespace-b": b.namespace = value
            case "--run-a": a.command = value
            case "--run-b": b.command = value
            case "--report": report = value
            case "--scenario": file = value
            default:
                fixed.append(name)
                switch name {
                case "--seed": scenario.seed = try Self.number(name, value)
                case "--mtu": scenario.mtu = Int(try Self.number(name, value, in: 1280...9000))
                case _ where name.hasPrefix("--a-"): try Self.set("--" + name.dropFirst(4), value, in: &fromA)
                case _ where name.hasPrefix("--b-"): try Self.set("--" + name.dropFirst(4), value, in: &fromB)
                default:
                    try Self.set(name, value, in: &fromA)
                    try Self.set(name, value, in: &fromB)
                }
            }
        }
        guard a.namespace.isEmpty == b.namespace.isEmpty else {
            throw Refusal(reason: "--namespace-a and --namespace-b go together")
        }
        if !a.namespace.isEmpty, a.namespace == b.namespace {
            throw Refusal(reason: "--namespace-a and --namespace-b must name two namespaces")
        }
        scenario.fromA = LinkSchedule(fromA)
        scenario.fromB = LinkSchedule(fromB)
        if let file {
            if let name = fixed.first { throw Refusal(reason: "\(name) and --scenario exclude each other") }
            scenario = try Self.scenario(file)
        }
    }

    private static func scenario(_ file: String) throws(Refusal) -> LinkScenario {
        guard let json = FileManager.default.contents(atPath: file) else {
            throw Refusal(reason: "\(file) can't be read")
        }
        do throws(LinkScenario.Refusal) {
            return try LinkScenario(json: json)
        } catch {
            throw Refusal(reason: "\(file): \(error.reason)")
        }
    }

    private static func set(_ name: String, _ value: String, in settings: inout LinkSettings) throws(Refusal) {
        switch name {
        case "--loss": settings.loss = try chance(name, value)
        case "--delay-ms": settings.delay = try milliseconds(name, value)
        case "--jitter-ms": settings.jitter = try milliseconds(name, value)
        case "--rate-kbps": settings.bitrate = try number(name, value, in: 1...10_000_000) * 1000
        case "--queue-ms": settings.queue = .time(try milliseconds(name, value))
        case "--reorder": settings.reordering = try chance(name, value)
        case "--duplicate": settings.duplication = try chance(name, value)
        default: throw Refusal(reason: "unknown option \(name)")
        }
    }

    private static func chance(_ name: String, _ value: String) throws(Refusal) -> Double {
        guard let chance = Double(value), (0...1).contains(chance) else {
            throw Refusal(reason: "\(name) takes a number from 0 to 1, not \(value)")
        }
        return chance
    }

    private static func milliseconds(_ name: String, _ value: String) throws(Refusal) -> UInt64 {
        try number(name, value, in: 0...60_000) * 1_000_000
    }

    private static func number(
        _ name: String, _ value: String, in range: ClosedRange<UInt64> = 0...UInt64.max
    ) throws(Refusal) -> UInt64 {
        guard let number = UInt64(value), range.contains(number) else {
            throw Refusal(reason: "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
